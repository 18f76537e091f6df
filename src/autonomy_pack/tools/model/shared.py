"""What the tools of a model have in common: shapes of their schemas, and texts with line numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Desk

OUTPUT = "@output/"
_LINE = 2000


def takes(required: Sequence[str], **shapes: Any) -> dict[str, Any]:
    """The schema of a call's arguments: these and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": shapes,
    }


def text(meaning: str, *, empty: bool = False) -> dict[str, Any]:
    """The schema of a text."""
    return {"description": meaning, "type": "string"} | ({} if empty else {"minLength": 1})


def number(meaning: str) -> dict[str, Any]:
    """The schema of a whole number from 1."""
    return {"description": meaning, "type": "integer", "minimum": 1}


def texts(meaning: str, one: str) -> dict[str, Any]:
    """The schema of a list of texts."""
    return {"description": meaning, "type": "array", "minItems": 1, "items": text(one)}


def yes_no(meaning: str) -> dict[str, Any]:
    """The schema of true or false."""
    return {"description": meaning, "type": "boolean"}


def content(desk: Desk, path: str) -> str:
    """The text of a file of the tree, or of a kept output; Refused, NotThere or UsageError when there is none."""
    kept = path.startswith(OUTPUT)
    data = Confined(desk.outputs if kept else desk.work).read(path.removeprefix(OUTPUT) if kept else path)
    if b"\0" in data[:8192]:
        raise UsageError(f"{path} is a binary file of {len(data)} bytes", "Look at text files only.")
    return data.decode("utf-8", "replace")


def keep(desk: Desk, said: str) -> str:
    """Keep a text that is too long to be told; the path that `read` takes for it, "" when the disk is full."""
    to = free_place(desk)
    try:
        to.write_text(said, "utf-8", "backslashreplace")
    except OSError:
        return ""
    return f"{OUTPUT}{to.name}"


def free_place(desk: Desk) -> Path:
    """Where the next kept output goes."""
    folder = Path(desk.outputs)
    return folder / f"{sum(1 for _ in folder.iterdir()) + 1}.txt"


def numbered(lines: Sequence[str], first: int = 1) -> str:
    """The lines, each behind its number; what is beyond 2,000 characters of a line is left out."""
    return "\n".join(f"{at:6}\t{_cut(line)}" for at, line in enumerate(lines, start=first))


def _cut(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[:_LINE]}… {len(line) - _LINE} more characters"
