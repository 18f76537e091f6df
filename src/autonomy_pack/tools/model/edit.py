"""Replace an exact text in a file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import numbered, takes, text, yes_no

description = (
    "Replace an exact text in a file by another. The old text must be in the file exactly once, spaces and line ends "
    "included: take enough lines around it to make it the only one, or say replace_all."
)
risk = Risk.MEDIUM
mutates = True
schema = takes(
    ["path", "old_string", "new_string"],
    path=text("The file's path from the top of the tree"),
    old_string=text("The exact text that is there now, without line numbers"),
    new_string=text("The text to put there", empty=True),
    replace_all=yes_no("Whether to replace it everywhere in the file"),
)

_LOOKED_AT, _AROUND = 20_000, 3


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """How many were replaced; UsageError, with what helps to find the text, when none was."""
    path, old, new = arguments["path"], arguments["old_string"], arguments["new_string"]
    if old == new:
        raise UsageError("old_string and new_string are the same", "Say what is to be changed.")
    place = Confined(desk.work)
    if b"\0" in place.read(path):
        raise UsageError(f"{path} is a binary file", "Edit text files only.")
    lines: list[int] = []
    place.edit(path, _replacement(path, old, new, everywhere=arguments.get("replace_all", False), lines=lines))
    told = f" at lines {', '.join(map(str, lines[:20]))}" if len(lines) > 1 else f" at line {lines[0]}"
    return f"{path}: {len(lines)} replacement{'s' if len(lines) > 1 else ''}{told}"


def _replacement(path: str, old: str, new: str, *, everywhere: bool, lines: list[int]) -> Callable[[str], str]:
    """text → new text; the lines at which it was changed go to `lines`."""

    def change(content: str) -> str:
        lines.extend(_found(content, old))
        if not lines:
            raise UsageError(f"old_string is not in {path}", _nearest(content, old))
        if len(lines) > 1 and not everywhere:
            at = ", ".join(map(str, lines[:20]))
            says = f"old_string is {len(lines)} times in {path}, beginning at lines {at}"
            raise UsageError(says, "Take more lines around the one you mean, or say replace_all.")
        return content.replace(old, new)

    return change


def _found(content: str, old: str) -> list[int]:
    """The line, from 1, of each place the text begins at."""
    found, at, line, counted = [], content.find(old), 1, 0
    while at >= 0:
        line += content.count("\n", counted, at)
        counted = at
        found.append(line)
        at = content.find(old, at + len(old))
    return found


def _nearest(content: str, old: str) -> str:
    """What is there instead, as far as it can be told."""
    lines = content.splitlines()[:_LOOKED_AT]
    wanted = [line.strip() for line in old.strip().splitlines()]
    stripped = [line.strip() for line in lines]
    for at in range(len(lines) - len(wanted) + 1):
        if wanted and stripped[at : at + len(wanted)] == wanted:
            shown = numbered(lines[at : at + len(wanted)], at + 1)
            return f"These lines differ from it in spaces only; take them exactly as they are:\n{shown}"
    near = difflib.get_close_matches(max(wanted, key=len, default=""), stripped, n=1, cutoff=0.5)
    if not near:
        return "No line is like it. Read the file and take the text exactly as it is there."
    at = stripped.index(near[0])
    first = max(0, at - _AROUND)
    return f"The nearest line is {at + 1}; take the text exactly as it is there:\n" + numbered(
        lines[first : at + _AROUND + 1], first + 1
    )
