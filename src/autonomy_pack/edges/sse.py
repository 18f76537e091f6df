"""Server-sent events as models stream them: bytes in any pieces become the data of events. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

END = {"type": "[DONE]"}
"""What the closing line `data: [DONE]` of some providers is read as."""


class Reader:
    """Puts pieces together to events. Data that is no JSON object is left out: it means nothing to anybody."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def add(self, piece: bytes) -> list[Mapping[str, Any]]:
        """The events that this piece finishes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [event for line in lines for event in self._line(line.rstrip(b"\r"))]

    def _line(self, line: bytes) -> list[Mapping[str, Any]]:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        if line or not self._data:
            return []
        event = _read(b"\n".join(self._data))
        self._data = []
        return [event] if event is not None else []


def _read(data: bytes) -> Mapping[str, Any] | None:
    if data == b"[DONE]":
        return END
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def written(event: Mapping[str, Any], *, named: bool = True) -> bytes:
    """One event as it is sent; `named` puts its type on a line of its own."""
    name = f"event: {event['type']}\n".encode() if named else b""
    return name + b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"
