"""List the files of the tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import takes, texts

description = (
    "List the files of the tree that any of the globs matches; * stays inside a name, ** is any depth. Without globs, "
    "all files. A long list is cut, and folders are counted instead."
)
risk = Risk.LOW
mutates = False
schema = takes([], files=texts("Globs such as src/**/*.py", "A glob"))

_MOST, _FOLDERS = 400, 40


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """A path a line, at most 400; then how many are in which folder."""
    place = Confined(desk.work)
    wanted: Sequence[str] = arguments.get("files", ())
    found = place.glob(wanted) if wanted else [*place.below()]
    if not found:
        return "No file matches."
    shown = "\n".join(found[:_MOST])
    return shown if len(found) <= _MOST else f"{shown}\n{_counted(found)}"


def _counted(found: Sequence[str]) -> str:
    """What a list that is too long holds, by folder."""
    folders = Counter("/".join(path.split("/")[:-1][:2]) or "." for path in found)
    lines = [f"{count:8} in {folder}" for folder, count in folders.most_common(_FOLDERS)]
    more = f"\n… and {len(folders) - _FOLDERS} more folders" if len(folders) > _FOLDERS else ""
    return f"[the first {_MOST} of {len(found)} files; narrow the globs]\n" + "\n".join(lines) + more
