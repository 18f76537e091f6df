"""Files below one folder, and none outside it: every name on the way is opened by itself and may not be a link.

Paths are untrusted. Refused are absolute paths, `..`, backslashes, `.git` in any spelling that some file system takes
for it, links anywhere on the way, and everything that is not a plain file.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from autonomy_pack.edges import globs
from autonomy_pack.errors import UsageError, WorldError

MAX_BYTES = 16 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_INVISIBLE = ("Cf", "Cc", "Mn")


class Refused(UsageError):
    """A path that leads out of the folder, or into what is not ours."""


_OURS = frozenset({".autonomy", ".agent-workspace"})


def parts(path: str) -> tuple[str, ...]:
    """The names of a path from the top of the folder; Refused when it could lead elsewhere. Works for globs too."""
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if path.startswith("/") or "\\" in path or "\0" in path or (path[1:2] == ":" and path[0].isalpha()):
        raise Refused(f"the path {path!r} is not a path from the top of the work folder", "Write it as folder/file.")
    if not names or path.endswith("/"):
        raise Refused(f"the path {path!r} names no file", "Write it as folder/file.")
    if ".." in names:
        raise Refused(f'the path {path!r} holds ".."', "Name a path below the work folder.")
    if any(is_git(name) for name in names):
        raise Refused(f"the path {path!r} is inside a .git folder", "Leave git's own files alone.")
    return names


def is_git(name: str) -> bool:
    """Whether some file system takes that name for `.git`: other case, look-alikes, invisible signs, 8.3 names."""
    seen = "".join(sign for sign in name if unicodedata.category(sign) not in _INVISIBLE)
    plain = unicodedata.normalize("NFKC", seen).casefold().partition(":")[0].rstrip(". ")
    return plain == ".git" or (plain.startswith("git~") and plain[4:].isdigit())


class NotThere(WorldError):
    """A path at which there is nothing."""


class Confined:
    """The files below `folder`. Paths are text with slashes, undecodable bytes as surrogates.

    Every method raises Refused for a path that is not allowed, WorldError when the file system says no.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def glob(self, patterns: Sequence[str]) -> list[str]:
        """The plain files that match any of the patterns, sorted; links are neither matched nor followed.

        A pattern with signs never looks into the pack's own folders: the issues lie there, and they are not the code.
        """
        wanted = ["/".join(parts(pattern)) for pattern in patterns]
        plain = {pattern for pattern in wanted if globs.is_plain(pattern) and self._is_file(pattern)}
        wild = [pattern for pattern in wanted if not globs.is_plain(pattern)]
        roots = {globs.root(pattern) for pattern in wild}
        found = {path for root in _outermost(roots) for path in self._below(root) if globs.matches(path, wild)}
        return sorted(plain | found)

    def below(self, folder: str = "") -> Iterator[str]:
        """Every plain file below a folder of the tree, in order, and none of the pack's own; links are passed over."""
        yield from self._below("/".join(parts(folder)) if folder.strip("./") else "")

    def read(self, path: str) -> bytes:
        """The bytes of a plain file of at most 16 MiB."""
        with self._place(path) as (folder, name):
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            with open(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise Refused(f"{path} is not a plain file", "Name a plain file.")
                content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Refused(f"{path} has more than {MAX_BYTES >> 20} MiB", "Leave files of that size out.")
        return content

    def write(self, path: str, content: bytes) -> None:
        """Replace or create a plain file as a whole; its mode stays, folders on the way are made."""
        with self._place(path, make=True) as (folder, name):
            mode = self._mode(path, folder, name)
            temporary = f".{os.urandom(8).hex()}.tmp"
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
            try:
                with open(handle, "wb") as file:
                    file.write(content)
                    os.fchmod(handle, mode)
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)
                raise

    def edit(self, path: str, change: Callable[[str], str]) -> bool:
        """Change a file's text; whether anything changed. Binaries are left alone; line ends and a byte order mark
        stay: `change` sees "\\n" where every line ends with "\\r\\n"."""
        content = self.read(path)
        if b"\0" in content:
            return False
        text = content.decode("utf-8", "surrogateescape")
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        crlf = "\r\n" in text and text.count("\n") == text.count("\r\n")
        old = text.removeprefix(mark).replace("\r\n", "\n") if crlf else text.removeprefix(mark)
        new = change(old)
        if new == old:
            return False
        new = new.replace("\r\n", "\n").replace("\n", "\r\n") if crlf else new
        self.write(path, (mark + new).encode("utf-8", "surrogateescape"))
        return True

    def move(self, old: str, new: str) -> None:
        """Rename a plain file; nothing may be at the new path."""
        with self._place(old) as (folder, name), self._place(new, make=True) as (to_folder, to_name):
            if not stat.S_ISREG(os.lstat(name, dir_fd=folder).st_mode):
                raise Refused(f"{old} is not a plain file", "Name a plain file.")
            if _exists(to_name, to_folder):
                raise Refused(f"there is something at {new} already", "Move to a path where nothing is.")
            os.rename(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder)

    def delete(self, path: str) -> None:
        """Remove a plain file."""
        with self._place(path) as (folder, name):
            if not stat.S_ISREG(os.lstat(name, dir_fd=folder).st_mode):
                raise Refused(f"{path} is not a plain file", "Name a plain file.")
            os.unlink(name, dir_fd=folder)

    @contextmanager
    def _place(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """(open folder, name in it), reached name by name so that no link is followed on the way."""
        *folders, name = parts(path)
        try:
            handle = os.open(self._folder, _FOLDER & ~os.O_NOFOLLOW)
            try:
                for folder in folders:
                    handle = _step(handle, folder, make=make)
                yield handle, name
            finally:
                os.close(handle)
        except UnicodeEncodeError as error:
            raise Refused(f"the path {path!r} cannot be a file's name", "Write it as folder/file.") from error
        except OSError as error:
            raise _explained(path, error) from error

    def _mode(self, path: str, folder: int, name: str) -> int:
        try:
            found = os.lstat(name, dir_fd=folder).st_mode
        except FileNotFoundError:
            return 0o644
        if not stat.S_ISREG(found):
            raise Refused(f"{path} is not a plain file", "Name a plain file, or a path where nothing is.")
        return stat.S_IMODE(found) & 0o777

    def _is_file(self, path: str) -> bool:
        with suppress(NotThere), self._place(path) as (folder, name):
            return stat.S_ISREG(os.lstat(name, dir_fd=folder).st_mode)
        return False

    def _below(self, root: str) -> Iterator[str]:
        """Every plain file below a folder. A link on the way to it is refused; those inside are passed over."""
        prefix = f"{root}/" if root else ""
        with suppress(NotThere), self._place(f"{prefix}*") as (folder, _):
            yield from _files(os.dup(folder), prefix)


def _files(folder: int, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            if entry.is_file(follow_symlinks=False):
                yield prefix + entry.name
            elif entry.is_dir(follow_symlinks=False) and not is_git(entry.name) and entry.name not in _OURS:
                yield from _files(os.open(entry.name, _FOLDER, dir_fd=folder), f"{prefix}{entry.name}/")
    finally:
        os.close(folder)


def _step(handle: int, folder: str, *, make: bool) -> int:
    """The folder inside an open folder; the open one is closed."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(folder, 0o755, dir_fd=handle)
    inner = os.open(folder, _FOLDER, dir_fd=handle)
    os.close(handle)
    return inner


def _exists(name: str, folder: int) -> bool:
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _outermost(roots: set[str]) -> list[str]:
    """Those folders that lie inside no other of them."""
    return [root for root in roots if not any(root != other and _inside(root, other) for other in roots)]


def _inside(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _explained(path: str, error: OSError) -> UsageError | WorldError:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return Refused(f"{path} leads through a link or a file", "Name a path whose folders are real folders.")
    if error.errno == errno.ENOENT:
        return NotThere(f"{path} does not exist", "Name a file that is there.")
    return WorldError(f"{path}: {error.strerror}", "Mend what the message names, then run the same command again.")
