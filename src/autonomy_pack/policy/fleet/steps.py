"""What a plan is made of: what is wanted, what was found, and the steps between. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from autonomy_pack.model import value
from autonomy_pack.policy.fleet.lock import Kind, Lock, Locked, sha256


class Act(StrEnum):
    """What is done with a file."""

    WRITE = "write"
    UPDATE = "update"
    MERGE = "merge"
    REMOVE = "remove"
    SAME = "same"
    KEEP = "keep"
    CONFLICT = "conflict"


YOURS = "it is yours"
"""Why a file stays that is a person's from the start: nobody has to be told."""
_CHANGES = frozenset({Act.WRITE, Act.UPDATE, Act.MERGE, Act.REMOVE})


@value
class Wanted:
    """A file as the kit has it; of kind LINE, `text` is the line (without its end) that the file should hold."""

    text: str
    kind: Kind = Kind.FILE


@value
class Step:
    """What is done with one file and why; `text` is all that it holds afterwards, "" where nothing is written."""

    act: Act
    path: str
    why: str
    text: str = ""

    @property
    def changes(self) -> bool:
        """Whether it writes or removes."""
        return self.act in _CHANGES


@value
class Merged:
    """What came of merging: `text`, or `why` it cannot be used."""

    text: str = ""
    why: str = ""


Merge = Callable[[str, str, str, str], Merged]
"""(path, base, mine, theirs) → a person's file and a new release's, put together from what both came from."""


@value
class Found:
    """What a repository has of the kit's files: their texts by path, and why a file that is there was not read (`odd`).

    `bases`: the text that the release rendered which a file's lock names, only where its hash is the lock's. `unread`:
    paths that are there, and all that is known of their texts is that they are neither what is wanted nor the base.
    `older`: what the older pack's marker says, "" = there is none; `files` has what is there of `older.EVERY` too.
    """

    files: Mapping[str, str]
    odd: Mapping[str, str]
    bases: Mapping[str, str]
    lock: Lock | None = None
    unread: frozenset[str] = frozenset()
    older: str = ""


def put_in(want: Wanted, lock: Locked | None, *, force: bool) -> bool:
    """Whether a line was put in before: from then on it is a person's to take out."""
    return lock is not None and same(want, lock) and not force


def same(want: Wanted, lock: Locked) -> bool:
    """Whether the pack did not change a file since the lock."""
    return sha256(want.text) == lock.upstream_sha256
