"""Insert text at the top of files, below their shebang, or before or after a line that a pattern finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import COUNT, FILES, arguments, edited, expression, text

risk = Risk.LOW
mutates = True
schema = arguments(
    "insert",
    "{files, text, at}",
    ["files", "text"],
    files=FILES,
    text=text("The text to insert"),
    at={
        "description": "Where: top, after_shebang, before or after (before and after need match)",
        "enum": ["top", "after_shebang", "before", "after"],
    },
    match=text("A regular expression; the line of its first find is where before and after insert"),
    prefix=text('What to put before each line of the text, such as "# "'),
    unless=text("A regular expression; a file in which it is found is left alone"),
    count=COUNT,
)

# What must stay first: a shebang, and a coding line (PEP 263) in one of the first two lines.
_FIRST = re.compile(r"(#!.*(?:\n|\Z))?([ \t\f]*#.*?coding[:=][ \t]*[-\w.]+.*(?:\n|\Z))?")


def run(given: Mapping[str, Any], folder: str) -> str:
    """`count` is about the files changed; a file without a `match` is left alone."""
    at = given.get("at", "top")
    if at in ("before", "after") and "match" not in given:
        raise UsageError(f"insert {at} needs match", "Add `match:` with a regular expression that finds the line.")
    pattern, new = expression(given.get("match", "")), _lines(given)

    def change(old: str) -> str:
        place = _position(old, at, pattern)
        if place is None:
            return old
        before, after = old[:place], old[place:]
        return before + ("\n" if before and not before.endswith("\n") else "") + new + after

    return edited(given, folder, change)


def _position(old: str, at: str, pattern: re.Pattern[str]) -> int | None:
    """Where in the text the new lines begin; None when there is no place for them."""
    if at == "top":
        return 0
    if at == "after_shebang":
        first = _FIRST.match(old)
        return first.end() if first else 0
    found = pattern.search(old)
    if not found:
        return None
    if at == "before":
        return old.rfind("\n", 0, found.start()) + 1
    end = old.find("\n", max(found.start(), found.end() - 1))
    return len(old) if end < 0 else end + 1


def _lines(given: Mapping[str, Any]) -> str:
    """Whole lines, each behind the prefix; an empty line gets the prefix without its trailing spaces."""
    prefix = given.get("prefix", "")
    lines = [f"{prefix}{line}" if line else prefix.rstrip() for line in given["text"].removesuffix("\n").split("\n")]
    return "\n".join(lines) + "\n"
