"""Characters that a person cannot see, or that make text look different from what it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.edges.sanitize import invisible
from autonomy_pack.model import Change, FileChange, Finding, Risk, Rules

# What belongs there: a form feed, the end of a DOS line, and how emoji are put together.
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2190-\u2bff\u3030\u303d\u3297\u3299\u00a9\u00ae#*0-9]")
_JOINERS = "\ufe0f\u200d"
_FIX = "Write the character as an escape (\\u…), or leave it out."


def unicode(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Invisible and bidirectional characters in names, added text and the message: high. Text not in UTF-8: medium."""
    del read, rules
    for file in change.files:
        if file.status != "D" and (found := hidden(file.path)):
            yield _finding(f"the name {file.path!a}", found, file.path)
        yield from _in_lines(file)
    if found := hidden(change.message):
        yield _finding("the commit message", found, "")


def _in_lines(file: FileChange) -> Iterable[Finding]:
    """The first line of a file with hidden characters, and the first that is not UTF-8."""
    for line in file.added_lines:
        text = line.text.removeprefix("\ufeff") if line.number == 1 else line.text
        if found := hidden(text.removesuffix("\r")):
            yield _finding("an added line", found, f"{file.path}:{line.number}")
            break
    foreign = next((line for line in file.added_lines if any("\ud800" <= char <= "\udfff" for char in line.text)), None)
    if foreign:
        says, where = f"{file.path} holds text that is not UTF-8", f"{file.path}:{foreign.number}"
        yield Finding(rule="unicode", risk=Risk.MEDIUM, says=says, fix="Save the file as UTF-8.", where=where)


def hidden(text: str) -> list[str]:
    """The characters of a text that nobody can see and that do not belong there, in order."""
    if text.isascii() and text.isprintable():
        return []
    found = invisible(text.replace("\f", ""))
    return found if not found or not set(found) <= set(_JOINERS) else _misplaced(text)


def _misplaced(text: str) -> list[str]:
    """Joiners and emoji selectors that do not follow, or a joiner that does not lead to, an emoji."""
    wrong = []
    before = ""  # the last character that is no selector
    for at, char in enumerate(text):
        if char not in _JOINERS:
            before = char
            continue
        after = text[at + 1 : at + 2]
        selector = char == "\ufe0f" and text[at - 1 : at] != "\ufe0f"
        if not (_EMOJI.match(before) and (selector or (char == "\u200d" and _EMOJI.match(after)))):
            wrong.append(char)
        if char != "\ufe0f":
            before = char
    return wrong


def _finding(place: str, found: list[str], where: str) -> Finding:
    first = f"U+{ord(found[0]):04X} {unicodedata.name(found[0], '')}".strip()
    says = f"{place} holds {len(found)} invisible character{'s' * (len(found) > 1)}, first {first}"
    return Finding(rule="unicode", risk=Risk.HIGH, says=says, fix=_FIX, where=where)
