"""Trees and commits as git writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

ZEROS = "0" * 40


@dataclass(frozen=True)
class Entry:
    """One line of a tree object."""

    mode: str
    name: str
    oid: str


@dataclass(frozen=True)
class Commit:
    """A commit object. `author` and `committer` are (name, email, time as 2026-01-02T03:04:05Z)."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: tuple[str, str, str]
    committer: tuple[str, str, str]
    message: str


def order(ref: str, old: str | None, new: str) -> str:
    """One line of `git update-ref --stdin`."""
    if new == ZEROS:
        return f"delete {ref}\n" if old is None else f"delete {ref} {old}\n"
    if old == ZEROS:
        return f"create {ref} {new}\n"
    return f"update {ref} {new}\n" if old is None else f"update {ref} {new} {old}\n"


def oid_of(kind: str, data: bytes) -> str:
    """The id git gives an object."""
    return hashlib.sha1(f"{kind} {len(data)}".encode() + b"\0" + data, usedforsecurity=False).hexdigest()


def entries(data: bytes) -> Iterator[Entry]:
    """The lines of a tree object."""
    at = 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        yield Entry(mode.decode(), name.decode("utf-8", "surrogateescape"), data[end + 1 : end + 21].hex())
        at = end + 21


def commit_of(oid: str, data: bytes) -> Commit:
    """A commit object, read."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        fields.setdefault(key, []).append(value)
    author, committer = _when(fields["author"][0]), _when(fields["committer"][0])
    return Commit(oid, fields["tree"][0], tuple(fields.get("parent", [])), author, committer, message)


def _when(line: str) -> tuple[str, str, str]:
    name, _, rest = line.partition(" <")
    email, _, stamp = rest.partition("> ")
    moment = datetime.fromtimestamp(int(stamp.split()[0]), UTC)
    return name, email, moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def person(who: tuple[str, str, str]) -> str:
    """Name, email and time as a commit object has them."""
    name, email, at = who
    return f"{name} <{email}> {int(datetime.fromisoformat(at.replace('Z', '+00:00')).timestamp())} +0000"
