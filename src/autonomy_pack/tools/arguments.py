"""What the steps' arguments have in common: shapes of their schemas, the files they mean, how many there must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined, NotThere, Refused
from autonomy_pack.errors import PackError, UsageError

_PLACE = {"type": "string", "pattern": r"^\{\{ *[a-z][a-z0-9_]* *\}\}$"}


def text(meaning: str, *, empty: bool = True) -> dict[str, Any]:
    """The schema of a text."""
    return {"description": meaning, "type": "string"} | ({} if empty else {"minLength": 1})


def or_place(schema: Mapping[str, Any], meaning: str) -> dict[str, Any]:
    """The schema of a value that may also be one whole `{{ place }}`, until the mission is filled."""
    return {"description": meaning, "anyOf": [schema, _PLACE]}


def texts(meaning: str, one: str) -> dict[str, Any]:
    """The schema of a text or a list of texts."""
    item = text(one, empty=False)
    return {
        "description": meaning,
        "anyOf": [{"type": "array", "minItems": 1, "items": item}, {"type": "string", "minLength": 1}],
    }


def arguments(name: str, short: str, required: list[str], **shapes: Any) -> dict[str, Any]:
    """The schema of a step's arguments: these and no others."""
    return {
        "title": f"arguments of {name}",
        "description": f"Arguments of {name}: {short}",
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": shapes,
    }


FILES = texts('One glob or a list of them, such as "src/**/*.py"', 'A glob such as "src/**/*.py"')
_NUMBER = {"type": "integer", "minimum": 0}
COUNT = {
    "description": "How many there must be: {min: 1, max: 20}",
    "title": "bounds",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "min": or_place(_NUMBER, "The least that is right, 0 or more"),
        "max": or_place(_NUMBER, "The most that is right, 0 or more"),
    },
}


_PATH = {
    "type": "array",
    "minItems": 1,
    "items": {"description": "A key, or a position from 0 in a list", "type": ["string", "integer"]},
}
EDITS = {
    "description": "A list of {path: [a, b], value: 1} or {path: [a, b], delete: true}",
    "type": "array",
    "minItems": 1,
    "items": {
        "title": "keys of an edit",
        "description": "An edit: {path: [a, b], value: 1} or {path: [a, b], delete: true}",
        "type": "object",
        "additionalProperties": False,
        "required": ["path"],
        "properties": {
            "path": or_place(_PATH, "The keys and positions that lead to the value, as a list"),
            "value": {"description": "The new value"},
            "delete": {"description": "True, to remove the entry", "const": True},
        },
    },
}


def listed(given: str | list[str]) -> list[str]:
    """A text or a list of texts, as a list."""
    return [given] if isinstance(given, str) else list(given)


def counted(number: int, given: Mapping[str, Any], noun: str) -> str:
    """The number with its noun; UsageError when `count` (by default at least 1) does not allow it."""
    bounds = given.get("count", {})
    least, most = bounds.get("min", 1), bounds.get("max")
    said = f"{number} {noun}{'' if number == 1 else 's'}"
    if number < least:
        raise UsageError(f"{said} found, fewer than {least}", "Look at what is searched for and at `files`.")
    if most is not None and number > most:
        raise UsageError(f"{said} found, more than {most}", "Narrow what is searched for or `files`, or raise `count`.")
    return said


def edited(given: Mapping[str, Any], folder: str, change: Callable[[str], str]) -> str:
    """Change the text of every file that `files` means; a sentence, after `count` was held against how many changed.

    A file that `unless` is found in is left alone.
    """
    unless = expression(given["unless"]) if "unless" in given else None
    place = Confined(folder)

    def guarded(text: str) -> str:
        return text if unless and unless.search(text) else change(text)

    changed = [path for path in place.glob(listed(given["files"])) if edit(place, path, guarded)]
    return f"{counted(len(changed), given, 'file')} changed{named(changed)}"


def edit(place: Confined, path: str, change: Callable[[str], str]) -> bool:
    """Change one file's text; whether anything changed. Errors name the file."""
    try:
        return place.edit(path, change)
    except PackError as error:
        if isinstance(error, Refused | NotThere):
            raise
        raise UsageError(f"{path}: {error.says}", error.fix) from error


def expression(pattern: str) -> re.Pattern[str]:
    """The regular expression, compiled; UsageError when it cannot be."""
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"this regular expression does not compile: {error}: {pattern}", "Mend it.") from error


def named(paths: list[str]) -> str:
    """The first of the paths, in words."""
    more = f" and {len(paths) - 20} more" if len(paths) > 20 else ""
    return f": {', '.join(paths[:20])}{more}" if paths else ""
