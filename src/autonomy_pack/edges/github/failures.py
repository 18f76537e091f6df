"""What an answer means that is not the one hoped for: try again, wait, or tell a person which setting to change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges import clock, host
from autonomy_pack.edges.github import defaults
from autonomy_pack.edges.github.wire import Lost, Reply
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

_BEGINNING = "1970-01-01T00:00:00.000000Z"
_SCOPES = (
    ("/pulls", "pull-requests"),
    ("/check-runs", "checks"),
    ("/actions/", "actions"),
    ("/git/", "contents"),
    ("/contents/", "contents"),
    ("/compare/", "contents"),
    ("/issues", "issues"),
    ("/labels", "issues"),
)
# What the jobs of our workflows are given: a missing permission is named as the whole job needs it, not one request.
_WRITES = ("contents: write", "issues: write", "pull-requests: write", "checks: write", "actions: read")
_JOBS = {
    "select": ("contents: write", "issues: write", "pull-requests: read", "actions: read"),
    "run": ("contents: read", "issues: read", "actions: read"),
    "publish": _WRITES,
    "decide": _WRITES,
    "judge": ("contents: read", "issues: write", "pull-requests: write", "checks: write"),
}
_CLI = ("contents: write", "issues: write", "pull-requests: write")
_RULES = ("protected branch", "rule violation", "through a pull request", "status check", "signed commit", "restricts")
_STOP_FILE = "/contents/.agent-workspace/STOP"
_PEOPLE = "Settings → Actions → General → Workflow permissions"
ARCHIVED = "Unarchive it under Settings → General, or disable the loop's workflow there."
"""The next step of everybody who meets an archived repository."""
# (words of the answer, what happened, what to do); {repo} is filled in. The words are those of GitHub's own answers.
_KNOWN = (
    (
        "not permitted to create or approve pull requests",
        "GitHub Actions may not open pull requests in {repo}",
        f'Tick "Allow GitHub Actions to create and approve pull requests" under {_PEOPLE}.',
    ),
    (
        "archived",
        "{repo} is archived, so nothing in it can be changed",
        ARCHIVED,
    ),
    (
        "issues are disabled",
        "{repo} has its issues switched off",
        "Tick Issues under Settings → General → Features.",
    ),
    ("issues has been disabled", "{repo} has its issues switched off", "Tick Issues under Settings → General."),
    (
        "saml",
        "the organisation of {repo} wants the token authorised for single sign-on",
        "Authorise it on the token's page (Configure SSO).",
    ),
    (
        "authenticate via a github app",
        "only the token of an App, such as the one of a workflow's job, may write check runs in {repo}",
        "Let the workflow do it, or give the token of an App with `checks: write`.",
    ),
    ("repository is empty", "{repo} has no commit yet", "Push a first commit to its default branch."),
)


class Refused(WorldError):
    """GitHub said no, and would again. `codes` are those of a 422, such as already_exists."""

    def __init__(self, says: str, fix: str, *, status: int, codes: Sequence[str] = ()) -> None:
        super().__init__(says, fix)
        self.status = status
        self.codes = tuple(codes)


class Limited(Exception):
    """Too many requests: nothing was done. `wait`: seconds, None where GitHub does not say; str() is which limit."""

    def __init__(self, which: str, wait: float | None, at: str = "") -> None:
        super().__init__(which)
        self.wait = wait
        self.at = at


@value
class Asked:
    """A request, as errors speak of it."""

    verb: str
    path: str
    repo: str
    job: str


def judge(reply: Reply, asked: Asked) -> None:
    """Raise Lost, Limited or Refused unless the answer is one to work with (2xx, 304)."""
    if reply.status < 300 or reply.status == 304:
        return
    said = message(reply)
    _judge_limits(reply, said)
    if reply.status >= 500:
        raise Lost(f"HTTP {reply.status}")
    known = ("empty", *_RULES)
    if reply.status == 409 and not any(words in said.casefold() for words in known):
        raise Lost("HTTP 409")
    raise refusal(reply, asked, said)


def _judge_limits(reply: Reply, said: str) -> None:
    if reply.status not in (403, 429):
        return
    if "retry-after" in reply.headers:
        raise Limited("secondary rate limit", max(number(reply.headers["retry-after"]), 0.0))
    if reply.headers.get("x-ratelimit-remaining") == "0":
        raise Limited("hourly rate limit", left(reply.headers), resets(reply.headers))
    if reply.status == 429 or any(words in said.casefold() for words in ("rate limit", "abuse detection")):
        raise Limited("secondary rate limit", None)


def judge_graphql(answer: Mapping[str, Any], reply: Reply) -> None:
    """Raise for what GraphQL says with HTTP 200: limits and time-outs; other errors are the caller's to judge."""
    for error in answer.get("errors") or ():
        said = str(error.get("message", "")).casefold()
        if error.get("type") == "RATE_LIMITED" or "api rate limit" in said:
            raise Limited("hourly rate limit of GraphQL", left(reply.headers), resets(reply.headers))
        if "secondary rate limit" in said:
            wait = reply.headers.get("retry-after")
            raise Limited("secondary rate limit", None if wait is None else number(wait))
        if "something went wrong" in said or "timeout" in said or "timedout" in said:
            raise Lost("GraphQL could not finish the query")


def refusal(reply: Reply, asked: Asked, said: str) -> Refused:
    """What to tell a person of an answer that will not change by asking again."""
    says, fix = _words(reply, asked, said)
    return Refused(says, fix, status=reply.status, codes=codes(reply))


def _words(reply: Reply, asked: Asked, said: str) -> tuple[str, str]:
    what = f"{asked.verb} {one_line(redact(asked.path), 120)}"
    if reply.status in (403, 409, 422) and any(words in said.casefold() for words in _RULES):
        return _ruled(asked, said)
    for words, says, fix in _KNOWN:
        if reply.status in (403, 409, 410, 422) and words in said.casefold():
            return says.format(repo=asked.repo), fix
    if reply.status == 401:
        return (
            "GitHub does not accept the token: it expired, or was revoked",
            f"Give a new one in {_variable()} and run again; the token of a workflow's job ends with the job.",
        )
    if reply.status == 403:
        return _forbidden(reply, asked, what, said)
    if reply.status in (404, 410, 451):
        why = {404: "is not there, or the token cannot see it", 410: "was deleted"}.get(reply.status, "was taken down")
        return f"{what}: that {why}", f"Look whether it exists in {asked.repo}, and what the token may read."
    return f"{what}: GitHub answers {reply.status}: {said}", "Change what it names, then run again."


def _ruled(asked: Asked, said: str) -> tuple[str, str]:
    """A rule of a branch said no: waiting changes nothing."""
    says = f"a rule of {asked.repo} protects this branch ({said})"
    if _STOP_FILE in asked.path:
        fix = f"The workflow's switch does without a commit; or change {_STOP_FILE[10:]} as the rule wants it, by hand."
    else:
        fix = "Let agent/** and refs/autonomy/** out of the rule under Settings → Branches, or Settings → Rules."
    return says, fix


def _variable() -> str:
    """The variable that the token came from."""
    return next(filter(host.setting, defaults.TOKENS), "GH_TOKEN")


def _forbidden(reply: Reply, asked: Asked, what: str, said: str) -> tuple[str, str]:
    told = f"{'the token' if asked.job == 'cli' else f'job {asked.job}'} may not {what} ({said})"
    if asked.path.endswith("/permission"):
        return told, (
            f"Who may do what is shown only to people with push access (write) to {asked.repo}: use the token of one "
            "who has it."
        )
    scopes = " and ".join(f"`{scope}`" for scope in _needed(reply, asked))
    if asked.job == "cli":
        return told, f"Give the token in {_variable()} the permission {scopes} for {asked.repo}."
    fix = (
        f"Add {scopes} under `permissions:` of the job in the workflow that calls ours (a called workflow gets no "
        f"more than its caller has). If it is there, look at {_PEOPLE}."
    )
    return told, fix


def _needed(reply: Reply, asked: Asked) -> tuple[str, ...]:
    """The permissions to give: those that the request names, at the level that the whole job needs; where the request
    names none, all of the job's."""
    wanted = one_line(reply.headers.get("x-accepted-github-permissions", "").replace("=", ": ").replace("_", "-"), 120)
    scope = _scope(asked.path)
    every = _JOBS.get(asked.job, _CLI)
    if not wanted and not scope:
        return every
    wanted = wanted or f"{scope}: {'read' if asked.verb == 'GET' else 'write'}"
    name = wanted.partition(":")[0]
    return (next((one for one in every if one == f"{name}: write"), wanted),)


def needs(job: str) -> str:
    """What a job, or a person's token, has to be given, in words."""
    scopes = ", ".join(f"`{scope}`" for scope in _JOBS.get(job, _CLI))
    return f"the token {scopes}" if job == "cli" else f"job {job} {scopes} in the workflow that calls ours"


def _scope(path: str) -> str:
    return next((scope for part, scope in _SCOPES if part in path), "")


def message(reply: Reply) -> str:
    """What the answer says of itself, as one harmless line; a 422 with its fields."""
    try:
        told = json.loads(reply.body)
        details = [_detail(error) for error in told.get("errors") or ()]
        said = ": ".join(filter(None, [str(told.get("message", "")), "; ".join(filter(None, details))]))
    except (ValueError, AttributeError, TypeError):
        said = ""
    return one_line(redact(said), 300)


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error.get(key, "")) for key in ("resource", "field", "code")))


def codes(reply: Reply) -> tuple[str, ...]:
    """The codes of a 422."""
    try:
        errors = json.loads(reply.body).get("errors") or ()
        return tuple(str(error.get("code", "")) for error in errors if isinstance(error, dict))
    except (ValueError, AttributeError, TypeError):
        return ()


def number(text: str) -> float:
    """A number of a header; 60 where it is none, for it never means "at once"."""
    return float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()) else 60.0


def left(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limit is full again by the server's own clock; None where it does not say."""
    if "x-ratelimit-reset" not in headers:
        return None
    return max(number(headers["x-ratelimit-reset"]) - _now(headers), 0.0) + 1.0


def resets(headers: Mapping[str, str]) -> str:
    """When the limit is full again, as text in UTC; "" where the answer does not say."""
    if "x-ratelimit-reset" not in headers:
        return ""
    return clock.later(_BEGINNING, number(headers["x-ratelimit-reset"]))[:19] + "Z"


def _now(headers: Mapping[str, str]) -> float:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return clock.between(_BEGINNING, clock.now())
