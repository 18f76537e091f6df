"""Not an agent: how our own programs are started and read that announce each step and wait for "go"."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import host
from autonomy_pack.model import EVENT_FIELDS, Brief, Command, Seen

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
_KINDS = ("step.started", "step.finished")
_DEEPEST = 20  # levels of a tool's call; those of our tools have three or four
_ETERNITY = 1e9


def start(program: str, told: object, brief: Brief) -> Command:
    """The process of `autonomy_pack.programs.PROGRAM`; what it is told is its first line of input, as JSON."""
    given = host.environment()
    return Command(
        argv=(sys.executable, "-I", "-m", f"autonomy_pack.programs.{program}"),
        cwd=brief.work,
        env={name: given[name] for name in _PASSED_ON if name in given},
        stdin=json.dumps(told, default=dict).encode() + b"\n",
        paced=True,
    )


def read(line: bytes) -> Seen:
    """A step's beginning or end; anything else it prints is something it said."""
    try:
        said = json.loads(line)
        kind, data = said["kind"], said["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return _said(line)
    if kind not in _KINDS or not _complete(kind, data):
        return _said(line)
    return Seen(events=((kind, data),), waits=kind == "step.started")


def _complete(kind: str, data: Any) -> bool:
    """Whether it is what our program would say; the folder's programs may have written to its output too."""
    if not isinstance(data, Mapping) or set(data) != EVENT_FIELDS[kind] or not isinstance(data["step"], int):
        return False
    if kind == "step.started":
        call = data["tool_call"]
        return isinstance(call, Mapping) and isinstance(call.get("name"), str) and _shallow(call, _DEEPEST)
    texts = isinstance(data["output"], str | None) and isinstance(data["output_sha256"], str | None)
    return texts and isinstance(data["exit"], int) and _is_time(data["duration"])


def _is_time(seconds: Any) -> bool:
    return isinstance(seconds, int | float) and 0 <= seconds < _ETERNITY  # NaN is not


def _shallow(part: Any, levels: int) -> bool:
    """Whether nothing is nested deeper: whoever handles it later goes down as deep as it is."""
    if not isinstance(part, Mapping | list):
        return True
    inner = part.values() if isinstance(part, Mapping) else part
    return levels > 0 and all(_shallow(one, levels - 1) for one in inner)


def _said(line: bytes) -> Seen:
    return Seen(events=(("agent.said", {"text": line.decode(errors="replace")}),))
