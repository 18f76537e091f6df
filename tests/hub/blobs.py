"""Where the bytes of artifacts lie: another host, another authority: an address with a signature and no token."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from hub.router import Answer, Base, Refused
from hub.things import Artifact

if TYPE_CHECKING:
    from hub.core import Hub
    from hub.journal import Request

PREFIX = "/_blobs/"
UPLOAD = re.compile(r"^/_hub/artifacts/([^/]+/[^/]+)/(\d+)/([^/]+)$")


def address(hub: Hub, base: Base, artifact: Artifact) -> str:
    """The signed address; `localhost` is another host than 127.0.0.1, so clients that follow drop their token."""
    return f"{_elsewhere(hub, base)}{artifact.id}?sig={_signature(artifact)}"


def log_address(hub: Hub, base: Base, job: int) -> str:
    """The signed address of a job's log."""
    return f"{_elsewhere(hub, base)}{job}?sig=log"


def _elsewhere(hub: Hub, base: Base) -> str:
    scheme, _, host = base.html.partition("://")
    other = f"localhost:{hub.port}" if host.startswith("127.0.0.1") else f"blobs.{host}"
    return f"{scheme}://{other}{PREFIX}"


def answer(hub: Hub, request: Request) -> Answer:
    """The bytes. A request that carries a token is refused, as the real store does."""
    request.route = "blob"
    if "authorization" in request.headers:
        raise Refused(403, "Server failed to authenticate the request. A token was sent to the artifact store.")
    number = int(request.path.removeprefix(PREFIX))
    for repo in list(hub.repos.values()):
        log = next(
            (row["log"] for run in repo.runs for row in run.jobs if row.get("id") == number and "log" in row), None
        )
        if log is not None and request.query.get("sig") == "log":
            return Answer(200, None, {"Content-Type": "text/plain"}, str(log).encode(), checked=False)
        found = repo.artifacts.get(number)
        if found and request.query.get("sig") == _signature(found):
            return Answer(200, None, {"Content-Type": "application/zip"}, found.data, checked=False)
    raise Refused(404, "Not Found")


def upload(hub: Hub, request: Request) -> Answer:
    """Where the tests' stand-in for upload-artifact puts its zip: PUT /_hub/artifacts/OWNER/NAME/RUN/ARTIFACT."""
    request.route = "upload"
    found = UPLOAD.match(request.path)
    repo = hub.repo_named(found[1])[0] if found else None
    if not found or not repo or request.method != "PUT":
        raise Refused(404, "Not Found")
    run_id, name = int(found[2]), unquote(found[3])
    with hub.lock:
        old = [each for each in repo.artifacts.of(run_id) if each.name == name]
        if old and request.query.get("overwrite") != "true":
            raise Refused(409, "Conflict: an artifact with this name already exists on the workflow run")
        repo.artifacts.all = [each for each in repo.artifacts.all if each not in old]
        made = repo.artifacts.add(run_id, name, request.raw)
    return Answer(201, {"id": made.id}, {"Content-Type": "application/json"}, checked=False)


def _signature(artifact: Artifact) -> str:
    return hashlib.sha256(f"{artifact.id}:{artifact.name}".encode()).hexdigest()
