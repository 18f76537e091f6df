"""Read a file, or a part of it, with line numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import content, number, numbered, takes, text

description = (
    "Read a text file. Each line is shown behind its number and a tab, which are no part of the file. Long files are "
    "shown in parts: ask for the part you need."
)
risk = Risk.LOW
mutates = False
schema = takes(
    ["path"],
    path=text("The file's path from the top of the tree, or @output/N as a result names it"),
    offset=number("The first line to show, from 1"),
    limit=number("How many lines to show; without it, 400"),
)

_LINES, _CHARACTERS = 400, 32_000


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """The lines asked for, at most 32,000 characters of them, and how many there are."""
    path, first = arguments["path"], arguments.get("offset", 1)
    lines = content(desk, path).splitlines()
    if not lines:
        return f"{path} is empty."
    if first > len(lines):
        raise UsageError(f"{path} has {len(lines)} lines, none is number {first}", "Begin at a line that is there.")
    wanted = lines[first - 1 : first - 1 + min(arguments.get("limit", _LINES), 5000)]
    fitting = _fitting(wanted)
    shown = numbered(wanted[:fitting], first)
    last = first - 1 + fitting
    if first == 1 and last == len(lines):
        return shown
    more = "" if last == len(lines) else f"; offset {last + 1} goes on"
    return f"{shown}\n[lines {first} to {last} of {len(lines)}{more}]"


def _fitting(lines: list[str]) -> int:
    """How many of the lines may be shown, at least one."""
    room = _CHARACTERS
    for count, line in enumerate(lines):
        room -= min(len(line), 2000) + 8
        if room < 0:
            return max(count, 1)
    return len(lines)
