"""Refs: git itself decides who was first."""

from __future__ import annotations

from typing import Any

from hub import push
from hub.gitdir import OID, ZEROS
from hub.router import Answer, Call, Refused, route


def _shape(call: Call, ref: str, oid: str) -> dict[str, Any]:
    kind = (call.repo.git.read(oid) or ("commit", b""))[0]
    api = f"{call.base.api}/repos/{call.repo.full_name}/git"
    target = {"sha": oid, "type": kind, "url": f"{api}/{kind}s/{oid}"}
    return {"ref": ref, "node_id": f"REF_{ref}", "url": f"{api}/{ref}", "object": target}


@route("GET", "/repos/{owner}/{repo}/git/ref/{ref}", "contents:read")
def get_ref(call: Call) -> Answer:
    ref = f"refs/{call.args['ref']}"
    oid = call.repo.git.ref(ref)
    if oid is None:
        raise Refused(404, "Not Found")
    return Answer(200, _shape(call, ref, oid))


@route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", "contents:read")
def matching_refs(call: Call) -> Answer:
    rows = list(call.repo.refs(f"refs/{call.args['ref']}").items())
    return call.page(rows, lambda row: _shape(call, *row))


def _allowed(call: Call, ref: str, old: str, new: str) -> None:
    assert call.token
    why = push.forbidden(call.repo, call.token, ref, old, new)
    if why and "workflows" in why:
        raise Refused(
            403,
            "Resource not accessible by integration",
            headers={"X-Accepted-GitHub-Permissions": "contents=write,workflows=write"},
        )
    if why:
        raise Refused(422, why)


@route("POST", "/repos/{owner}/{repo}/git/refs", "contents:write")
def create_ref(call: Call) -> Answer:
    ref, oid = call.text("ref", "Reference"), call.text("sha", "Reference")
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise Refused(422, "Reference name must start with 'refs/' and contain at least two slashes")
    if not call.repo.git.may_be_named(ref):
        raise Refused(422, f"{ref} is not a valid ref name.")
    if ref.startswith("refs/pull/"):
        raise Refused(422, "Reference cannot be created")
    if not OID.fullmatch(oid):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if call.repo.git.read(oid) is None:
        raise Refused(422, "Object does not exist")
    _allowed(call, ref, ZEROS, oid)
    if call.repo.move_ref(ref, ZEROS, oid, call.by):
        # A name below or above an existing one cannot be made either.
        raise Refused(422, "Reference already exists" if call.repo.git.ref(ref) else "Reference cannot be created")
    made = _shape(call, ref, oid)
    return Answer(201, made, {"Location": made["url"]})


@route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
def update_ref(call: Call) -> Answer:
    ref, new = f"refs/{call.args['ref']}", call.text("sha", "Reference")
    old = call.repo.git.ref(ref)
    if old is None:
        raise Refused(422, "Reference does not exist")
    if call.repo.git.read(new) is None:
        raise Refused(422, "Object does not exist")
    if not call.data.get("force") and not call.repo.git.is_ancestor(old, new):
        raise Refused(422, "Update is not a fast forward")
    _allowed(call, ref, old, new)
    if call.repo.move_ref(ref, old, new, call.by):
        raise Refused(409, "Reference cannot be updated")
    return Answer(200, _shape(call, ref, new))


@route("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
def delete_ref(call: Call) -> Answer:
    ref = f"refs/{call.args['ref']}"
    old = call.repo.git.ref(ref)
    if old is None:
        raise Refused(422, "Reference does not exist")
    _allowed(call, ref, old, ZEROS)
    call.repo.move_ref(ref, old, ZEROS, call.by)
    return Answer(204)
