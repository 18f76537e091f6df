"""Commits, trees and blobs, and how they look in other answers."""

from __future__ import annotations

import base64
from typing import Any

from hub import shapes
from hub.access import not_accessible
from hub.gitdir import OID, Commit, GitDir
from hub.router import Answer, Call, Refused, custom, invalid, route

MODES = ("100644", "100755", "040000", "160000", "120000")
# Who signs commits made through the API without an author.
WEB = ("GitHub", "noreply@github.invalid")


def _commit(call: Call, oid: str) -> Commit:
    found = call.repo.git.commit(oid)
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _verification(call: Call, oid: str) -> dict[str, Any]:
    signed = oid in call.repo.verified
    return {
        "verified": signed, "reason": "valid" if signed else "unsigned", "payload": "tree" if signed else None,
        "signature": "-----BEGIN PGP SIGNATURE-----" if signed else None, "verified_at": None,
    }  # fmt: skip


def git_commit(call: Call, oid: str) -> dict[str, Any]:
    """A git-commit."""
    made, api = _commit(call, oid), f"{call.base.api}/repos/{call.repo.full_name}/git"
    page = f"{call.base.html}/{call.repo.full_name}/commit"
    return {
        "sha": oid, "node_id": f"C_{oid}", "url": f"{api}/commits/{oid}", "html_url": f"{page}/{oid}",
        "author": dict(zip(("name", "email", "date"), made.author, strict=True)),
        "committer": dict(zip(("name", "email", "date"), made.committer, strict=True)), "message": made.message,
        "tree": {"sha": made.tree, "url": f"{api}/trees/{made.tree}"}, "verification": _verification(call, oid),
        "parents": [{"sha": each, "url": f"{api}/commits/{each}", "html_url": f"{page}/{each}"} for each in made.parents],
    }  # fmt: skip


def full_commit(call: Call, oid: str) -> dict[str, Any]:
    """A commit as the repository's commit list shows it."""
    made, api = _commit(call, oid), f"{call.base.api}/repos/{call.repo.full_name}"
    page = f"{call.base.html}/{call.repo.full_name}/commit/{oid}"
    inner = git_commit(call, oid)
    url = f"{api}/commits/{oid}"
    account = shapes.user(call, call.hub.users.get(made.author[0].casefold()))
    return {
        "sha": oid, "node_id": inner["node_id"], "url": url, "html_url": page, "comments_url": f"{url}/comments",
        "commit": {"url": inner["url"], "author": inner["author"], "committer": inner["committer"], "comment_count": 0,
                   "message": made.message, "tree": inner["tree"], "verification": inner["verification"]},
        "author": account, "committer": account,
        "parents": [{"sha": each, "url": f"{api}/commits/{each}", "html_url": page} for each in made.parents],
    }  # fmt: skip


def git_files(call: Call, base: str, head: str) -> list[dict[str, Any]]:
    """The diff-entry of each path that differs between two commits."""
    git = call.repo.git
    raw = git.git("diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", base, head).stdout.decode(
        "utf-8", "replace"
    )
    words = raw.split("\0")
    rows: dict[str, dict[str, Any]] = {}
    at = 0
    while at < len(words) and words[at].startswith(":"):
        _, _, _, oid, status = words[at].split(" ")
        rows[words[at + 1]] = {"status": {"A": "added", "D": "removed"}.get(status, "modified"), "sha": oid}
        at += 2
    counts = {path: (added, removed) for added, removed, path in (word.split("\t") for word in words[at:] if word)}
    return [_file(call, path, row, counts.get(path, ("0", "0")), head) for path, row in rows.items()]


def _file(call: Call, path: str, row: dict[str, Any], counts: tuple[str, str], head: str) -> dict[str, Any]:
    added, removed = (int(each) if each.isdigit() else 0 for each in counts)
    api, html = f"{call.base.api}/repos/{call.repo.full_name}", f"{call.base.html}/{call.repo.full_name}"
    return row | {
        "filename": path, "additions": added, "deletions": removed, "changes": added + removed,
        "blob_url": f"{html}/blob/{head}/{path}", "raw_url": f"{html}/raw/{head}/{path}",
        "contents_url": f"{api}/contents/{path}?ref={head}",
    }  # fmt: skip


@route("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents:read")
def get_commit(call: Call) -> Answer:
    oid = call.repo.git.resolve(call.args["ref"])
    if oid is None:
        raise Refused(422, f"No commit found for SHA: {call.args['ref']}")
    made = _commit(call, oid)
    files = git_files(call, made.parents[0], oid) if made.parents else []
    added, removed = sum(each["additions"] for each in files), sum(each["deletions"] for each in files)
    stats = {"additions": added, "deletions": removed, "total": added + removed}
    return Answer(200, full_commit(call, oid) | {"files": files, "stats": stats})


@route("GET", "/repos/{owner}/{repo}/commits", "contents:read")
def list_commits(call: Call) -> Answer:
    start = call.repo.git.resolve(call.query.get("sha") or call.repo.default_branch)
    if start is None:
        raise Refused(404, "Not Found")
    return call.page(call.repo.git.log(start), lambda oid: full_commit(call, oid))


@route("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "contents:read")
def get_git_commit(call: Call) -> Answer:
    return Answer(200, git_commit(call, call.args["commit_sha"]))


@route("POST", "/repos/{owner}/{repo}/git/commits", "contents:write")
def create_commit(call: Call) -> Answer:
    git, tree = call.repo.git, call.text("tree", "Commit")
    parents = call.data.get("parents") or []
    if (git.read(tree) or ("", b""))[0] != "tree" and tree != git.put("tree", b""):
        raise Refused(422, "Tree SHA does not exist")
    if any(git.commit(str(each)) is None for each in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    message = call.text("message", "Commit")
    author = call.data.get("author")
    if not author:
        return _signed(call, tree, parents, message)
    person = (author["name"], author["email"], author.get("date") or call.hub.clock.tick())
    other = call.data.get("committer") or {}
    committer = (other.get("name", person[0]), other.get("email", person[1]), other.get("date", person[2]))
    return _created(call, git.write_commit(tree, parents, message, person, committer))


def _signed(call: Call, tree: str, parents: list[str], message: str) -> Answer:
    """Without an author the commit is the token's own; a bot's is signed by GitHub."""
    by, at = call.by, call.hub.clock.tick()
    author = (by.user.login, f"{by.user.id}+{by.user.login}@users.noreply.github.invalid", at)
    bot = by.user.kind == "Bot"
    made = call.repo.git.write_commit(tree, parents, message, author, (*WEB, at) if bot else author)
    if bot:
        call.repo.verified.add(made)
    return _created(call, made)


def _created(call: Call, oid: str) -> Answer:
    shown = git_commit(call, oid)
    return Answer(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "contents:read")
def get_tree(call: Call) -> Answer:
    git, name = call.repo.git, call.args["tree_sha"]
    oid = git.resolve(name)
    commit = git.commit(oid) if oid else None
    tree = commit.tree if commit else oid
    if tree is None or (git.read(tree) or ("", b""))[0] != "tree":
        raise Refused(404, "Not Found")
    return Answer(200, tree_shape(call, tree, recursive=bool(call.query.get("recursive"))))


def tree_shape(call: Call, tree: str, *, recursive: bool = False) -> dict[str, Any]:
    """A git-tree."""
    api = f"{call.base.api}/repos/{call.repo.full_name}/git"
    rows = _tree_rows(call.repo.git, tree, api, "", recursive=recursive)
    return {"sha": tree, "url": f"{api}/trees/{tree}", "tree": rows, "truncated": False}


def _tree_rows(git: GitDir, tree: str, api: str, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for entry in git.tree(tree):
        kind, path = {"40000": "tree", "160000": "commit"}.get(entry.mode, "blob"), folder + entry.name
        url = f"{api}/{kind}s/{entry.oid}"
        row = {"path": path, "mode": entry.mode.zfill(6), "type": kind, "sha": entry.oid, "url": url}
        found = git.read(entry.oid) if kind == "blob" else None
        rows.append(row | ({"size": len(found[1])} if found else {}))
        if recursive and kind == "tree":
            rows += _tree_rows(git, entry.oid, api, f"{path}/", recursive=True)
    return rows


@route("POST", "/repos/{owner}/{repo}/git/trees", "contents:write")
def create_tree(call: Call) -> Answer:
    _no_foreign_workflows(call)
    git, base = call.repo.git, call.data.get("base_tree")
    if base and git.commit(base):
        base = git.commit(base).tree  # type: ignore[union-attr]
    files = {path: (entry.mode, entry.oid) for path, entry in git.files(base).items()} if base else {}
    for row in call.data.get("tree") or []:
        if row.get("mode", "100644") not in MODES:
            raise invalid("Tree", "mode")
        if "sha" in row and row["sha"] is None:
            files.pop(row["path"], None)
            continue
        oid = row.get("sha") or git.put("blob", row.get("content", "").encode())
        if git.read(oid) is None and row.get("mode") != "160000":
            raise Refused(422, f"tree.sha {oid} is not a valid blob")
        files[row["path"]] = (row.get("mode", "100644").lstrip("0"), oid)
    made = tree_shape(call, git.write_files(files))
    return Answer(201, made, {"Location": made["url"]})


def _no_foreign_workflows(call: Call) -> None:
    """Without the permission `workflows` a tree may name only workflow files that are on the default branch so."""
    if call.token is None or call.token.kind == "user" or call.token.may("", "workflows:write"):
        return
    head = call.repo.git.commit(call.repo.head())
    for row in call.data.get("tree") or []:
        if row["path"].startswith(".github/workflows/") and (row.get("sha") or "content" in row):
            known = call.repo.git.at(head.tree, row["path"]) if head else None
            if known is None or known.oid != row.get("sha"):
                raise not_accessible("contents:write", "workflows:write")


@route("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", "contents:read")
def get_blob(call: Call) -> Answer:
    oid = call.args["file_sha"]
    found = call.repo.git.read(oid) if OID.fullmatch(oid) else None
    if found is None or found[0] != "blob":
        raise Refused(404, "Not Found")
    text = base64.encodebytes(found[1]).decode()
    url = f"{call.base.api}/repos/{call.repo.full_name}/git/blobs/{oid}"
    return Answer(
        200,
        {"sha": oid, "node_id": f"B_{oid}", "size": len(found[1]), "url": url, "content": text, "encoding": "base64"},
    )


@route("POST", "/repos/{owner}/{repo}/git/blobs", "contents:write")
def create_blob(call: Call) -> Answer:
    content = call.data.get("content")
    if not isinstance(content, str):
        raise custom("Blob", "content is missing")
    data = base64.b64decode(content) if call.data.get("encoding") == "base64" else content.encode()
    oid = call.repo.git.put("blob", data)
    url = f"{call.base.api}/repos/{call.repo.full_name}/git/blobs/{oid}"
    return Answer(201, {"sha": oid, "url": url}, {"Location": url})
