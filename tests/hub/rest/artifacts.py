"""Artifacts of runs; their bytes lie on another host."""

from __future__ import annotations

import hashlib
from typing import Any

from hub import blobs
from hub.rest.actions import ACTIONS, RUN, counted, here
from hub.router import Answer, Call, Refused, route
from hub.things import Artifact


def _artifact(call: Call, made: Artifact) -> dict[str, Any]:
    url, run = f"{here(call)}/artifacts/{made.id}", call.repo.run_of(made.run_id)
    of_run = {"id": made.run_id, "repository_id": call.repo.id, "head_repository_id": call.repo.id,
              "head_branch": run.branch if run else "main", "head_sha": run.head if run else call.repo.head()}  # fmt: skip
    return {
        "id": made.id, "node_id": made.node_id, "name": made.name, "size_in_bytes": len(made.data), "url": url,
        "archive_download_url": f"{url}/zip", "expired": made.expired, "created_at": made.created, "updated_at": made.created,
        "expires_at": made.created, "digest": f"sha256:{hashlib.sha256(made.data).hexdigest()}", "workflow_run": of_run,
    }  # fmt: skip


@route("GET", f"{RUN}/artifacts", "actions:read")
def list_run_artifacts(call: Call) -> Answer:
    rows = [
        each for each in call.repo.artifacts.of(call.number("run_id")) if call.query.get("name", each.name) == each.name
    ]
    return counted(call, "artifacts", rows, _artifact)


@route("GET", f"{ACTIONS}/artifacts", "actions:read")
def list_artifacts(call: Call) -> Answer:
    rows = [each for each in reversed(call.repo.artifacts.all) if call.query.get("name", each.name) == each.name]
    return counted(call, "artifacts", rows, _artifact)


def _find_artifact(call: Call) -> Artifact:
    found = call.repo.artifacts.get(call.number("artifact_id"))
    if found is None:
        raise Refused(404, "Not Found")
    return found


@route("GET", ACTIONS + "/artifacts/{artifact_id}", "actions:read")
def get_artifact(call: Call) -> Answer:
    return Answer(200, _artifact(call, _find_artifact(call)))


@route("DELETE", ACTIONS + "/artifacts/{artifact_id}", "actions:write")
def delete_artifact(call: Call) -> Answer:
    call.repo.artifacts.all.remove(_find_artifact(call))
    return Answer(204)


@route("GET", ACTIONS + "/artifacts/{artifact_id}/{archive_format}", "actions:read")
def get_archive(call: Call) -> Answer:
    made = _find_artifact(call)
    if call.args["archive_format"] != "zip":
        raise Refused(404, "Not Found")
    if made.expired:
        raise Refused(410, "Artifact has expired")
    return Answer(302, None, {"Location": blobs.address(call.hub, call.base, made)}, b"", checked=False)
