"""Where in a YAML or JSON text each value stands, so that one can be changed and every other byte left alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import value

_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_FIX = "Mend the file by hand first; nothing in it was changed."


@value
class Entry:
    """A value in a mapping (by its key) or a list (by its position); `start` is where its key or dash begins."""

    key: str | int
    start: int
    node: Node


@value
class Node:
    """text[start:end] is the value. `kind`: mapping, list or scalar; `style`: of a scalar, its quote ("" if none)."""

    kind: str
    start: int
    end: int
    flow: bool = True
    style: str = ""
    entries: tuple[Entry, ...] = ()

    def entry(self, key: str | int) -> Entry | None:
        """The entry of that key or position."""
        wanted = key if self.kind == "list" else str(key)
        return next((entry for entry in self.entries if entry.key == wanted), None)


def yaml_root(text: str) -> Node:
    """The one document of a YAML text; UsageError when it is none, or empty."""
    import io

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # A keyword "pure" keeps the positions exact; the C scanner counts bytes.
        root = YAML(typ="rt", pure=True).compose(io.StringIO(text))
    except (YAMLError, RecursionError, ValueError) as error:
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise UsageError(f"this is not YAML: {problem}", _FIX) from error
    if root is None:
        raise UsageError("the file holds no YAML document", "Write the file as a whole instead.")
    return _yaml_node(text, root)


def _yaml_node(text: str, node: Any) -> Node:
    start, end = node.start_mark.index, node.end_mark.index
    if node.id == "scalar":
        return Node(kind="scalar", start=start, end=end, style=node.style or "")
    pairs = node.value if node.id == "mapping" else [(None, item) for item in node.value]
    entries = tuple(_yaml_entry(text, place, key, item) for place, (key, item) in enumerate(pairs))
    kind = "mapping" if node.id == "mapping" else "list"
    if not node.flow_style and entries:
        end = max(entry.node.end for entry in entries)
    return Node(kind=kind, start=start, end=end, flow=bool(node.flow_style), entries=entries)


def _yaml_entry(text: str, place: int, key: Any, item: Any) -> Entry:
    node = _yaml_node(text, item)
    if node.style in ("|", ">"):
        shown = text[node.start : node.end].rstrip()
        node = Node(kind="scalar", start=node.start, end=node.start + len(shown), style=node.style)
    if key is None:
        return Entry(key=place, start=node.start, node=node)
    if node.start == node.end:  # nothing is there: it would stand behind the colon
        place = text.index(":", key.end_mark.index) + 1
        node = Node(kind="scalar", start=place, end=place)
    return Entry(key=str(key.value), start=key.start_mark.index, node=node)


def json_root(text: str) -> Node:
    """The value of a JSON text; UsageError when it is none."""
    try:
        json.loads(text)
        return _json_node(text, _after_space(text, 0))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is not JSON: {error}", _FIX) from error


def _json_node(text: str, start: int) -> Node:
    sign = text[start]
    if sign == '"':
        return Node(kind="scalar", start=start, end=scanstring(text, start + 1)[1], style='"')
    if sign not in "{[":
        found = _WORD.match(text, start)
        return Node(kind="scalar", start=start, end=found.end() if found else start + 1)
    entries = tuple(_json_entries(text, start, mapping=sign == "{"))
    end = text.index("}" if sign == "{" else "]", entries[-1].node.end if entries else start) + 1
    return Node(kind="mapping" if sign == "{" else "list", start=start, end=end, entries=entries)


def _json_entries(text: str, start: int, *, mapping: bool) -> Iterator[Entry]:
    place, number = _after_space(text, start + 1), 0
    while text[place] not in "}]":
        begin, key = place, number
        if mapping:
            name, place = scanstring(text, place + 1)
            place = _after_space(text, _after_space(text, place) + 1)
        node = _json_node(text, place)
        yield Entry(key=name if mapping else key, start=begin, node=node)
        place, number = _after_space(text, node.end), number + 1
        if text[place] == ",":
            place = _after_space(text, place + 1)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
