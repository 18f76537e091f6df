"""Paths as every file system and every eye may read them, and globs over such paths; shared by the guards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from autonomy_pack.edges.sanitize import invisible

_ANY = "\0"
# Characters that look like others and are not made so by Unicode's own compatibility mapping.
_LOOKALIKES = {
    "a": "аɑα", "b": "вьƅɓβ", "c": "сϲⲥꮯ", "d": "ԁđɗժ", "e": "еєɛε℮", "f": "ƒք", "g": "ɡɠցԍ", "h": "һհħнʜ",
    "i": "іɩιıӏɪ", "j": "јϳյ", "k": "кκƙĸ", "l": "ⅼłɭʟ", "m": "мɱ", "n": "пոռɲην", "o": "оοօσøⲟᴏ", "p": "рρƥⲣ",
    "q": "ԛգ", "r": "гɾᴦ", "s": "ѕʂꜱ", "t": "тτŧƭ", "u": "υսʋᴜ", "v": "ѵᴠ", "w": "ԝшωɯᴡ", "x": "хχ", "y": "уүƴγʏ",
    "z": "ʐᴢ", "-": "‐‑‒–—―−", "/": "⁄∕⧸", ".": "․‚。", "_": "‗", "~": "∼˜", ":": "∶։",
}  # fmt: skip
_AS_SEEN = {ord(other): char for char, others in _LOOKALIKES.items() for other in others}
_MAY_PASS = 2


@lru_cache(maxsize=4096)
def seen(path: str) -> str:
    """The path as a careless file system or eye reads it, lower-case.

    Compatibility forms, accents, invisible characters, trailing dots and spaces, stream names and backslashes are
    undone. In a part with at most two characters left that are not ASCII, these stand for any character.
    """
    if path.isascii():
        plain = path.lower()
    else:
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", path).casefold())
        hidden = frozenset(invisible(folded))
        marks = (char for char in folded if char not in hidden and unicodedata.category(char) != "Mn")
        plain = "".join(marks).translate(_AS_SEEN)
    return "/".join(_part(part) for part in plain.replace("\\", "/").split("/"))


def _part(part: str) -> str:
    part = part.partition(":")[0].rstrip(". ") if part.strip(". ") else part
    strange = [char for char in part if not char.isascii()]
    if 0 < len(strange) <= _MAY_PASS:
        return "".join(char if char.isascii() else _ANY for char in part)
    return part


def globs(text: str) -> tuple[str, ...]:
    """The globs of a table, written with spaces between them."""
    return tuple(text.split())


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether the path, as seen, matches any glob.

    `**` crosses folders, `*` and `?` do not; a glob without `/` means that name anywhere; `folder/**` also means the
    folder itself, and whatever would take the place of a folder on the way to it.
    """
    plain = seen(path)
    return _compiled(tuple(patterns), _ANY in plain).fullmatch(plain) is not None


@cache
def _compiled(patterns: tuple[str, ...], doubtful: bool) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_regex(glob, doubtful)})" for glob in patterns) or r"(?!)", re.DOTALL)


def _regex(glob: str, doubtful: bool) -> str:
    name = glob.lower().strip("/")
    anchored = name if "/" in name or glob.startswith("/") else f"**/{name}"
    folders = [anchored[: at.start()] for at in re.finditer("/", anchored)]
    plain = [folder for folder in folders if not re.search(r"[*?]", folder)]
    return "|".join(_translated(pattern, doubtful) for pattern in (anchored, *plain))


_WILD = {"**/": "(?:.*/)?", "/**/": "/(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "/": "/"}


def _translated(pattern: str, doubtful: bool) -> str:
    """A regular expression; where a path has doubtful characters, each letter also matches those."""
    parts = re.findall(r"^\*\*/|/\*\*/|/\*\*$|\*\*|.", pattern, re.DOTALL)
    return "".join(_WILD.get(part) or (f"[{re.escape(part)}{_ANY}]" if doubtful else re.escape(part)) for part in parts)
