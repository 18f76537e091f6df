"""Files: whole or not at all, durable when asked, and errors that say what to do."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autonomy_pack.errors import WorldError

_ADVICE = {
    errno.ENOSPC: "The disk is full: free some space, then run the same command again; nothing was lost.",
    errno.EDQUOT: "The disk quota is used up: free some space, then run the same command again; nothing was lost.",
    errno.EROFS: "The file system is read-only: remount it writable or work on a copy elsewhere.",
    errno.EACCES: "Give this user permission for that path, or run as the user who owns it.",
    errno.EPERM: "Give this user permission for that path, or run as the user who owns it.",
}


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an OSError inside into a WorldError that says what was being done and what to do about it."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "Mend what the message names, then run the same command again.")
        raise WorldError(f"{doing}: {error.strerror or error}", advice) from error


def sha256(data: bytes) -> str:
    """The hex sha256 of these bytes."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: str | bytes, *, durable: bool = True) -> None:
    """Replace a file as a whole: readers see the old content or the new, also after a crash. WorldError on failure."""
    content = data.encode() if isinstance(data, str) else data
    with explained(f"writing {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def read(path: Path, *, limit: int = 16 * 1024 * 1024) -> bytes:
    """The bytes of a file; WorldError when it cannot be read or has more than `limit` bytes."""
    with explained(f"reading {path}"), path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise WorldError(f"reading {path}: it has more than {limit} bytes", "Make the file smaller, or move it away.")
    return content


def read_plain(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a file that others may have put there; b"" when there is none, or it is no plain file.

    A link is not followed, and a pipe is not waited for.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return b""
    with os.fdopen(handle, "rb") as file:
        return file.read(limit)


def temporary(prefix: str, *, within: Path | None = None) -> Path:
    """A new empty folder for things that are thrown away; the caller removes it."""
    with explained("making a temporary folder"):
        return Path(tempfile.mkdtemp(prefix=prefix, dir=within))


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, also what somebody made unwritable, however deep; fine if it is gone.

    By chmod and rm: a tree may be deeper than Python can follow.
    """
    if not folder.exists():
        return
    for words in (["chmod", "-R", "u+rwX", "--", str(folder)], ["rm", "-rf", "--", str(folder)]):
        subprocess.run(words, env={"PATH": os.defpath}, capture_output=True, check=False)
    if folder.exists():
        raise WorldError(f"{folder} cannot be removed", "Remove it by hand.")


class Journal:
    """An append-only file whose every line is on disk before `add` returns."""

    def __init__(self, path: Path) -> None:
        with explained(f"opening {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._path = path

    def add(self, line: str) -> None:
        """Append one line (its newline is added here)."""
        with explained(f"writing {self._path}"):
            os.write(self._handle, line.encode() + b"\n")
            os.fdatasync(self._handle) if hasattr(os, "fdatasync") else os.fsync(self._handle)

    def close(self) -> None:
        """No more lines."""
        os.close(self._handle)
