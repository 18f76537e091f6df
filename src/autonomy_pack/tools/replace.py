"""Replace text, or what a regular expression finds, in every text file that matches; binaries are left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import (
    COUNT,
    FILES,
    arguments,
    counted,
    edit,
    expression,
    listed,
    named,
    or_place,
    text,
)

risk = Risk.LOW
mutates = True
schema = arguments(
    "replace",
    "{find, with, files}",
    ["find", "with"],
    find=text("The text to find, or a regular expression with regex: true", empty=False),
    **{"with": text("The text to put there; with regex: true, \\1 and \\g<name> stand for groups")},
    files=FILES,
    regex=or_place({"type": "boolean"}, "Whether `find` is a regular expression: true or false"),
    count=COUNT,
)


def run(given: Mapping[str, Any], folder: str) -> str:
    """Replace everywhere; `count` is about the replacements, over all files."""
    place, substitute = Confined(folder), _substitution(given)
    numbers: list[int] = []

    def change(old: str) -> str:
        new, number = substitute(old)
        numbers.append(number)
        return new

    changed = [path for path in place.glob(listed(given.get("files", "**/*"))) if edit(place, path, change)]
    said = counted(sum(numbers), given, "replacement")
    return f"{said} in {len(changed)} file{'' if len(changed) == 1 else 's'}{named(changed)}"


def _substitution(given: Mapping[str, Any]) -> Callable[[str], tuple[str, int]]:
    """text → (new text, how many replacements)."""
    find, new = given["find"], given["with"]
    if given.get("regex") is not True:
        return lambda old: (old.replace(find, new), old.count(find))
    pattern = expression(find)

    def substitute(old: str) -> tuple[str, int]:
        try:
            return pattern.subn(new, old)
        except (re.error, IndexError) as error:
            fix = "Mend `with`: \\1 and \\g<name> stand for groups, \\\\ for a backslash."
            raise UsageError(f"{new!r} cannot be put in for {find!r}: {error}", fix) from error

    return substitute
