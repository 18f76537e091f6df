"""Files by path: read, written and deleted by one commit each."""

from __future__ import annotations

import base64
from typing import Any

from hub import push
from hub.gitdir import Entry
from hub.rest.gitdata import WEB, git_commit
from hub.router import Answer, Call, Refused, invalid, route

CONTENTS = "/repos/{owner}/{repo}/contents/{path}"


def _shape(call: Call, path: str, entry: Entry, ref: str) -> dict[str, Any]:
    api, page = f"{call.base.api}/repos/{call.repo.full_name}", f"{call.base.html}/{call.repo.full_name}"
    kind = {"40000": "dir", "160000": "submodule", "120000": "symlink"}.get(entry.mode, "file")
    here, data = f"{api}/contents/{path}?ref={ref}", call.repo.git.read(entry.oid)
    folder = "trees" if kind == "dir" else "blobs"
    git, html = f"{api}/git/{folder}/{entry.oid}", f"{page}/blob/{ref}/{path}"
    return {
        "type": kind, "name": path.rpartition("/")[2], "path": path, "sha": entry.oid, "url": here, "git_url": git,
        "size": len(data[1]) if data and kind != "dir" else 0, "html_url": html,
        "download_url": None if kind == "dir" else f"{page}/raw/{ref}/{path}",
        "_links": {"self": here, "git": git, "html": html},
    }  # fmt: skip


def _at(call: Call, path: str, ref: str) -> Entry | None:
    commit = call.repo.git.commit(call.repo.git.resolve(ref) or "")
    return call.repo.git.at(commit.tree, path) if commit else None


@route("GET", CONTENTS, "contents:read")
def get_contents(call: Call) -> Answer:
    path, ref = call.args["path"].strip("/"), call.query.get("ref") or call.repo.default_branch
    entry = _at(call, path, ref)
    if entry is None:
        raise Refused(404, "Not Found")
    if entry.mode == "40000":
        rows = [_shape(call, f"{path}/{each.name}".strip("/"), each, ref) for each in call.repo.git.tree(entry.oid)]
        return Answer(200, rows)
    data = (call.repo.git.read(entry.oid) or ("", b""))[1]
    if "raw" in call.accept:
        return Answer(200, None, {"Content-Type": "application/vnd.github.raw; charset=utf-8"}, data)
    shown = _shape(call, path, entry, ref)
    return Answer(200, shown | {"encoding": "base64", "content": base64.encodebytes(data).decode()})


@route("PUT", CONTENTS, "contents:write")
def put_contents(call: Call) -> Answer:
    path, branch = _target(call)
    entry, given = _at(call, path, branch), call.data.get("sha")
    if entry is not None and not given:
        raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given and (entry is None or entry.oid != given):
        raise Refused(409, f"{path} does not match {given}")
    try:
        data = base64.b64decode(call.data.get("content", ""), validate=False)
    except ValueError:
        raise Refused(422, "content is not valid Base64") from None
    commit = _committed(call, path, data, branch)
    made = _at(call, path, branch)
    assert made
    return Answer(201 if entry is None else 200, {"content": _shape(call, path, made, branch), "commit": commit})


@route("DELETE", CONTENTS, "contents:write")
def delete_contents(call: Call) -> Answer:
    path, branch = _target(call)
    entry = _at(call, path, branch)
    if entry is None:
        raise Refused(404, "Not Found")
    if call.text("sha", "Contents") != entry.oid:
        raise Refused(409, f"{path} does not match {call.data['sha']}")
    return Answer(200, {"content": None, "commit": _committed(call, path, None, branch)})


def _target(call: Call) -> tuple[str, str]:
    path, branch = call.args["path"].strip("/"), call.data.get("branch") or call.repo.default_branch
    if not call.data.get("message"):
        raise invalid("Contents", "message", "missing_field")
    if not call.repo.head(branch):
        raise Refused(404, f"Branch {branch} not found")
    return path, branch


def _committed(call: Call, path: str, data: bytes | None, branch: str) -> dict[str, Any]:
    git, old = call.repo.git, call.repo.head(branch)
    before = git.commit(old)
    assert before
    assert call.token
    files = {name: (entry.mode, entry.oid) for name, entry in git.files(before.tree).items()}
    files.pop(path, None)
    if data is not None:
        files[path] = ("100644", git.put("blob", data))
    by, at = call.by.user, call.hub.clock.tick()
    author = (by.login, f"{by.id}+{by.login}@users.noreply.github.invalid", at)
    made = git.write_commit(git.write_files(files), [old], call.data["message"], author, (*WEB, at))
    # Made by GitHub itself, so signed by it, whoever asked.
    call.repo.verified.add(made)
    why = push.forbidden(call.repo, call.token, f"refs/heads/{branch}", old, made)
    if why:
        raise Refused(403 if "workflows" in why else 409, why)
    if call.repo.move_ref(f"refs/heads/{branch}", old, made, call.by):
        raise Refused(409, f"{branch} was changed meanwhile")
    return git_commit(call, made)
