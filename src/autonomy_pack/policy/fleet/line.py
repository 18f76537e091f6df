"""One line of ours in a person's makefile: put in once, theirs to take out, and gone without a trace. Pure."""

from __future__ import annotations

from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import Locked, sha256
from autonomy_pack.policy.fleet.steps import Act, Found, Step, Wanted, put_in, same


def step(path: str, mine: str | None, want: Wanted | None, found: Found, *, force: bool) -> Step:
    """One line of ours at the end of a person's file; taken out again, the file is byte for byte what it was."""
    lock = found.lock.files.get(path) if found.lock else None
    if want is None:
        return _without(path, mine or "", lock, found.bases.get(path))
    if mine is None and lock is not None and not force:
        return Step(act=Act.KEEP, path=path, why="it was removed here: --force writes it again")
    if mine is None:
        return Step(act=Act.WRITE, path=path, why="there is none", text=f"{want.text}\n")
    if put_in(want, lock, force=force):
        return Step(act=Act.SAME, path=path, why="our line was put in; --force does it again where it was taken out")
    if want.text in mine.split("\n"):
        return Step(act=Act.SAME, path=path, why="our line is in it")
    if mine.rstrip("\r\n").endswith("\\"):
        return Step(act=Act.KEEP, path=path, why="its last line goes on in the next: no line is added")
    return _of_others(path, mine, want, lock, found) or _with(path, mine, want)


def _of_others(path: str, mine: str, want: Wanted, lock: Locked | None, found: Found) -> Step | None:
    """No second line where there is one that says the same, nor targets of ours beside a person's of the same names."""
    if _spelled(mine, want.text):
        ours = bool(lock or older.pack(found))
        return Step(act=Act.SAME if ours else Act.KEEP, path=path, why="a line in it does the same")
    if older.has_targets(mine):
        return Step(
            act=Act.KEEP, path=path, why="it has targets of its own that are called autonomy.…: no line is added"
        )
    return None


def _with(path: str, mine: str, want: Wanted) -> Step:
    # A file without a newline at its end has none afterwards either: so the line can be taken out without a trace.
    text = f"{mine}{want.text}\n" if mine.endswith("\n") else f"{mine}\n{want.text}"
    return Step(act=Act.UPDATE, path=path, why="our line goes at its end", text=text)


def _spelled(text: str, line: str) -> str:
    """The line of a makefile that includes the same file as ours, if one does."""
    for one in text.split("\n"):
        words = one.partition("#")[0].split()
        if words and words[0] in ("include", "-include", "sinclude") and words[1:] == line.split()[1:]:
            return one
    return ""


def _without(path: str, mine: str, lock: Locked | None, base: str | None) -> Step:
    """Only our own line goes, or the older pack's that did the same: a lock names lines by their hashes, and nobody
    vouches for it."""
    line = _ours(mine, lock, base)
    if line is None:
        return Step(act=Act.SAME, path=path, why="nothing of ours is in it")
    if mine == f"{line}\n":
        return Step(act=Act.REMOVE, path=path, why="our line is all that is in it")
    text = mine.removesuffix(f"\n{line}") if mine.endswith(f"\n{line}") else _cut(mine, f"{line}\n")
    return Step(act=Act.UPDATE, path=path, why="our line is taken out", text=text)


def _ours(mine: str, lock: Locked | None, base: str | None) -> str | None:
    if lock is None or base is None:
        return None
    if base in mine.split("\n"):
        return base
    other = _spelled(mine, base)
    return other if other and sha256(other) == lock.written_sha256 else None


def _cut(text: str, line: str) -> str:
    return "".join(one for one in text.splitlines(keepends=True) if one != line)


def written(step: Step, want: Wanted, before: Locked | None, found: Found) -> str:
    """The hash of our line, or of one that did the same when we came."""
    if step.changes:
        return sha256(want.text)
    if before is not None and same(want, before):
        return before.written_sha256
    return sha256(_spelled(found.files.get(step.path, ""), want.text) or want.text)
