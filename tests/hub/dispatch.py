"""From a request to its answer: whose token, which repository, which handler; limits, ETags and the referee."""

from __future__ import annotations

import base64
import hashlib
import re
import time
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl

from hub import access, blobs, githttp, referee
from hub.faults import INSIDE
from hub.journal import Request
from hub.router import Answer, Base, Call, Refused, find
from hub.tokens import Token, job_of

if TYPE_CHECKING:
    from hub.core import Hub
    from hub.repository import Repo

API = re.compile(r"^/api/(?:v3|uploads)(?=/|$)")
GRAPHQL = ("/graphql", "/api/graphql")


def understand(hub: Hub, method: str, url: SplitResult, raw: bytes, headers: dict[str, str]) -> Request:
    """A journal entry of what came in."""
    lower = {name.lower(): value for name, value in headers.items()}
    token = _token_text(lower.get("authorization", ""))
    agent = lower.get("user-agent", "")
    known = hub.tokens.get(token)
    login = known.by.user.login if known and not known.expired else ""
    path, query = API.sub("", url.path) or "/", dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(method, path, query, raw, token, login, agent, job_of(agent), lower, at=time.monotonic())


def _token_text(authorization: str) -> str:
    kind, _, value = authorization.partition(" ")
    if kind.lower() != "basic":
        return value.strip()
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except ValueError:
        return "?"


def answer(hub: Hub, request: Request, scheme: str, host: str) -> Answer:
    """The answer of a healthy hub."""
    base = _base(scheme, host)
    try:
        if githttp.is_git(request):
            return githttp.answer(hub, request, base)
        if request.path.startswith(blobs.PREFIX):
            return blobs.answer(hub, request)
        if request.path.startswith("/_hub/"):
            return blobs.upload(hub, request)
        with hub.lock:
            return _api(hub, request, base)
    except Refused as refused:
        return refused.answer()
    except Exception:  # noqa: BLE001 - whatever breaks here is a fault of the hub and fails the test through `violations`
        traceback.print_exc()
        hub.report([referee.Violation(request.line, 500, "", f"the hub broke: {traceback.format_exc(limit=-3)}")])
        return Answer(500, {"message": "Server Error"})


def _base(scheme: str, host: str) -> Base:
    if host.startswith("api."):
        return Base(f"{scheme}://{host}", f"{scheme}://{host.removeprefix('api.')}")
    return Base(f"{scheme}://{host}/api/v3", f"{scheme}://{host}")


def _api(hub: Hub, request: Request, base: Base) -> Answer:
    token = _authenticate(hub, request)
    headers = {"X-GitHub-Request-Id": f"HUB:{len(hub.journal)}", "X-GitHub-Api-Version-Selected": "2022-11-28"}
    try:
        _limits(hub, token, request, headers)
        hub.content.check(request, hub.content_limit)
        if request.path in GRAPHQL or request.line == "POST /api/graphql":
            made = _graphql(hub, request, base, token)
        else:
            made = _rest(hub, request, base, token)
    except Refused as refused:
        made = refused.answer()
    if made.checked and made.raw is None and not made.headers.get("Location", "").startswith("/"):
        hub.report(referee.judge(request.route, made.status, made.data))
    made.headers = {
        "Content-Type": "application/json; charset=utf-8",
        **headers,
        **_limit_headers(hub, token),
        **made.headers,
    }
    return _unless_known(request, made, token)


def _authenticate(hub: Hub, request: Request) -> Token | None:
    if not request.token:
        return None
    token = hub.tokens.get(request.token)
    if token is None or token.expired:
        raise Refused(401, "Bad credentials")
    return token


def _limits(hub: Hub, token: Token | None, request: Request, headers: dict[str, str]) -> None:
    if token is None or request.path in ("/rate_limit", *GRAPHQL):
        return  # GraphQL counts its own points
    if token.rate.reset <= hub.clock.seconds():
        token.rate.used = 0 if token.rate.reset else token.rate.used
        token.rate.reset = hub.clock.seconds() + 3600
    if token.rate.remaining == 0:
        kind = "user" if token.kind == "user" else "installation"
        raise Refused(403, f"API rate limit exceeded for {kind} ID {token.by.user.id}.")
    token.rate.used += 1


def _limit_headers(hub: Hub, token: Token | None) -> dict[str, str]:
    if token is None:
        return {}
    rate = token.rate
    values = {"Limit": rate.limit, "Remaining": rate.remaining, "Used": rate.used, "Reset": rate.reset}
    return {f"X-RateLimit-{name}": str(value) for name, value in values.items()} | {"X-RateLimit-Resource": "core"}


def _graphql(hub: Hub, request: Request, base: Base, token: Token | None) -> Answer:
    if not hub.has_graphql:
        raise Refused(404, "Not Found")
    from hub import graphql  # reads a large schema at first use

    request.route = "graphql"
    fault = request.fault if request.fault in INSIDE else ""
    status, headers, data = graphql.answer(hub, token, request.body, job=request.job, site=base.html, fault=fault)
    return Answer(status, data, dict(headers), checked=False)


def _rest(hub: Hub, request: Request, base: Base, token: Token | None) -> Answer:
    from hub import rest  # registers the routes

    assert rest
    repo, path = _repository(hub, request, base)
    found = find(request.method, path)
    if found is None:
        hub.report([referee.Violation(request.line, 404, "", "the hub has no such route")])
        raise Refused(404, "Not Found")
    route, args = found
    request.route = route.name
    data = _data(request)
    call = Call(
        hub,
        base,
        token,
        request.job,
        args,
        request.query,
        data,
        request.headers.get("accept", ""),
        repo,
        route.name,
        path,
    )
    if repo is None and path.startswith("/repos/"):
        raise Refused(404, "Not Found")
    access.check(call, route)
    if request.raw:
        hub.report(referee.judge_body(route.name, data))
    return route.handler(call)


def _data(request: Request) -> dict[str, Any]:
    if not request.raw:
        return {}
    data = request.body
    if data is None:
        raise Refused(400, "Problems parsing JSON")
    return data if isinstance(data, dict) else {"": data}


def _repository(hub: Hub, request: Request, base: Base) -> tuple[Repo | None, str]:
    """The repository a path names, and the path as /repos/owner/name/...; an old name is redirected."""
    by_id = re.match(r"^/repositories/(\d+)(/.*)?$", request.path)
    if by_id:
        repo = hub.by_id(int(by_id[1]))
        return repo, f"/repos/{repo.full_name}{by_id[2] or ''}" if repo else "/repos/-/-"
    by_name = re.match(r"^/repos/([^/]+/[^/]+)(/.*)?$", request.path)
    if not by_name:
        return None, request.path
    repo, old = hub.repo_named(by_name[1])
    if repo and old:
        found = find(request.method, request.path)
        request.route = found[0].name if found else ""
        url = f"{base.api}/repositories/{repo.id}{by_name[2] or ''}"
        status, words = (301, "Moved Permanently") if request.method == "GET" else (307, "Temporary Redirect")
        raise Moved(status, words, url)
    return repo, request.path


class Moved(Refused):
    """A redirect to where it is now."""

    def __init__(self, status: int, message: str, url: str) -> None:
        super().__init__(status, message, headers={"Location": url})
        self.url = url

    def answer(self) -> Answer:
        made = super().answer()
        made.data = {"message": self.message, "url": self.url, "documentation_url": made.data["documentation_url"]}
        return made


def _unless_known(request: Request, made: Answer, token: Token | None) -> Answer:
    """ETags belong to a token: the same body has another one for the next job. A 304 costs nothing."""
    if request.method != "GET" or made.status != 200:
        return made
    mark = hashlib.sha256(request.token.encode() + b"\0" + made.bytes()).hexdigest()
    etag = f'W/"{mark}"'
    made.headers |= {"ETag": etag, "Cache-Control": "private, max-age=60, s-maxage=60"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if etag not in known:
        return made
    if token:
        token.rate.used -= 1
        made.headers |= _limit_headers_after(token)
    return Answer(304, None, made.headers, b"")


def _limit_headers_after(token: Token) -> dict[str, str]:
    return {"X-RateLimit-Remaining": str(token.rate.remaining), "X-RateLimit-Used": str(token.rate.used)}
