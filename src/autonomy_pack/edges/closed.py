"""Closed shapes of JSON: what fits is known to the last key. Pure, and fast enough for every request of an agent.

A shape is plain data: a type (str, int, float, bool, dict for any object) · a set of the values allowed · [shape], a
list of those · {"key": shape, "key?": shape}, an object with these keys and no others, where `?` may be absent or null
· ANY · Either(shapes) · Kind({word: shape}), an object told by the word under its key `type`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Check = Callable[[Any], str]
"""A value → "" when it fits; else where in it and why it does not: `.messages[3].role 'x' is not allowed`."""

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "an object"}


def ANY(_value: Any) -> str:  # noqa: N802  (it stands in shapes like a constant)
    """Whatever it is: data that nobody acts on."""
    return ""


class Either:
    """One of several shapes; of a misfit the last one's reason is told."""

    def __init__(self, *shapes: Any) -> None:
        self._checks = [closed(shape) for shape in shapes]

    def __call__(self, value: Any) -> str:
        told = ""
        for check in self._checks:
            told = check(value)
            if not told:
                return ""
        return told


class Kind:
    """An object whose `key` says which shape it has; with a `default` the key may be absent. The key is no part of
    the shapes."""

    def __init__(self, shapes: Mapping[str, Mapping[str, Any]], *, key: str = "type", default: str = "") -> None:
        mark = "?" if default else ""
        self._checks = {word: closed({f"{key}{mark}": {word}, **shape}) for word, shape in shapes.items()}
        self._key, self._default = key, default

    def __call__(self, value: Any) -> str:
        if not isinstance(value, dict):
            return " is not an object"
        word = value.get(self._key) or self._default
        check = self._checks.get(word) if isinstance(word, str) else None
        return check(value) if check else f".{self._key} {_shown(word)} is not allowed"


def closed(shape: Any) -> Check:
    """The check of that shape."""
    if isinstance(shape, type):
        return _type(shape)
    if isinstance(shape, frozenset | set):
        return _one_of(frozenset(shape))
    if isinstance(shape, list):
        return _list(closed(shape[0]))
    if isinstance(shape, Mapping):
        return _object(shape)
    check: Check = shape
    return check


def _type(wanted: type) -> Check:
    kinds = (int, float) if wanted is float else wanted
    told = f" is not {_NAMES[wanted]}"

    def check(value: Any) -> str:
        return "" if isinstance(value, kinds) and (wanted is bool or not isinstance(value, bool)) else told

    return check


def _one_of(words: frozenset[Any]) -> Check:
    def check(value: Any) -> str:
        fits = any(value is word or (type(value) is type(word) and value == word) for word in words)
        return "" if fits else f" {_shown(value)} is not allowed"

    return check


def _list(inner: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list):
            return " is not a list"
        for number, item in enumerate(value):
            if told := inner(item):
                return f"[{number}]{told}"
        return ""

    return check


def _object(shape: Mapping[str, Any]) -> Check:
    known = {key.removesuffix("?"): closed(inner) for key, inner in shape.items()}
    optional = frozenset(key[:-1] for key in shape if key.endswith("?"))
    required = [key for key in known if key not in optional]

    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return " is not an object"
        for key, item in value.items():
            inner = known.get(key)
            if inner is None:
                return f".{key[:60]} is not allowed"
            if (item is not None or key not in optional) and (told := inner(item)):
                return f".{key}{told}"
        return next((f".{key} is missing" for key in required if key not in value), "")

    return check


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def deeper(value: Any, levels: int) -> bool:
    """Whether it nests objects and lists more than that many levels deep, told without going that deep itself."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [part for item in layer for part in _parts(item)]
    return bool(layer)


# A text of JSON, or the rest of one that never ends.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def has_more_parts(json: bytes, most: int) -> bool:
    """Whether a text of JSON makes up more than so many objects, lists and entries, told before any of it is built."""
    if _marks(json, 0, len(json)) <= most:
        return False
    found = end = 0
    for number, text in enumerate(_TEXT.finditer(json)):
        found += _marks(json, end, text.start())
        end = text.end()
        if found > most or number > 2 * most + 1:  # so many texts have a mark for every two of them, or are no JSON
            return True
    return found + _marks(json, end, len(json)) > most


def _marks(json: bytes, start: int, end: int) -> int:
    """Each part has a mark of its own before it; marks inside texts are counted as well."""
    return sum(json.count(mark, start, end) for mark in (b",", b"[", b"{"))


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


MOST_COUNTED = 10**9


def counts(*said: Any) -> list[int] | None:
    """Numbers as somebody else counted them, what is not said as 0; None when one is no whole number of 0 to 10^9."""
    fit = all(one is None or (type(one) is int and 0 <= one <= MOST_COUNTED) for one in said)
    return [one or 0 for one in said] if fit else None


PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_PICTURE = re.compile("data:(?:" + "|".join(sorted(PICTURES)) + ");base64,", re.ASCII)


def picture(value: Any) -> str:
    """An image as data in the request itself: nobody fetches an address, and no page or minute is priced unseen."""
    return "" if isinstance(value, str) and _PICTURE.match(value) else " is no data: address of an image"
