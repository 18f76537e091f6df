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
        return isinstance(data["tool_call"], Mapping)
    return isinstance(data["exit"], int) and isinstance(data["duration"], int | float)


def _said(line: bytes) -> Seen:
    return Seen(events=(("agent.said", {"text": line.decode(errors="replace")}),))
