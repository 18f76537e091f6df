"""How a changed value is written into YAML and JSON: in the manner of what stands around it. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from autonomy_pack.edges import nodes
from autonomy_pack.edges.nodes import Entry, Node

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*|[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9_.+-]*")
_CLEVER = re.compile(r"(?i)true|false|yes|no|on|off|y|n|null|\.inf|\.nan|\.+")


class Form(Protocol):
    """What YAML and JSON do in different ways."""

    def root(self, text: str) -> Node:
        """The text's one value."""

    def is_null(self, source: str) -> bool:
        """Whether that source text means nothing at all."""

    def value(self, text: str, node: Node) -> Any:
        """What the node means."""

    def replace(self, text: str, node: Node, new: Any) -> str:
        """The text with another value for the node."""

    def add(self, text: str, node: Node, key: str | int, new: Any) -> str:
        """The text with one more entry at the end of the node."""

    def remove(self, text: str, node: Node, entry: Entry) -> str:
        """The text without that entry of the node."""


class Json:
    """JSON: new entries stand on lines of their own where their neighbours do."""

    def __init__(self, text: str) -> None:
        indent = re.search(r"\n([ \t]+)", text)
        self._indent = indent[1] if indent else None
        self._escape = "\\u" in text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def root(self, text: str) -> Node:
        return nodes.json_root(text)

    def is_null(self, source: str) -> bool:
        return source == "null"

    def value(self, text: str, node: Node) -> Any:
        return json.loads(text[node.start : node.end])

    def replace(self, text: str, node: Node, new: Any) -> str:
        return text[: node.start] + self._written(new, _margin(text, node.start)) + text[node.end :]

    def add(self, text: str, node: Node, key: str | int, new: Any) -> str:
        if not node.entries:
            return self.replace(text, node, {str(key): new} if node.kind == "mapping" else [new])
        space = _space_before_first(text, node)
        margin = space.rpartition("\n")[2] if "\n" in space else _margin(text, node.start)
        colon = _colon(text, node)
        name = json.dumps(str(key), ensure_ascii=self._escape) + colon if node.kind == "mapping" else ""
        return _added(text, node, name + self._written(new, margin), space, "," + (" " if colon.endswith(" ") else ""))

    def remove(self, text: str, node: Node, entry: Entry) -> str:
        return _removed(text, node, entry)

    def _written(self, new: Any, margin: str) -> str:
        if self._indent is None or not isinstance(new, dict | list):
            return json.dumps(new, ensure_ascii=self._escape)
        written = json.dumps(new, ensure_ascii=self._escape, indent=self._indent)
        return written.replace("\n", self._newline + margin)


class Yaml:
    """YAML: text keeps its kind of quotes, a list its lines; new entries stand below the last one."""

    def root(self, text: str) -> Node:
        return nodes.yaml_root(text)

    def is_null(self, source: str) -> bool:
        return source in ("", "~", "null")

    def value(self, text: str, node: Node) -> Any:
        from ruamel.yaml import YAML

        margin = " " * _column(text, node.start)
        return YAML(typ="safe", pure=True).load(margin + text[node.start : node.end])

    def replace(self, text: str, node: Node, new: Any) -> str:
        if not node.flow and isinstance(new, dict | list) and new:
            return text[: node.start] + _block(new, text, node.start) + text[node.end :]
        head, tail = text[: node.start], text[node.end :]
        if not node.flow and head.rstrip().endswith(":"):
            head = head.rstrip() + " "
        elif node.start == node.end and head and not head[-1].isspace():
            head += " "
        return head + _flow(new, node.style) + tail

    def add(self, text: str, node: Node, key: str | int, new: Any) -> str:
        entry = _flow(new) if node.kind == "list" else f"{_flow(str(key))}: {_flow(new)}"
        if node.flow:
            return _added(text, node, entry, _space_before_first(text, node), ", ")
        first = node.entries[0].start
        column = _column(text, text.rfind("-", 0, first) if node.kind == "list" else first)
        place = _line_end(text, node.end)
        dash = "- " if node.kind == "list" else ""
        return f"{text[:place]}{_newline(text)}{' ' * column}{dash}{entry}{text[place:]}"

    def remove(self, text: str, node: Node, entry: Entry) -> str:
        if node.flow:
            return _removed(text, node, entry)
        if len(node.entries) == 1:
            return self.replace(text, node, {} if node.kind == "mapping" else [])
        begin = text.rfind("\n", 0, entry.start) + 1
        if node.kind == "mapping" and text[begin : entry.start].strip():
            begin, end = entry.start, node.entries[1].start  # the first key behind a dash
        else:
            end = min(len(text), text.find("\n", max(entry.node.end, entry.start)) + 1 or len(text))
        return text[:begin] + text[end:]


def _flow(new: Any, style: str = "") -> str:
    if isinstance(new, dict):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(item)}" for key, item in new.items()) + "}"
    if isinstance(new, list):
        return "[" + ", ".join(map(_flow, new)) + "]"
    if not isinstance(new, str):
        return json.dumps(new)
    if style == "'" and new.isprintable():
        return "'" + new.replace("'", "''") + "'"
    if style != '"' and _PLAIN.fullmatch(new) and not _CLEVER.fullmatch(new):
        return new
    return json.dumps(new, ensure_ascii=not new.isprintable())


def _block(new: Any, text: str, start: int) -> str:
    lines = [f"- {_flow(item)}" for item in new] if isinstance(new, list) else []
    lines = lines or [f"{_flow(str(key))}: {_flow(item)}" for key, item in new.items()]
    return (_newline(text) + " " * _column(text, start)).join(lines)


def _added(text: str, node: Node, entry: str, space: str, comma: str) -> str:
    """One more entry inside brackets."""
    if not node.entries:
        return text[: node.start + 1] + entry + text[node.end - 1 :]
    place = node.entries[-1].node.end
    comma = "," + space if "\n" in space else comma
    return text[:place] + comma + entry + text[place:]


def _removed(text: str, node: Node, entry: Entry) -> str:
    """One entry less inside brackets."""
    number = node.entries.index(entry)
    if len(node.entries) == 1:
        return text[: node.start + 1] + text[node.end - 1 :]
    if number + 1 < len(node.entries):
        return text[: entry.start] + text[node.entries[number + 1].start :]
    return text[: node.entries[number - 1].node.end] + text[entry.node.end :]


def _space_before_first(text: str, node: Node) -> str:
    space = text[node.start + 1 : node.entries[0].start] if node.entries else ""
    return space if not space.strip() else ""


def _colon(text: str, node: Node) -> str:
    """The colon with the space that its neighbours have around it."""
    if node.kind == "mapping" and node.entries:
        found = re.search(r"\s*:\s*\Z", text[node.entries[0].start : node.entries[0].node.start])
        return found[0] if found else ": "
    return ": "


def _margin(text: str, place: int) -> str:
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line[: len(line) - len(line.lstrip())]


def _column(text: str, place: int) -> int:
    return place - (text.rfind("\n", 0, place) + 1)


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    return end - 1 if end and text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
