"""The planner: runs a mission's steps one by one, in a process of its own. No model, no tokens, no network."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import host
from autonomy_pack.model import EVENT_FIELDS, Brief, Command, Seen

secrets: tuple[str, ...] = ()

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
_KINDS = ("step.started", "step.finished")


def runs_programs(brief: Brief) -> bool:
    """Only with a `run` step; every other step is our own code."""
    return any(step.tool == "run" for step in brief.steps)


def command(brief: Brief) -> Command:
    """The planner's process; it reads its plan as one line, and "go" before each step."""
    steps = [{"tool": step.tool, "arguments": step.arguments} for step in brief.steps]
    plan = {"steps": steps, "limits": {"steps": brief.mission.limits.steps}, "dry_run": False}
    given = host.environment()
    return Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.planner"),
        cwd=brief.work,
        env={name: given[name] for name in _PASSED_ON if name in given},
        stdin=json.dumps(plan, default=dict).encode() + b"\n",
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
    return isinstance(data, Mapping) and set(data) == EVENT_FIELDS[kind]


def _said(line: bytes) -> Seen:
    return Seen(events=(("agent.said", {"text": line.decode(errors="replace")}),))
