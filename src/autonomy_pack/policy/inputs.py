"""Typed values for a mission's inputs, and its steps with those values in their places. Values are data, nothing else.

A value is put in once and never read again as a template; in the mission's own regular expressions it stands for
itself; as a program's argument it may not begin with a sign that makes it an option.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Finding, Input, Mission, Risk, Step

_PLACE = re.compile(r"(?<!\$)\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_NO_RESPONSE = "_no response_"
_YES = ("true", "yes", "on")
_NO = ("false", "no", "off")
_PATTERNS = ("match", "unless")
_MAX = 64 * 1024

_Escape = Callable[[str], str]


class _Unfit(Exception):
    """Why a value cannot be used, and what to give instead."""


def fill(mission: Mission, fields: Mapping[str, str], given: Mapping[str, str]) -> tuple[Step, ...]:
    """The mission's steps with every `{{ input }}` replaced: by `given` (--input k=v), else the form field, else the
    default. Raises UsageError (exit 2) with the first problem.
    """
    found = problems(mission, fields, given)
    if found:
        raise UsageError(found[0].says, found[0].fix)
    values, _ = _values(mission, fields, given)
    return tuple(_filled_step(step, values) for step in mission.steps)


def problems(mission: Mission, fields: Mapping[str, str], given: Mapping[str, str]) -> list[Finding]:
    """Every reason why the mission's inputs cannot be filled from these; none when they can."""
    values, found = _values(mission, fields, given)
    if not found:
        found = [finding for step in mission.steps for finding in _options(mission, step, values)]
    return found


def _values(
    mission: Mission, fields: Mapping[str, str], given: Mapping[str, str]
) -> tuple[dict[str, Any], list[Finding]]:
    found = [_unknown(mission, name) for name in given if name not in {known.name for known in mission.inputs}]
    by_heading = {_heading(name): text for name, text in fields.items()}
    values: dict[str, Any] = {}
    for declared in mission.inputs:
        try:
            values[declared.name] = _value(declared, by_heading, given)
        except _Unfit as unfit:
            found.append(_finding(mission, *unfit.args))
    return values, found


def _value(declared: Input, fields: Mapping[str, str], given: Mapping[str, str]) -> Any:
    if declared.name in given:
        return _typed(declared, given[declared.name])
    text = fields.get(_heading(declared.field), "").strip() if declared.field else ""
    if text and text.casefold() != _NO_RESPONSE:
        return _typed(declared, text)
    if declared.required:
        place = f'the field "{declared.field}" of the issue or ' if declared.field else ""
        raise _Unfit(f'the input "{declared.name}" is missing', f"Give {place}--input {declared.name}=….")
    if declared.default is None:
        return None
    return declared.values.get(declared.default, declared.default) if declared.type == "choice" else declared.default


def _typed(declared: Input, text: str) -> Any:
    if "\0" in text or len(text) > _MAX:
        raise _Unfit(f'the input "{declared.name}" is no usable text', f"Give plain text of up to {_MAX} characters.")
    return _READERS[declared.type](declared, text)


def _whole(declared: Input, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()):
        raise _Unfit(f'the input "{declared.name}" is not a whole number: {_shown(text)}', "Give digits only.")
    return int(text)


def _flag(declared: Input, text: str) -> bool:
    word = text.strip().casefold()
    if word in _YES or word.startswith("- [x]"):
        return True
    if word in _NO or word.startswith("- [ ]"):
        return False
    raise _Unfit(f'the input "{declared.name}" is neither true nor false: {_shown(text)}', "Give true or false.")


def _items(_: Input, text: str) -> list[str]:
    lines = text.strip().splitlines()
    parts = lines if len(lines) > 1 else text.split(",")
    items = [re.sub(r"^[-*+][ \t]+", "", part.strip()).strip().strip("`") for part in parts]
    return [item for item in items if item]


def _choice(declared: Input, text: str) -> Any:
    word = text.strip()
    if word not in declared.choices:
        says = f'the input "{declared.name}" is none of its choices: {_shown(text)}'
        raise _Unfit(says, f"{_nearest(word, declared.choices)}The choices are {', '.join(declared.choices)}.")
    return declared.values.get(word, word)


_READERS: Mapping[str, Callable[[Input, str], Any]] = {
    "string": lambda _, text: text,
    "int": _whole,
    "bool": _flag,
    "list": _items,
    "choice": _choice,
}


def _filled_step(step: Step, values: Mapping[str, Any]) -> Step:
    if isinstance(step.arguments, tuple):
        return Step(tool=step.tool, arguments=tuple(_filled_list(step.arguments, values)))
    regex = _filled(step.arguments.get("regex", False), values) is True
    own = regex and not _PLACE.fullmatch(str(step.arguments.get("find", "")).strip())
    filled = {key: _filled(item, values, _escape(key, own)) for key, item in step.arguments.items()}
    return Step(tool=step.tool, arguments={key: item for key, item in filled.items() if item is not None})


def _escape(key: str, own_regex: bool) -> _Escape:
    """How a value is made to stand for itself inside this argument's text."""
    if key in _PATTERNS or (own_regex and key == "find"):
        return re.escape
    return (lambda text: text.replace("\\", r"\\")) if own_regex and key == "with" else str


def _filled(item: Any, values: Mapping[str, Any], escape: _Escape = str) -> Any:
    if isinstance(item, Mapping):
        filled = {key: _filled(inner, values, escape) for key, inner in item.items()}
        return {key: inner for key, inner in filled.items() if inner is not None or item[key] is None}
    if isinstance(item, list | tuple):
        return _filled_list(item, values, escape)
    if not isinstance(item, str):
        return item
    whole = _PLACE.fullmatch(item.strip())
    if whole and not (escape is not str and isinstance(values[whole[1]], str)):
        return values[whole[1]]
    return _PLACE.sub(lambda place: escape(_text(values[place[1]])), item)


def _filled_list(items: Any, values: Mapping[str, Any], escape: _Escape = str) -> list[Any]:
    """A list's items; an item that is one whole place of a list becomes that list's items, an absent one nothing."""
    filled: list[Any] = []
    for item in items:
        new = _filled(item, values, escape)
        filled += (
            new
            if isinstance(new, list) and isinstance(item, str)
            else []
            if new is None and item is not None
            else [new]
        )
    return filled


def _text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, list):
        return ", ".join(item)
    return "" if item is None else str(item)


def _options(mission: Mission, step: Step, values: Mapping[str, Any]) -> list[Finding]:
    """A finding for each value that would become an option of a program; the mission's own words may be options."""
    if not isinstance(step.arguments, tuple):
        return []
    outside = {declared.name for declared in mission.inputs if not declared.values}
    found = []
    for place in filter(None, map(_PLACE.match, step.arguments)):
        given = values[place[1]] if place[1] in outside else None
        if any(_text(one).startswith("-") for one in (given if isinstance(given, list) else [given])):
            says = f'the input "{place[1]}" would become an option of {step.arguments[0]}: {_shown(_text(given))}'
            found.append(_finding(mission, says, "Give a value that does not begin with a minus sign."))
    return found


def _unknown(mission: Mission, name: str) -> Finding:
    names = [declared.name for declared in mission.inputs]
    known = f"The inputs are {', '.join(names)}." if names else "It takes none."
    return _finding(mission, f'mission {mission.name} has no input "{name}"', _nearest(name, names) + known)


def _nearest(word: str, words: Any) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f'did you mean "{near[0]}"? ' if near else ""


def _finding(mission: Mission, says: str, fix: str) -> Finding:
    return Finding(rule="input", risk=Risk.MEDIUM, says=says, fix=fix, where=mission.source)


def _heading(text: str) -> str:
    return " ".join(text.split()).casefold()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}…")
