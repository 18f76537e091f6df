"""Refs and commits made through GraphQL."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from hub import push
from hub.fields.nodes import Ask, Node, Problem
from hub.fields.writing import allow, found, mutation, unprocessable
from hub.gitdir import OID, ZEROS

# Who signs commits made through the API.
WEB = ("GitHub", "noreply@github.invalid")
Asked = Mapping[str, Any]


def _update_refs(ask: Ask, asked: Asked) -> Asked:
    """Move refs, all or none. `beforeOid` is compared when given; zeros mean absent (before) or gone (after)."""
    repo, updates = found(ask, asked["repositoryId"], "Repository").repo, asked["refUpdates"]
    allow(ask, repo, "contents:write", "UpdateRefs")
    for update in updates:
        _checked(ask, repo, update["name"], update["afterOid"], force=bool(update.get("force")))
    moves = [(update["name"], update.get("beforeOid"), update["afterOid"]) for update in updates]
    before = {name: repo.git.ref(name) or ZEROS for name, _, _ in moves}
    if repo.git.move(moves):
        raise unprocessable("Reference cannot be updated: at least one ref is not at its expected object id")
    repo.refs_moved([(name, before[name], after) for name, _, after in moves], ask.token.by)
    return {}


def _checked(ask: Ask, repo: Any, name: str, after: str, *, force: bool = False) -> None:
    """A full name; an object that is there; fast forward unless forced; what binds a push binds this too."""
    now = repo.git.ref(name)
    if not name.startswith("refs/") or not OID.fullmatch(after):
        raise unprocessable(f"{name} is not a valid ref name, or {after} not an object id")
    if after != ZEROS:
        kind = repo.git.read(after)
        if kind is None or (name.startswith("refs/heads/") and kind[0] != "commit"):
            raise unprocessable(f"Object {after} does not exist, or {name} cannot point at it")
        if now and not force and not repo.git.is_ancestor(now, after):
            raise unprocessable(f"Update of {name} is not a fast forward")
    _bound(ask, repo, name, now or ZEROS, after)


def _bound(ask: Ask, repo: Any, name: str, old: str, new: str) -> None:
    """The rules of a push."""
    if why := push.forbidden(repo, ask.token, name, old, new):
        raise unprocessable(why)


def _moved(ask: Ask, repo: Any, name: str, old: str | None, new: str, says: str) -> Node:
    if repo.move_ref(name, old, new, ask.token.by):
        raise unprocessable(says)
    return Node("Ref", repo, name)


def _create_ref(ask: Ask, asked: Asked) -> Asked:
    repo, name, oid = found(ask, asked["repositoryId"], "Repository").repo, asked["name"], asked["oid"]
    allow(ask, repo, "contents:write", "CreateRef")
    if not name.startswith("refs/") or name.startswith("refs/pull/") or not repo.git.may_be_named(name):
        raise unprocessable(f"{name} is not a valid ref name")
    if repo.git.ref(name):
        raise unprocessable(f'A ref named "{name}" already exists in the repository.')
    _checked(ask, repo, name, oid)
    return {"ref": _moved(ask, repo, name, ZEROS, oid, "Ref cannot be created")}


def _update_ref(ask: Ask, asked: Asked) -> Asked:
    node = found(ask, asked["refId"], "Ref")
    allow(ask, node.repo, "contents:write", "UpdateRef")
    _checked(ask, node.repo, node.thing, asked["oid"], force=bool(asked.get("force")))
    return {"ref": _moved(ask, node.repo, node.thing, None, asked["oid"], "Ref cannot be updated")}


def _delete_ref(ask: Ask, asked: Asked) -> Asked:
    node = found(ask, asked["refId"], "Ref")
    allow(ask, node.repo, "contents:write", "DeleteRef")
    if node.thing == f"refs/heads/{node.repo.default_branch}":
        raise unprocessable("Cannot delete the default branch")
    _checked(ask, node.repo, node.thing, ZEROS)
    _moved(ask, node.repo, node.thing, None, ZEROS, "Ref cannot be deleted")
    return {}


# --- commits


def _branch(ask: Ask, asked: Asked) -> Node:
    """A branch by its id, or by its repository's and its own name."""
    if asked.get("id"):
        return found(ask, asked["id"], "Ref")
    full_name = asked.get("repositoryNameWithOwner") or ""
    repo, _ = ask.hub.repo_named(full_name)
    if repo is None or not ask.sees(repo):
        raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    name = f"refs/heads/{(asked.get('branchName') or '').removeprefix('refs/heads/')}"
    if not repo.git.ref(name):
        raise Problem("NOT_FOUND", f"Could not resolve to a Ref with the name '{name}'.")
    return Node("Ref", repo, name)


def _commit_on_branch(ask: Ask, asked: Asked) -> Asked:
    """One commit with many files, signed by the host; only if the branch is where the client saw it."""
    node, expected = _branch(ask, asked["branch"]), asked["expectedHeadOid"]
    allow(ask, node.repo, "contents:write", "CreateCommitOnBranch")
    if node.repo.git.ref(node.thing) != expected or _stale(ask):
        raise Problem("STALE_DATA", f'Expected branch to point to "{expected}" but it did not.  Pull and try again.')
    made = _written(ask, node.repo, expected, asked)
    if why := push.forbidden(node.repo, ask.token, node.thing, expected, made):
        _, protected, details = why.partition("protected branch hook declined: ")
        raise Problem("BRANCH_PROTECTION_RULE_VIOLATION", details) if protected else unprocessable(why)
    moved = _moved(ask, node.repo, node.thing, expected, made, "Ref cannot be updated")
    return {"commit": Node("Commit", node.repo, made), "ref": moved}


def _stale(ask: Ask) -> bool:
    """Whether somebody is to have been faster: the first commit of a request that is struck so."""
    struck = ask.fault == "stale_head" and "stale" not in ask.memory
    ask.memory["stale"] = True
    return struck


def _written(ask: Ask, repo: Any, parent: str, asked: Asked) -> str:
    changes, message = asked.get("fileChanges") or {}, asked["message"]
    tree = _tree(repo, parent, changes.get("additions") or (), changes.get("deletions") or ())
    by, at = ask.token.by.user, ask.hub.clock.tick()
    author = (by.login, f"{by.id}+{by.login}@users.noreply.github.invalid", at)
    text = "\n\n".join(part for part in (message["headline"], message.get("body")) if part)
    made: str = repo.git.write_commit(tree, [parent], text, author, (*WEB, at))
    repo.verified.add(made)
    return made


def _tree(repo: Any, parent: str, additions: Any, deletions: Any) -> str:
    """The parent's tree with these changes; a file that was there keeps its mode."""
    files = {path: (entry.mode, entry.oid) for path, entry in repo.git.files(repo.git.commit(parent).tree).items()}
    for path in [each["path"] for each in deletions]:
        if files.pop(path, None) is None:
            says = f"A path was requested for deletion which does not exist as of commit oid `{parent}`"
            raise Problem("NOT_FOUND", says)
    for each in additions:
        path = each["path"]
        if path.startswith("/") or {"", ".", "..", ".git"} & set(path.split("/")):
            raise unprocessable(f"A path was requested which is not valid: {path}")
        files[path] = (files.get(path, ("100644",))[0], repo.git.put("blob", _bytes(each["contents"])))
    made: str = repo.git.write_files(files)
    return made


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise unprocessable("A file's contents are not valid Base64") from None


MUTATIONS = {
    "updateRefs": mutation(_update_refs),
    "createRef": mutation(_create_ref),
    "updateRef": mutation(_update_ref),
    "deleteRef": mutation(_delete_ref),
    "createCommitOnBranch": mutation(_commit_on_branch),
}
