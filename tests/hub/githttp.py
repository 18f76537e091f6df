"""git over HTTP by git's own http-backend; who may push what is asked before (push.py)."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hub import push
from hub.access import read_only
from hub.gitdir import ENVIRONMENT
from hub.router import Answer, Base
from hub.tokens import Token

if TYPE_CHECKING:
    from hub.core import Hub
    from hub.journal import Request
    from hub.repository import Repo

SMART = re.compile(r"^/(?P<full>[^/]+/[^/]+?)(?:\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack)$")


def is_git(request: Request) -> bool:
    """Whether this is git speaking."""
    return SMART.match(request.path) is not None


def answer(hub: Hub, request: Request, base: Base) -> Answer:
    """The answer of http-backend, or of the rule that forbids it."""
    found = SMART.match(request.path)
    assert found
    service = request.query.get("service") or found["rest"]
    request.route = service
    repo, old = hub.repo_named(found["full"])
    refusal = _refusal(hub, request, repo, service)
    if refusal is not None or repo is None:
        return refusal or _plain(404, "Repository not found.")
    if old:
        query = f"?{urlencode(request.query)}" if request.query else ""
        return Answer(
            301, None, {"Location": f"{base.html}/{repo.full_name}.git/{found['rest']}{query}"}, b"", checked=False
        )
    token = hub.tokens.get(request.token)
    if found["rest"] == "git-receive-pack":
        assert token
        return push.receive(hub, repo, request, token, lambda: backend(repo, request, found["rest"]))
    return backend(repo, request, found["rest"])


def _refusal(hub: Hub, request: Request, repo: Repo | None, service: str) -> Answer | None:
    token = hub.tokens.get(request.token)
    pushing = service == "git-receive-pack"
    if request.token and (token is None or token.expired):
        return _login("Invalid username or token. Password authentication is not supported for Git operations.")
    if token is None and (pushing or repo is None or repo.private):
        return _login("")
    if repo is None:
        return _plain(404, "Repository not found.")
    if token is not None and not _may(token, repo, request.job, "read"):
        return _plain(404, "Repository not found.")
    if pushing and token is not None and not _may(token, repo, request.job, "write"):
        denied = f"Permission to {repo.full_name}.git denied to {token.by.user.login}."
        return _plain(403, "Write access to repository not granted." if token.kind == "app" else denied)
    if pushing and repo.archived:
        return _plain(403, "This repository was archived so it is read-only.")
    if pushing and (why := read_only(repo)):
        return _plain(403, why)
    return None


def _may(token: Token, repo: Repo, job: str, level: str) -> bool:
    if token.kind == "user":
        return repo.has(token.by.user.login, level)
    foreign = token.kind == "job" and token.repo.casefold() != repo.full_name.casefold()
    public = level == "read" and not repo.private
    if foreign:
        return public
    if not job and level == "read" and any(token.may(each, "contents:read") for each in token.permissions):
        return True  # a checkout does not say whose it is
    held = token.may(job, f"contents:{level}")
    if held or public:
        token.used.add(job, f"contents:{level}")
    return held or public


def _login(says: str) -> Answer:
    return Answer(
        401,
        None,
        {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"},
        says.encode(),
        checked=False,
    )


def _plain(status: int, says: str) -> Answer:
    return Answer(status, None, {"Content-Type": "text/plain; charset=utf-8"}, says.encode(), checked=False)


def backend(repo: Repo, request: Request, rest: str) -> Answer:
    """Run http-backend on a request."""
    environment = {
        "PATH": os.environ["PATH"], **ENVIRONMENT, "GIT_PROJECT_ROOT": str(repo.git_dir), "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{rest}", "REQUEST_METHOD": request.method, "QUERY_STRING": urlencode(request.query),
        "CONTENT_TYPE": request.headers.get("content-type", ""), "CONTENT_LENGTH": str(len(request.raw)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""), "REMOTE_USER": request.auth or "nobody",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""), "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    ended = subprocess.run(
        ["git", "http-backend"], input=request.raw, capture_output=True, env=environment, check=False
    )
    head, _, body = ended.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Answer(status, None, headers, body, checked=False)
