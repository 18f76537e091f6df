"""The lines of a tree through GraphQL; what they name is read only when asked for."""

from __future__ import annotations

import base64
from typing import Any, Self

from hub.fields.nodes import Args, Ask, Fields, Node, always
from hub.gitobjects import Entry

KINDS = {"40000": "tree", "160000": "commit"}
TYPES = {"40000": "Tree", "160000": "Commit"}


class Placed(str):
    """The id of an object that was found at a path of a tree."""

    __slots__ = ("path",)
    path: str

    def __new__(cls, oid: str, path: str) -> Self:
        made = super().__new__(cls, oid)
        made.path = path
        return made


def entries(repo: Any, tree: str) -> list[Node]:
    """The lines of a tree; their paths begin where the tree was found."""
    folder = getattr(tree, "path", "")
    prefix = f"{folder}/" if folder else ""
    return [Node("TreeEntry", repo, (entry, prefix + entry.name)) for entry in repo.git.tree(tree)]


def file_at(repo: Any, tree: str, path: str) -> Node | None:
    """The line at a path of a tree."""
    found = repo.git.at(tree, path) if path else None
    return Node("TreeEntry", repo, (found, path)) if found else None


def _object(ask: Ask, node: Node, args: Args) -> Node | None:
    """A submodule's commit is not in this repository."""
    entry: Entry = node.thing[0]
    if entry.mode == "160000":
        return None
    return Node(TYPES.get(entry.mode, "Blob"), node.repo, Placed(entry.oid, node.thing[1]))


def _size(ask: Ask, node: Node, args: Args) -> int:
    entry: Entry = node.thing[0]
    found = node.repo.git.read(entry.oid) if entry.mode not in KINDS else None
    return len(found[1]) if found else 0


def _raw(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _extension(ask: Ask, node: Node, args: Args) -> str:
    _, dot, last = node.thing[0].name.rpartition(".")
    return dot + last


ENTRY: Fields = {
    "name": lambda ask, node, args: node.thing[0].name,
    "nameRaw": lambda ask, node, args: _raw(node.thing[0].name),
    "path": lambda ask, node, args: node.thing[1],
    "pathRaw": lambda ask, node, args: _raw(node.thing[1]),
    "type": lambda ask, node, args: KINDS.get(node.thing[0].mode, "blob"),
    "mode": lambda ask, node, args: int(node.thing[0].mode, 8),
    "oid": lambda ask, node, args: node.thing[0].oid,
    "object": _object,
    "size": _size,
    "extension": _extension,
    "repository": lambda ask, node, args: Node("Repository", node.repo, node.repo),
    **always(isGenerated=False, language=None, lineCount=None, submodule=None),
}
