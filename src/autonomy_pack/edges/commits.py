"""Commits that say something and hold no files: written and read as raw objects, so that their ids are ours to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from autonomy_pack.edges import git
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NAME, EMAIL = "Autonomy Pack", "autonomy@autonomy.invalid"


@value
class Note:
    """A commit as it was found. `message` is None when it has files, is too long, or is no commit that can be read."""

    oid: str
    parents: tuple[str, ...] = ()
    message: str | None = None


def write(git_dir: Path, message: str, parent: str, at: str) -> str:
    """Make the commit without files that says this at that time (UTC text; whole seconds count); its id.

    The same words, parent and second give the same id. `parent` is "" for the first.
    """
    seconds = int(datetime.fromisoformat(at).timestamp())
    who = f"{NAME} <{EMAIL}> {seconds} +0000"
    above = f"parent {parent}\n" if parent else ""
    content = f"tree {EMPTY_TREE}\n{above}author {who}\ncommitter {who}\n\n{message}"
    return git.text(git.run("hash-object", "-t", "commit", "-w", "--stdin", at=git_dir, stdin=content.encode()))


def read(git_dir: Path, oids: Sequence[str], limit: int) -> dict[str, Note]:
    """Each of these objects; those of more than `limit` bytes are not read."""
    if not oids:
        return {}
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    told = git.text(git.run("cat-file", "--batch-check", at=git_dir, stdin=asked)).splitlines()
    words = [line.split() for line in told]
    fit = [word[0] for word in words if word[1:2] == ["commit"] and int(word[2]) <= limit]
    contents = _contents(git_dir, fit)
    return {oid: _note(oid, contents.get(oid)) for oid in oids}


def chain(git_dir: Path, tip: str, after: str, limit: int) -> list[Note]:
    """The commits that lead to `tip` and not to `after` ("" = nowhere), oldest first, whatever they are."""
    words = ["rev-list", "--topo-order", "--reverse", tip, *([f"^{after}"] if after else [])]
    code, out, _ = git.heard(*words, at=git_dir)
    if code != 0:
        raise WorldError(
            f"the history of {tip[:12]} cannot be read", f"{git_dir} is only a copy: remove it, then run again."
        )
    oids = git.text(out).split()
    notes = read(git_dir, oids, limit)
    return [notes[oid] for oid in oids]


def _contents(git_dir: Path, oids: Sequence[str]) -> dict[str, bytes]:
    said = git.run("cat-file", "--batch", at=git_dir, stdin="".join(f"{oid}\n" for oid in oids).encode())
    found, at = {}, 0
    for oid in oids:
        end = said.index(b"\n", at)
        size = int(said[at:end].split()[2])
        found[oid] = said[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _note(oid: str, content: bytes | None) -> Note:
    head, _, body = (content or b"").partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    parents = tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))
    if lines[0] != f"tree {EMPTY_TREE}":
        return Note(oid=oid, parents=parents)
    try:
        return Note(oid=oid, parents=parents, message=body.decode("ascii"))
    except UnicodeDecodeError:
        return Note(oid=oid, parents=parents)
