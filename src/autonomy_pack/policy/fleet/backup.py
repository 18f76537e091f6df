"""What the files of a plan held before it was carried out, and the steps back to exactly that. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from autonomy_pack.model import value
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import PATH, sha256
from autonomy_pack.policy.fleet.steps import Act, Found, Step

VERSION = 1
_OURS = re.compile(r"\.github/.+|GNUmakefile|[Mm]akefile|Makefile\.autonomy|" + re.escape(older.MARKER))
"""Where files of a kit can be: a backup is a file like any other, and has no say about the rest of a repository."""


@value
class Backup:
    """`repository`: its name; `tree`: git's name of all that its newest commit held, "" = none; `at`: when.

    `files`: path → text, None = there was none; the lock is one of them. `left`: path → the hash of what the plan was
    to leave there.
    """

    repository: str
    tree: str
    at: str
    files: Mapping[str, str | None]
    left: Mapping[str, str]

    @classmethod
    def of(cls, found: Found, steps: Iterable[Step], *, repository: str, tree: str, at: str) -> Backup:
        """What the files of a plan hold before it; one that the plan leaves alone and nobody read is not in it."""
        there = {**({older.MARKER: f"{found.older}\n"} if found.older else {}), **found.files}
        known = [step for step in steps if step.path not in found.unread and step.path not in found.odd]
        ours = sorted((step for step in known if _OURS.fullmatch(step.path)), key=lambda step: step.path)
        files = {step.path: there.get(step.path) for step in ours}
        left = {step.path: sha256(step.text) for step in ours if step.changes and step.act is not Act.REMOVE}
        return cls(repository=repository, tree=tree, at=at, files=files, left=left)


def written(backup: Backup) -> str:
    """The backup as a file."""
    told = {"version": VERSION, "repository": backup.repository, "tree": backup.tree, "at": backup.at}
    return json.dumps({**told, "files": dict(backup.files), "left": dict(backup.left)}, indent=2) + "\n"


def read(data: Mapping[str, Any]) -> Backup:
    """The backup that a document says which fits its schema; ValueError for a path that no kit can have."""
    wrong = sorted(
        path for path in data["files"] if not _OURS.fullmatch(path) or {"..", ".", ""} & set(path.split("/"))
    )
    if wrong:
        raise ValueError(wrong[0])
    return Backup(**{key: data[key] for key in ("repository", "tree", "at", "files", "left")})


def plan_back(backup: Backup, found: Found) -> tuple[Step, ...]:
    """The steps back to what the backup holds, in order of their paths. What somebody edited since is named and goes
    back too; what a later release brought goes when nobody edited it."""
    locked = found.lock.files if found.lock else {}
    steps = [_back(path, was, backup, found) for path, was in backup.files.items()]
    later = [_later(path, found) for path in locked if path not in backup.files]
    return tuple(sorted([*steps, *later], key=lambda step: step.path))


def _back(path: str, was: str | None, backup: Backup, found: Found) -> Step:
    mine = found.files.get(path)
    if path in found.odd:
        return Step(act=Act.KEEP, path=path, why=found.odd[path])
    if mine == was:
        return Step(act=Act.SAME, path=path, why="it is as the backup has it")
    since = "" if mine is None or _is_ours(path, mine, backup, found) else "; it was edited since"
    if was is None:
        return Step(act=Act.REMOVE, path=path, why=f"there was none{since}")
    return Step(act=Act.UPDATE if mine is not None else Act.WRITE, path=path, why=f"as it was{since}", text=was)


def _later(path: str, found: Found) -> Step:
    mine = found.files.get(path)
    if mine is not None and mine == found.bases.get(path):
        return Step(act=Act.REMOVE, path=path, why="it came after the backup, and nobody changed it")
    return Step(act=Act.KEEP, path=path, why="the backup does not know it")


def _is_ours(path: str, mine: str, backup: Backup, found: Found) -> bool:
    """Whether what is there is what the pack wrote, then or since."""
    lock = found.lock.files.get(path) if found.lock else None
    since = (lock.upstream_sha256, lock.written_sha256) if lock else ()
    return path == PATH or sha256(mine) in (backup.left.get(path), *since)
