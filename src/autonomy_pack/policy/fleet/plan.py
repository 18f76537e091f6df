"""One plan for one repository: what is there, what should be there, and the steps between. Pure; nothing is written.

Install, sync and uninstall apply it, `--dry-run` and verify print it; uninstall wants nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from autonomy_pack.model import value
from autonomy_pack.policy.fleet.lock import PATH, Inputs, Kind, Lock, Locked, sha256, written


class Act(StrEnum):
    """What is done with a file."""

    WRITE = "write"
    UPDATE = "update"
    MERGE = "merge"
    REMOVE = "remove"
    SAME = "same"
    KEEP = "keep"
    CONFLICT = "conflict"


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
    """

    files: Mapping[str, str]
    odd: Mapping[str, str]
    bases: Mapping[str, str]
    lock: Lock | None = None
    unread: frozenset[str] = frozenset()


_UNREAD = "\0"
"""Stands for a text that is none of ours."""


def plan(
    wanted: Mapping[str, Wanted], inputs: Inputs | None, found: Found, merge: Merge, *, force: bool = False
) -> tuple[Step, ...]:
    """The steps from `found` to `wanted`, in order of their paths, the lock's last; without `inputs` the lock goes too.

    A person's lines are never lost: an edited file is merged, or left and named. `force` writes again what a person
    removed and takes over files of our names that somebody else wrote; an edited one of ours it merges like any other.
    ValueError when a file was not read that `to_read` names.
    """
    missing = to_read(wanted, found, force=force)
    if missing:
        raise ValueError(f"a plan needs the texts of {sorted(missing)}")
    locked = found.lock.files if found.lock else {}
    steps = [
        _step(path, wanted.get(path), locked.get(path), found, merge, force=force)
        for path in sorted({*wanted, *locked})
    ]
    entries = {step.path: _entry(step, wanted.get(step.path), locked.get(step.path), inputs) for step in steps}
    files = {path: entry for path, entry in entries.items() if entry is not None}
    lock = Lock(inputs=inputs, files=files, previous=_previous(inputs, found.lock)) if inputs else None
    return (*steps, *_lock_step(lock, found))


def _previous(inputs: Inputs, before: Lock | None) -> Inputs | None:
    """The inputs before the last change of them, for the way back."""
    if before is None or before.inputs == inputs:
        return before.previous if before else None
    return before.inputs


def to_read(wanted: Mapping[str, Wanted], found: Found, *, force: bool = False) -> frozenset[str]:
    """The unread files without whose texts no plan can be made; any other text changes nothing in it."""
    locked = found.lock.files if found.lock else {}
    return frozenset(
        path for path in found.unread - set(found.odd) if _matters(wanted.get(path), locked.get(path), force=force)
    )


def _matters(want: Wanted | None, lock: Locked | None, *, force: bool) -> bool:
    """Whether what is done depends on more of a text than that it is neither what is wanted nor the base."""
    kind = want.kind if want else lock.kind if lock else Kind.FILE
    if kind is Kind.LINE:
        return want is None or not _put_in(want, lock, force=force)
    return kind is Kind.FILE and want is not None and lock is not None and not _same(want, lock)


def _put_in(want: Wanted, lock: Locked | None, *, force: bool) -> bool:
    """Whether the line was put in before: from then on it is a person's to take out."""
    return lock is not None and _same(want, lock) and not force


def _same(want: Wanted, lock: Locked) -> bool:
    """Whether the pack did not change it since the lock."""
    return sha256(want.text) == lock.upstream_sha256


def _step(path: str, want: Wanted | None, lock: Locked | None, found: Found, merge: Merge, *, force: bool) -> Step:
    if path in found.odd:
        return Step(act=Act.KEEP, path=path, why=found.odd[path])
    mine = found.files.get(path, _UNREAD if path in found.unread else None)
    kind = want.kind if want else lock.kind if lock else Kind.FILE
    if kind is Kind.LINE:
        return _line(path, mine, want, lock, force=force)
    if want is None:
        return _gone(path, mine, found.bases.get(path))
    if mine is None:
        return _missing(path, want, lock, force=force)
    if mine == want.text:
        return Step(act=Act.SAME, path=path, why="it is as it should be")
    if kind is Kind.SEED:
        return Step(act=Act.KEEP, path=path, why="it is yours")
    if lock is None:
        return _foreign(path, want, force=force)
    return _changed(path, mine, want, lock, found.bases.get(path), merge)


def _gone(path: str, mine: str | None, base: str | None) -> Step:
    """A lock is a file like any other: what it names goes only where our own templates gave exactly that."""
    if mine is None:
        return Step(act=Act.SAME, path=path, why="it is not there any more")
    if mine == base:
        return Step(act=Act.REMOVE, path=path, why="the pack wrote it and nobody changed it")
    return Step(act=Act.KEEP, path=path, why="it was edited here: remove it by hand when nobody needs it")


def _missing(path: str, want: Wanted, lock: Locked | None, *, force: bool) -> Step:
    if lock is None:
        return Step(act=Act.WRITE, path=path, why="it is new", text=want.text)
    if force:
        return Step(act=Act.WRITE, path=path, why="it was removed here, and --force writes it again", text=want.text)
    return Step(act=Act.KEEP, path=path, why="it was removed here: --force writes it again")


def _foreign(path: str, want: Wanted, *, force: bool) -> Step:
    if force:
        return Step(act=Act.UPDATE, path=path, why="it was not ours, and --force takes it over", text=want.text)
    return Step(act=Act.KEEP, path=path, why="it is not ours: --force takes it over")


def _changed(path: str, mine: str, want: Wanted, lock: Locked, base: str | None, merge: Merge) -> Step:
    if sha256(mine) == lock.upstream_sha256:
        return Step(act=Act.UPDATE, path=path, why="the pack changed it, and nobody here", text=want.text)
    if _same(want, lock):
        return Step(act=Act.KEEP, path=path, why="it was edited here, and the pack did not change it")
    if base is None:
        return Step(act=Act.CONFLICT, path=path, why="it was edited here, and what it was made from is not known")
    merged = merge(path, base, mine, want.text)
    if merged.why:
        return Step(act=Act.CONFLICT, path=path, why=merged.why)
    if merged.text == mine:
        return Step(act=Act.SAME, path=path, why="what the pack changed is in it already", text=mine)
    return Step(act=Act.MERGE, path=path, why="it was edited here: the pack's change goes into it", text=merged.text)


def _line(path: str, mine: str | None, want: Wanted | None, lock: Locked | None, *, force: bool) -> Step:
    """One line of ours at the end of a person's file; taken out again, the file is byte for byte what it was."""
    if want is None:
        return _without_line(path, mine or "", lock)
    if mine is None and lock is not None and not force:
        return Step(act=Act.KEEP, path=path, why="it was removed here: --force writes it again")
    if mine is not None and _put_in(want, lock, force=force):
        return Step(act=Act.SAME, path=path, why="our line was put in; --force does it again where it was taken out")
    if mine is None:
        return Step(act=Act.WRITE, path=path, why="there is none", text=f"{want.text}\n")
    if want.text in mine.split("\n"):
        return Step(act=Act.SAME, path=path, why="our line is in it")
    # A file without a newline at its end has none afterwards either: so the line can be taken out without a trace.
    text = f"{mine}{want.text}\n" if mine.endswith("\n") else f"{mine}\n{want.text}"
    return Step(act=Act.UPDATE, path=path, why="our line goes at its end", text=text)


def _without_line(path: str, mine: str, lock: Locked | None) -> Step:
    ours = [line for line in mine.split("\n") if lock is not None and sha256(line) == lock.upstream_sha256]
    if not ours:
        return Step(act=Act.SAME, path=path, why="nothing of ours is in it")
    if mine == f"{ours[0]}\n":
        return Step(act=Act.REMOVE, path=path, why="our line is all that is in it")
    text = mine.removesuffix(f"\n{ours[0]}") if mine.endswith(f"\n{ours[0]}") else _cut(mine, f"{ours[0]}\n")
    return Step(act=Act.UPDATE, path=path, why="our line is taken out", text=text)


def _cut(text: str, line: str) -> str:
    return "".join(one for one in text.splitlines(keepends=True) if one != line)


def _entry(step: Step, want: Wanted | None, before: Locked | None, inputs: Inputs | None) -> Locked | None:
    """What the lock says of a file afterwards: one that was not brought up to date stays at what it came from."""
    if want is None or inputs is None or step.act in (Act.KEEP, Act.CONFLICT):
        return before if inputs is not None and step.act in (Act.KEEP, Act.CONFLICT) else None
    ours = sha256(want.text)
    whole = ours if want.kind is Kind.LINE or not step.text else sha256(step.text)
    return Locked(kind=want.kind, upstream_sha256=ours, written_sha256=whole, inputs=inputs)


def _lock_step(lock: Lock | None, found: Found) -> tuple[Step, ...]:
    if PATH in found.odd:
        return (Step(act=Act.KEEP, path=PATH, why=found.odd[PATH]),)
    if lock is None:
        gone = Step(act=Act.REMOVE, path=PATH, why="nothing is installed any more")
        return (gone,) if PATH in found.files else ()
    if lock == found.lock:
        return (Step(act=Act.SAME, path=PATH, why="it is as it should be"),)
    act = Act.UPDATE if PATH in found.files else Act.WRITE
    return (Step(act=act, path=PATH, why="it says what is installed", text=written(lock)),)
