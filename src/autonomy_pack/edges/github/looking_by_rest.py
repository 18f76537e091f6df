"""The same look by REST, for hosts without GraphQL: some eight requests instead of one."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from autonomy_pack.edges.github import shapes
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.values import Look
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError

_GOVERNING = ("autonomy.yml", "autonomy/")
_RANKS = ("admin", "maintain", "push", "triage", "pull")
_WORDS = {"push": "write", "pull": "read"}


def look(at: Connected) -> Look:
    """A look, put together. WorldError when any of it cannot be read whole."""
    told = at.calls.get(f"/repos/{at.repo}", choosing=True)
    head = at.calls.get(at.ref(f"heads/{told['default_branch']}"))["object"]["sha"]
    root = tree(at, head)
    policy = root.get(".github", "")
    newest = at.calls.get(at.at("issues"), {"state": "open", "sort": "updated", "per_page": 1})
    may = told.get("permissions") or {}
    rank = next((rank for rank in _RANKS if may.get(rank)), "")
    return Look(
        default_branch=told["default_branch"],
        head=head,
        policy_tree=policy,
        updated=shapes.time(newest[0]["updated_at"]) if newest else "",
        open_count=told["open_issues_count"],
        files=dict(_files(at, policy)) if policy else {},
        stop=has_stop(at, root),
        state=_state(at),
        archived=told["archived"],
        fork=told["fork"],
        private=told["private"],
        viewer=_WORDS.get(rank, rank),
    )


def tree(at: Connected, oid: str) -> dict[str, str]:
    """Name → object id of what lies in a tree (or in a commit's)."""
    return {entry["path"]: entry["sha"] for entry in _entries(at, oid, {})}


def has_stop(at: Connected, root: dict[str, str]) -> bool:
    """Whether anything called STOP is in `.agent-workspace` of that root."""
    folder = root.get(".agent-workspace")
    return bool(folder) and "STOP" in tree(at, str(folder))


def _entries(at: Connected, oid: str, parameters: dict[str, Any]) -> list[Any]:
    told = at.calls.get(at.at("git", "trees", oid), parameters)
    if told.get("truncated"):
        raise WorldError("GitHub gave only a part of a folder's entries", "Make the repository's folders smaller.")
    return list(told["tree"])


def _files(at: Connected, policy: str) -> Iterator[tuple[str, str]]:
    for entry in _entries(at, policy, {"recursive": 1}):
        path = str(entry["path"])
        if entry["type"] == "blob" and (path == _GOVERNING[0] or path.startswith(_GOVERNING[1])):
            yield f".github/{path}", _text(at, entry["sha"], path)


def _text(at: Connected, oid: str, path: str) -> str:
    told = at.calls.get(at.at("git", "blobs", oid))
    try:
        return base64.b64decode(told["content"]).decode()
    except ValueError as error:
        raise WorldError(f".github/{one_line(path)} is not UTF-8", "Save it as UTF-8.") from error


def _state(at: Connected) -> str:
    ref = at.calls.find(at.ref("autonomy/state"))
    return str(at.calls.get(at.at("git", "commits", ref["object"]["sha"]))["message"]) if ref else ""
