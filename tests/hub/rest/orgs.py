"""An organization's repositories, their custom properties, and its settings for Actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hub import shapes
from hub.access import not_accessible
from hub.router import Answer, Call, Refused, route
from hub.things import User

if TYPE_CHECKING:
    from hub.repository import Repo


def organization(call: Call) -> User:
    """The organization of the path, or 404."""
    found = call.hub.users.get(call.args["org"].casefold())
    if found is None or found.kind != "Organization":
        raise Refused(404, "Not Found")
    return found


def _sees(call: Call, repo: Repo) -> bool:
    if call.token is None:
        return not repo.private
    if call.token.kind == "job":
        return not repo.private or repo.full_name.casefold() == call.token.repo.casefold()
    return call.token.kind == "app" or repo.has(call.by.user.login, "read")


def _owned(call: Call) -> list[Repo]:
    owner = organization(call)
    return [repo for repo in call.hub.repos.values() if repo.owner is owner]


@route("GET", "/orgs/{org}/repos")
def list_repos(call: Call) -> Answer:
    """Newest first, as GitHub has it unless another order is asked for."""
    kept = {
        "public": lambda repo: not repo.private,
        "private": lambda repo: repo.private,
        "forks": lambda repo: repo.fork,
        "sources": lambda repo: not repo.fork,
    }.get(call.query.get("type", "all"), lambda repo: True)
    rows = [repo for repo in _owned(call) if _sees(call, repo) and kept(repo)]
    sort = call.query.get("sort", "created")
    down = call.query.get("direction", "asc" if sort == "full_name" else "desc") == "desc"
    rows.sort(key=lambda repo: str(getattr(repo, sort)) if sort != "created" else (repo.created, repo.id), reverse=down)
    return call.page(rows, lambda repo: shapes.repository(replace(call, found=repo), repo))


@route("GET", "/orgs/{org}/properties/values")
def list_properties(call: Call) -> Answer:
    """For members: here, to whom one of the organization's repositories was opened; and for Apps that may read them."""
    rows = _owned(call)
    if call.token is None:
        raise Refused(404, "Not Found")
    if call.token.kind != "user" and not call.token.may("", "organization-custom-properties:read"):
        raise not_accessible("organization-custom-properties:read")
    if call.token.kind == "user" and not any(call.by.user.login.casefold() in repo.permissions for repo in rows):
        raise Refused(404, "Not Found")
    return call.page(rows, _properties)


def _properties(repo: Repo) -> dict[str, Any]:
    values = [{"property_name": name, "value": value} for name, value in repo.properties.items()]
    return {
        "repository_id": repo.id,
        "repository_name": repo.name,
        "repository_full_name": repo.full_name,
        "properties": values,
    }


def _administered(call: Call) -> User:
    """The organization, for its owners (here: who is admin of one of its repositories) and Apps that may read this."""
    owner = organization(call)
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.kind != "user":
        if not call.token.may("", "organization-administration:read"):
            raise not_accessible("organization-administration:read")
    elif not any(repo.has(call.by.user.login, "admin") for repo in _owned(call)):
        raise Refused(403, "Must be an owner of the organization.")
    return owner


@route("GET", "/orgs/{org}/actions/permissions")
def get_permissions(call: Call) -> Answer:
    told = _administered(call).settings
    shown: dict[str, Any] = {"enabled_repositories": "all" if told.actions_enabled else "none"}
    shown |= {"allowed_actions": told.allowed_actions, "sha_pinning_required": told.sha_pinning_required}
    if told.allowed_actions == "selected":
        shown["selected_actions_url"] = f"{call.base.api}{call.path}/selected-actions"
    return Answer(200, shown)


@route("GET", "/orgs/{org}/actions/permissions/selected-actions")
def get_selected_actions(call: Call) -> Answer:
    told = _administered(call).settings
    if told.allowed_actions != "selected":
        raise Refused(409, "Conflict")
    patterns = list(told.patterns_allowed)
    return Answer(200, {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": patterns})


@route("GET", "/orgs/{org}/actions/permissions/workflow")
def get_workflow_permissions(call: Call) -> Answer:
    told = _administered(call).settings
    may = told.actions_may_create_pulls
    return Answer(200, {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": may})


# --- rulesets of a repository: one for each of its protections


@route("GET", "/repos/{owner}/{repo}/rulesets")
def list_rulesets(call: Call) -> Answer:
    return call.page(range(1, len(call.repo.protections) + 1), lambda number: _ruleset(call, number))


@route("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
def get_ruleset(call: Call) -> Answer:
    number = call.number("ruleset_id")
    if not 1 <= number <= len(call.repo.protections):
        raise Refused(404, "Not Found")
    rule = call.repo.protections[number - 1]
    included = {"include": [f"refs/heads/{rule.pattern}"], "exclude": []}
    return Answer(200, _ruleset(call, number) | {"conditions": {"ref_name": included}, "rules": _rules(call, number)})


def _ruleset(call: Call, number: int) -> dict[str, Any]:
    here = f"{call.base.api}/repos/{call.repo.full_name}/rulesets/{number}"
    page = f"{call.base.html}/{call.repo.full_name}/rules/{number}"
    return {
        "id": number, "name": call.repo.protections[number - 1].pattern, "target": "branch", "enforcement": "active",
        "source_type": "Repository", "source": call.repo.full_name, "node_id": f"RRS_{call.repo.id}_{number}",
        "_links": {"self": {"href": here}, "html": {"href": page}},
        "created_at": call.repo.created, "updated_at": call.repo.updated,
    }  # fmt: skip


def _rules(call: Call, number: int) -> list[dict[str, Any]]:
    rule = call.repo.protections[number - 1]
    kinds = {
        "required_signatures": rule.required_signatures,
        "non_fast_forward": not rule.allow_force,
        "deletion": not rule.allow_deletion,
        "pull_request": rule.required_reviews > 0,
    }
    return [{"type": kind} for kind, holds in kinds.items() if holds]
