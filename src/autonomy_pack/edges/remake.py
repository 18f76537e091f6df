"""Commits made by objects, never by merging text: the same change on a base that moved, files set and removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autonomy_pack.edges import clock, git
from autonomy_pack.errors import WorldError
from autonomy_pack.model import FileChange

_GONE = "000000"
_US = (("NAME", "Autonomy Pack"), ("EMAIL", "autonomy@autonomy.invalid"))


class Moved(WorldError):
    """The base moved under a path that the change touches; `path` is one of them."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the base moved under {path}", "The task is queued again and starts from the new base.")
        self.path = path


def remake(git_dir: Path, files: Sequence[FileChange], base: str, head: str, onto: str) -> str:
    """The commit `head` of `base`, made again on commit `onto`: the same message, author and times, onto's tree with
    the change's own entries; its id. The same arguments always give the same commit.

    Moved unless every path of the change has the same mode and object at `onto` as at `base`.
    """
    _need_unmoved(git_dir, files, base, onto)
    index = {"GIT_INDEX_FILE": str(git_dir / f"index-{head}")}
    try:
        git.run("read-tree", onto, at=git_dir, env=index)
        lines = "".join(_line(file) for file in files).encode("utf-8", "surrogateescape")
        git.run("update-index", "-z", "--index-info", at=git_dir, env=index, stdin=lines)
        tree = git.text(git.run("write-tree", at=git_dir, env=index))
    finally:
        (git_dir / f"index-{head}").unlink(missing_ok=True)
    return _committed(git_dir, tree, head, onto)


def committed(git_dir: Path, onto: str, texts: Mapping[str, str], gone: Iterable[str], message: str) -> str:
    """A new commit on `onto` whose files hold these texts, without those that are `gone`; its id.

    Trees are enough: the contents of other files need not be there.
    """
    oids = {
        path: git.text(git.run("hash-object", "-w", "--stdin", at=git_dir, stdin=text.encode()))
        for path, text in texts.items()
    }
    lines = [f"100644 {oid}\t{path}\0" for path, oid in oids.items()] + [f"0 {'0' * 40}\t{path}\0" for path in gone]
    index = {"GIT_INDEX_FILE": str(git_dir / f"index-{onto}")}
    try:
        git.run("read-tree", onto, at=git_dir, env=index)
        git.run("update-index", "-z", "--index-info", at=git_dir, env=index, stdin="".join(lines).encode())
        tree = git.text(git.run("write-tree", "--missing-ok", at=git_dir, env=index))
    finally:
        (git_dir / f"index-{onto}").unlink(missing_ok=True)
    now = clock.now()
    who = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in (*_US, ("DATE", now))}
    return git.text(git.run("commit-tree", tree, "-p", onto, at=git_dir, stdin=message.encode(), env=who))


def tree_of(git_dir: Path, commit: str) -> str:
    """The tree of a commit."""
    return git.text(git.run("rev-parse", "--verify", f"{commit}^{{tree}}", at=git_dir))


def _need_unmoved(git_dir: Path, files: Sequence[FileChange], base: str, onto: str) -> None:
    out = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, onto, at=git_dir)
    moved = set(filter(None, out.decode("utf-8", "surrogateescape").split("\0")))
    above = {folder for path in moved for folder in _folders(path)}
    for file in files:
        # A file where the other side has a folder, or the other way round, is the same place too.
        if file.path in moved or file.path in above or moved.intersection(_folders(file.path)):
            raise Moved(file.path)


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _line(file: FileChange) -> str:
    if file.mode == _GONE:
        return f"0 {'0' * len(file.oid)}\t{file.path}\0"
    return f"{file.mode} {file.oid}\t{file.path}\0"


def _committed(git_dir: Path, tree: str, head: str, onto: str) -> str:
    """A commit like `head`, of another tree and parent."""
    header, _, message = git.run("cat-file", "commit", head, at=git_dir).partition(b"\n\n")
    who: dict[str, str] = {}
    for line in header.decode("utf-8", "surrogateescape").split("\n"):
        role, _, words = line.partition(" ")
        if role in ("author", "committer"):
            person, _, when = words.partition("> ")
            name, _, mail = person.partition(" <")
            for part, text in (("NAME", name), ("EMAIL", mail), ("DATE", when)):
                who[f"GIT_{role.upper()}_{part}"] = text
    return git.text(git.run("commit-tree", tree, "-p", onto, at=git_dir, stdin=message, env=who))
