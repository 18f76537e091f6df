"""Find a regular expression in the files of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import search
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import number, takes, text, texts, yes_no

description = (
    "Find a regular expression in the text files of the tree. Shows path:line: text of each line it is found in. Give "
    "globs in `files` to look only there, such as src/**/*.py."
)
risk = Risk.LOW
mutates = False
schema = takes(
    ["pattern"],
    pattern=text("A regular expression; put \\ before a sign to take it as it is"),
    files=texts("Globs of the files to look in; without them, all", "A glob such as src/**/*.py"),
    ignore_case=yes_no("Whether upper and lower case are the same"),
    limit=number("How many matches to show at most; without it, 100"),
)

_MOST = 500


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """A line for each match, at most 500."""
    pattern = arguments["pattern"]
    found = search.search(
        desk.work,
        pattern,
        patterns=arguments.get("files", ()),
        most=min(arguments.get("limit", 100), _MOST),
        ignore_case=arguments.get("ignore_case", False),
    )
    if not found.matches:
        return f"Nothing found for {pattern!r}{f'; {found.cut}' if found.cut else ''}."
    lines = [f"{match.path}:{match.line}: {match.text}" for match in found.matches]
    return "\n".join([*lines, f"[{found.cut}: narrow the pattern or `files`]"] if found.cut else lines)
