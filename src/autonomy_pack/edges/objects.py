"""Reading a change from git objects: trees, blobs and commits of two exact commits, never the text of a patch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.edges import git, heeded
from autonomy_pack.edges.heeded import Heed
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Change, FileChange, Line

_MIB = 1024 * 1024
_BLOB_CAP = 4 * _MIB
_TOTAL_CAP = 64 * _MIB
_SNIFF = 8000
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~+-]{0,250}")
_FETCH = "Fetch it (`git fetch --unshallow`, or `git fetch origin <commit>`), then run the same command."


def read_change(git_dir: Path, base: str, head: str, heed: Heed = heeded.nothing) -> Change:
    """What lies between two commits, given by id or name; `base` and `head` of the result are full ids.

    Files of more than 4 MiB, and all beyond 64 MiB in sum, are not read and count as binary. WorldError when a commit
    or an object of the change is not in the repository: what cannot be read is never an empty change. `heed` is asked
    between files, and while git reads; what it raises ends it.
    """
    base_id, _ = _commit(git_dir, base, "base")
    head_id, content = _commit(git_dir, head, "head")
    header, _, message = content.partition(b"\n\n")
    lines = header.decode("ascii", "replace").split("\n")
    return Change(
        base=base_id,
        head=head_id,
        tree=lines[0].removeprefix("tree "),
        files=_files(git_dir, base_id, head_id, heed),
        message=message.decode("utf-8", "surrogateescape"),
        parents=tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent ")),
    )


def reader(git_dir: Path) -> ReadBlob:
    """A function that gives the bytes of a blob, or of a tree, by object id; WorldError when it is missing."""

    @lru_cache(maxsize=256)
    def read(oid: str) -> bytes:
        return _objects(git_dir, [oid])[oid]

    return read


def _commit(git_dir: Path, revision: str, role: str) -> tuple[str, bytes]:
    if not _REVISION.fullmatch(revision):
        raise WorldError(f"the {role} {revision[:60]!r} is no commit", "Give a commit id or a branch name.")
    said = git.run("cat-file", "--batch", at=git_dir, stdin=f"{revision}^{{commit}}\n".encode())
    line, _, content = said.partition(b"\n")
    words = line.split()
    if len(words) != 3 or words[1] != b"commit":
        raise WorldError(f"the {role} commit {revision} is not in this repository", _FETCH)
    return words[0].decode(), content[: int(words[2])]


def _files(git_dir: Path, base: str, head: str, heed: Heed) -> tuple[FileChange, ...]:
    words = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index")
    raw = git.run(*words, base, head, at=git_dir, heed=heed)
    parts = raw.split(b"\0")[:-1]
    entries = list(zip(parts[::2], parts[1::2], strict=True))
    files = [_entry(meta.decode("ascii"), path) for meta, path in entries]
    blobs = _blobs(git_dir, files, heed)
    return tuple(_with_content(file, blobs) for file in heeding(files, heed))


def heeding(files: Iterable[FileChange], heed: Heed) -> Iterator[FileChange]:
    """The same files, with a look before each at whether the work may go on."""
    for file in files:
        heed()
        yield file


def _entry(meta: str, path: bytes) -> FileChange:
    """One `:MODE MODE OID OID STATUS` line of diff-tree."""
    old_mode, mode, old_oid, oid, status = meta.removeprefix(":").split()
    return FileChange(
        path=path.decode("utf-8", "surrogateescape"),
        status=status[:1],
        old_mode=old_mode,
        mode=mode,
        old_oid=old_oid,
        oid=oid,
    )


def _is_file(mode: str) -> bool:
    return mode.startswith("100")


def _is_blob(mode: str) -> bool:
    return mode.startswith(("100", "120"))


def _blobs(git_dir: Path, files: Sequence[FileChange], heed: Heed) -> dict[str, tuple[int, bytes | None]]:
    """Object id → (size, content, or None when it is not read) of every blob on either side."""
    sides = [(f.mode, f.oid) for f in files] + [(f.old_mode, f.old_oid) for f in files]
    oids = list(dict.fromkeys(oid for mode, oid in sides if _is_blob(mode)))
    sizes = _sizes(git_dir, oids, heed)
    wanted, total = [], 0
    for oid in oids:
        if sizes[oid] <= _BLOB_CAP and total + sizes[oid] <= _TOTAL_CAP:
            wanted.append(oid)
            total += sizes[oid]
    contents = _objects(git_dir, wanted, heed)
    return {oid: (sizes[oid], contents.get(oid)) for oid in oids}


def _sizes(git_dir: Path, oids: Sequence[str], heed: Heed) -> dict[str, int]:
    if not oids:
        return {}
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    said = git.run("cat-file", "--batch-check", at=git_dir, stdin=asked, heed=heed)
    sizes = {}
    for oid, line in zip(oids, said.decode("ascii", "replace").splitlines(), strict=True):
        words = line.split()
        if len(words) != 3 or words[1] != "blob":
            raise WorldError(f"object {oid} of the change is not in this repository", _FETCH)
        sizes[oid] = int(words[2])
    return sizes


def _objects(git_dir: Path, oids: Sequence[str], heed: Heed = heeded.nothing) -> dict[str, bytes]:
    if not oids:
        return {}
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    said = git.run("cat-file", "--batch", at=git_dir, stdin=asked, heed=heed)
    found, at = {}, 0
    for oid in oids:
        end = said.find(b"\n", at)
        words = said[at:end].split()
        if end < 0 or len(words) != 3:
            raise WorldError(f"object {oid} is not in this repository", _FETCH)
        size = int(words[2])
        found[oid] = said[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _with_content(file: FileChange, blobs: Mapping[str, tuple[int, bytes | None]]) -> FileChange:
    """The file with its size, whether it is binary, and the lines it gains and loses."""
    size, new = blobs[file.oid] if _is_blob(file.mode) else (0, b"")
    old = blobs[file.old_oid][1] if _is_file(file.old_mode) else b""
    text = new if _is_file(file.mode) else b""
    binary = text is None or _is_binary(text) or (not text and old is not None and _is_binary(old))
    gained, lost = ((), 0) if binary else _difference(old or b"", text or b"")
    return FileChange(
        path=file.path,
        status=file.status,
        old_mode=file.old_mode,
        mode=file.mode,
        old_oid=file.old_oid,
        oid=file.oid,
        size=size,
        binary=binary,
        added=len(gained),
        removed=lost,
        added_lines=gained,
    )


def _is_binary(content: bytes) -> bool:
    return b"\0" in content


def _difference(old: bytes, new: bytes) -> tuple[tuple[Line, ...], int]:
    """The lines new has more of than old, and how many it has fewer of; a line that only moved is neither.

    Linear: common ends are cut off, the rest is compared as bags of lines.
    """
    before, after = _lines(old), _lines(new)
    start = _common(before, after)
    end = _common(reversed(before[start:]), reversed(after[start:]))
    gone = Counter(before[start : len(before) - end])
    gained = []
    for number, line in enumerate(after[start : len(after) - end], start + 1):
        if gone[line] > 0:
            gone[line] -= 1
        else:
            gained.append(Line(number=number, text=line.decode("utf-8", "surrogateescape")))
    return tuple(gained), sum(gone.values())


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _common(one: Iterable[bytes], other: Iterable[bytes]) -> int:
    """How many lines two texts have in common from where they begin."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
