"""Objects from elsewhere: taken in strictly, and given on as a pack that holds what was judged and no more."""

from __future__ import annotations

import re
from pathlib import Path

from autonomy_pack.edges import git
from autonomy_pack.errors import WorldError

LARGEST = 20 * 1000 * 1000
_WHO = rb"(?P<who>Autonomy Pack \([a-z0-9-]{1,40}\) <[a-z0-9-]{1,40}@autonomy\.invalid>) [0-9]{1,12} [+-][0-9]{4}"
_COMMIT = re.compile(
    rb"tree (?P<tree>[0-9a-f]{40,64})\nparent (?P<parent>[0-9a-f]{40,64})\n"
    rb"author " + _WHO + rb"\ncommitter (?P=who) [0-9]{1,12} [+-][0-9]{4}\n\n(?P<message>.*)",
    re.DOTALL,
)


def fresh(git_dir: Path) -> None:
    """A new bare repository without templates, hooks or remotes; large objects never go through memory."""
    git.run("init", "-q", "--bare", "--template=", git_dir, at=git_dir)
    git.run("config", "core.bigFileThreshold", "1m", at=git_dir)


def of_bundle(content: bytes) -> bytes:
    """The pack in a bundle: a bundle is a header, an empty line and a pack. WorldError when it is none."""
    header, end, pack = content.partition(b"\n\n")
    if not header.startswith(b"# v2 git bundle\n") or not end or not pack.startswith(b"PACK"):
        raise WorldError("the change is not a git bundle", "Run the task again: `/autonomy retry`.")
    return pack


def take_in(pack: bytes, git_dir: Path) -> None:
    """Add the objects of a pack, each strictly checked; no ref moves. WorldError when one is broken or missing."""
    size = f"--max-input-size={LARGEST}"
    git.run("index-pack", "--strict", "--fix-thin", "--stdin", size, at=git_dir, stdin=pack)


def made_of(git_dir: Path, base: str, head: str) -> bytes:
    """A pack of every object that `head` has and `base` has not, written anew."""
    words = ("pack-objects", "-q", "--stdout", "--revs", "--no-reuse-delta", "--no-reuse-object", "--window=0")
    return git.run(*words, at=git_dir, stdin=f"{head}\n^{base}\n".encode())


def message_of(git_dir: Path, head: str) -> str:
    """The message of a commit."""
    return git.run("cat-file", "commit", head, at=git_dir).partition(b"\n\n")[2].decode("utf-8", "replace")


def need_ours(git_dir: Path, head: str, *, base: str, tree: str, author: str, message: str) -> None:
    """WorldError unless `head` is byte for byte the commit we would make of that tree on that base, whenever made."""
    fix = "Run the task again: `/autonomy retry`."
    found = _COMMIT.fullmatch(git.run("cat-file", "commit", head, at=git_dir))
    if not found:
        raise WorldError("the commit is not of the shape we make", fix)
    said = (found["tree"], found["parent"], found["who"], found["message"])
    for what, is_, ought in zip(
        ("tree", "parent", "author", "message"), said, (tree, base, author, message), strict=True
    ):
        if is_ != ought.encode():
            raise WorldError(f"the commit has another {what} than was claimed", fix)
