"""Who may do what: people by their role, workflow tokens by their job's permissions, Apps by theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.router import Call, Refused, Route
from hub.tokens import Token

if TYPE_CHECKING:
    from hub.repository import Repo

# What not even the readers of a public repository see.
HIDDEN = frozenset({"variables", "secrets", "administration"})


def check(call: Call, route: Route) -> None:
    """Raise the refusal GitHub would answer with; remember the scope that was used."""
    if call.found is None:
        return
    if call.repo.blocked:
        raise Refused(451, "Repository access blocked")
    if call.token is None:
        _nobody(call, route)
    elif call.token.kind == "user":
        _person(call, route, call.token)
    else:
        _integration(call, route, call.token)
    if route.writes and (why := read_only(call.repo)):
        raise Refused(403, why)


def read_only(repo: Repo) -> str:
    """Why nobody may write to this repository now; "" when one may."""
    if repo.archived:
        return "Repository was archived so is read-only."
    if repo.disabled:
        return "Repository access blocked"
    return "Repository has been locked for migration." if repo.locked else ""


def _nobody(call: Call, route: Route) -> None:
    if call.repo.private:
        raise Refused(404, "Not Found")
    if route.writes:
        raise Refused(401, "Requires authentication")


def _person(call: Call, route: Route, token: Token) -> None:
    login = token.by.user.login
    if not call.repo.has(login, "read"):
        raise Refused(404, "Not Found")
    if not call.repo.has(login, route.role):
        raise Refused(403, "Must have push access to repository." if route.writes else "Must have push access")


def _integration(call: Call, route: Route, token: Token) -> None:
    foreign = token.kind == "job" and token.repo.casefold() != call.repo.full_name.casefold()
    if foreign and call.repo.private:
        raise Refused(404, "Not Found")
    if foreign and route.writes:
        raise not_accessible(route.scope)
    if not foreign:
        permit(token, call.job, call.repo.private, *alternatives(call, route))


def permit(token: Token, job: str, private: bool, *scopes: str) -> None:
    """Use the first of these scopes that the job holds; what everybody may read needs none, but is remembered."""
    held = next((scope for scope in scopes if token.may(job, scope)), None)
    public = not private and scopes[0].endswith(":read") and scopes[0].partition(":")[0] not in HIDDEN
    if held is None and not public:
        raise not_accessible(*scopes)
    token.used.add(job, held or scopes[0])


def not_accessible(*scopes: str) -> Refused:
    """The 403 of a workflow or App token that lacks a permission, naming it as GitHub does in a header."""
    wanted = "; ".join(scope.replace("-", "_").replace(":", "=") for scope in scopes)
    return Refused(403, "Resource not accessible by integration", headers={"X-Accepted-GitHub-Permissions": wanted})


def alternatives(call: Call, route: Route) -> list[str]:
    """On a pull request the issue routes also take the pull request scope."""
    name, _, level = route.scope.partition(":")
    if name == "issues" and _on_a_pull(call):
        return [f"pull-requests:{level}", f"issues:{level}"]
    return [route.scope]


def _on_a_pull(call: Call) -> bool:
    number = call.args.get("issue_number", "")
    if "comment_id" in call.args and call.args["comment_id"].isdigit():
        comment = call.repo.comment_of(int(call.args["comment_id"]))
        number = str(comment.number) if comment else ""
    return number.isdigit() and call.repo.pull(int(number)) is not None
