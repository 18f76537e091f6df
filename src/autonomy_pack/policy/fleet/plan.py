"""One plan for one repository: what is there, what should be there, and the steps between. Pure; nothing is written.

Install, sync and uninstall apply it, `--dry-run` and verify print it; uninstall wants nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from autonomy_pack.policy.fleet import line, older
from autonomy_pack.policy.fleet.lock import PATH, Inputs, Kind, Lock, Locked, sha256, written
from autonomy_pack.policy.fleet.steps import YOURS, Act, Found, Merge, Merged, Step, Wanted, put_in, same

__all__ = ["Act", "Found", "Merge", "Merged", "Step", "Wanted", "plan", "to_read"]

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
    paths = sorted({*wanted, *locked})
    steps = [_step(path, wanted.get(path), locked.get(path), found, merge, force=force) for path in paths]
    told = sorted([*steps, *older.kept(steps, wanted, found)], key=lambda step: step.path)
    if PATH in found.odd:  # what no lock can name, nobody could bring up to date or take out
        why = f"nothing is done without {PATH}: {found.odd[PATH]}"
        told = [Step(act=Act.KEEP, path=step.path, why=why) if step.changes else step for step in told]
    entries = {step.path: _entry(step, wanted, found, inputs) for step in told}
    files = {path: entry for path, entry in entries.items() if entry is not None}
    lock = Lock(inputs=inputs, files=files, previous=_previous(inputs, found.lock)) if inputs else None
    return (*told, *_lock_step(lock, found))


def _previous(inputs: Inputs, before: Lock | None) -> Inputs | None:
    """The inputs before the last change of them, for the way back."""
    if before is None or before.inputs == inputs:
        return before.previous if before else None
    return before.inputs


def to_read(wanted: Mapping[str, Wanted], found: Found, *, force: bool = False) -> frozenset[str]:
    """The unread files without whose texts no plan can be made; any other text changes nothing in it."""
    locked = found.lock.files if found.lock else {}
    unread = found.unread - set(found.odd)
    named = {path for path in unread if _matters(wanted.get(path), locked.get(path), force=force)}
    return frozenset(named | (unread & older.deciding(found) if wanted else set()))


def _matters(want: Wanted | None, lock: Locked | None, *, force: bool) -> bool:
    """Whether what is done depends on more of a text than that it is neither what is wanted nor the base."""
    kind = want.kind if want else lock.kind if lock else Kind.FILE
    if kind is Kind.LINE:
        return want is None or not put_in(want, lock, force=force)
    return kind is Kind.FILE and want is not None and lock is not None and not same(want, lock)


def _step(path: str, want: Wanted | None, lock: Locked | None, found: Found, merge: Merge, *, force: bool) -> Step:
    if path in found.odd:
        return Step(act=Act.KEEP, path=path, why=found.odd[path])
    mine = found.files.get(path, _UNREAD if path in found.unread else None)
    kind = want.kind if want else lock.kind if lock else Kind.FILE
    if kind is Kind.LINE:
        return line.step(path, mine, want, found, force=force)
    if want is None:
        return _gone(path, mine, found.bases.get(path))
    if mine is None:
        return _missing(path, want, lock, force=force)
    if mine == want.text:
        return Step(act=Act.SAME, path=path, why="it is as it should be")
    if kind is Kind.SEED:
        return Step(act=Act.KEEP, path=path, why=YOURS)
    if lock is None:
        return _foreign(path, want, found, force=force)
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


def _foreign(path: str, want: Wanted, found: Found, *, force: bool) -> Step:
    if older.is_adopted(path, found):
        return older.adopted(path, want, found)
    if force:
        return Step(act=Act.UPDATE, path=path, why="it was not ours, and --force takes it over", text=want.text)
    nor = ", nor the older pack's" if path in older.ADOPTED else ""
    return Step(act=Act.KEEP, path=path, why=f"it is not ours{nor}: --force takes it over")


def _changed(path: str, mine: str, want: Wanted, lock: Locked, base: str | None, merge: Merge) -> Step:
    if sha256(mine) == lock.upstream_sha256:
        return Step(act=Act.UPDATE, path=path, why="the pack changed it, and nobody here", text=want.text)
    if same(want, lock):
        return Step(act=Act.KEEP, path=path, why="it was edited here, and the pack did not change it")
    if base is None:
        return Step(act=Act.CONFLICT, path=path, why="it was edited here, and what it was made from is not known")
    merged = merge(path, base, mine, want.text)
    if merged.why:
        return Step(act=Act.CONFLICT, path=path, why=merged.why)
    if merged.text == mine:
        return Step(act=Act.SAME, path=path, why="what the pack changed is in it already", text=mine)
    return Step(act=Act.MERGE, path=path, why="it was edited here: the pack's change goes into it", text=merged.text)


def _entry(step: Step, wanted: Mapping[str, Wanted], found: Found, inputs: Inputs | None) -> Locked | None:
    """What the lock says of a file afterwards: one that was not brought up to date stays at what it came from."""
    want, before = wanted.get(step.path), found.lock.files.get(step.path) if found.lock else None
    if want is None or inputs is None or step.act in (Act.KEEP, Act.CONFLICT):
        return before if inputs is not None and step.act in (Act.KEEP, Act.CONFLICT) else None
    ours = sha256(want.text)
    whole = sha256(step.text) if step.text else ours
    if want.kind is Kind.LINE:
        whole = line.written(step, want, before, found)
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
