"""File names that mean something else on another system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.errors import WorldError
from autonomy_pack.guards.paths import seen
from autonomy_pack.model import Change, Finding, Risk, Rules

_SHORT_NAME = re.compile(r"[^/.]{1,6}~[0-9]{1,4}(?:\.[^/.]{0,3})?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(?:\..*)?")
_FIX = "Choose a plain name: letters, digits, `.`, `-` and `_`."

Entries = dict[bytes, tuple[bytes, str]]


def names(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Names that are unsafe on some system, and names that differ only in case: high. Unportable ones: medium."""
    del rules
    listing = _lister(read, len(change.head) // 2)
    for file in change.files:
        if file.status == "D":
            continue
        reason, risk = _fault(file.path)
        if not reason and file.status == "A":
            reason, risk = _collision(file.path, change.tree, listing), Risk.HIGH
        if reason:
            says = f"the name {file.path!a} {reason}"
            yield Finding(rule="names", risk=risk, says=says, fix=_FIX, where=file.path)


def _fault(path: str) -> tuple[str, Risk]:
    for part in path.split("/"):
        if reason := next((reason for reason, test in _UNSAFE if test(part)), ""):
            return reason, Risk.HIGH
    for part in path.split("/"):
        if reason := next((reason for reason, test in _UNPORTABLE if test(part)), ""):
            return reason, Risk.MEDIUM
    return "", Risk.LOW


def _is_git(part: str) -> bool:
    return seen(part) in (".git", "git~1") or seen(part).strip(". ") == ".git"


_UNSAFE: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("has an empty part", lambda part: not part),
    ("climbs", lambda part: part in (".", "..")),
    ("holds a backslash", lambda part: "\\" in part),
    ("stands for .git on some system", _is_git),
    ("holds bytes that are not UTF-8", lambda part: any("\ud800" <= char <= "\udfff" for char in part)),
    ("holds control characters", lambda part: any(unicodedata.category(char) == "Cc" for char in part)),
    ("ends with a dot or a space", lambda part: part[-1:] in (".", " ")),
    ("begins with a space", lambda part: part[:1].isspace()),
    ("is a short name of another file on Windows", lambda part: bool(_SHORT_NAME.fullmatch(part))),
    ("names a stream on Windows", lambda part: ":" in part and "$" in part),
    ("is longer than 255 bytes", lambda part: len(part.encode("utf-8", "surrogateescape")) > 255),
)
_UNPORTABLE: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cannot exist on Windows", lambda part: any(char in '<>:"|?*' for char in part)),
    ("is a device on Windows", lambda part: bool(_DEVICE.fullmatch(part.lower()))),
    ("begins with a dash, like an option", lambda part: part.startswith("-")),
)


def _collision(path: str, tree: str, listing: Callable[[str], Entries]) -> str:
    """Why a part of the path and another name of its folder are one file on some system; "" if there is none."""
    for part in path.encode("utf-8", "surrogateescape").split(b"/"):
        entries = listing(tree)
        if part not in entries:
            raise WorldError(f"the tree {tree} does not hold what the change says", "Look at it with `git ls-tree`.")
        alike = [name for name in _by_sameness(tuple(entries))[_same(part)] if name != part]
        if alike:
            return f"is the same as {_text(alike[0])!a} where case or form of letters does not count"
        tree = entries[part][1]
    return ""


@lru_cache(maxsize=64)
def _by_sameness(names: tuple[bytes, ...]) -> dict[str, list[bytes]]:
    """The names of a folder, those together that are one file on some system; a folder is asked once per file in it."""
    found: dict[str, list[bytes]] = {}
    for name in names:
        found.setdefault(_same(name), []).append(name)
    return found


def _lister(read: ReadBlob, oid_bytes: int) -> Callable[[str], Entries]:
    @cache
    def listing(tree: str) -> Entries:
        found: Entries = {}
        for mode, name, oid in _entries(read(tree), oid_bytes):
            if name in found or b"/" in name:
                raise WorldError(f"the tree {tree} is damaged: {name!a}", "Look at it with `git fsck`.")
            found[name] = (mode, oid)
        return found

    return listing


def _entries(content: bytes, oid_bytes: int) -> Iterator[tuple[bytes, bytes, str]]:
    """(mode, name, object id) of each entry of a tree object."""
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        yield mode, name, content[end + 1 : end + 1 + oid_bytes].hex()
        at = end + 1 + oid_bytes


def _same(name: bytes) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _text(name)).casefold())


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
