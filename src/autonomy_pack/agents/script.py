"""The double: a real process that behaves, well or badly, as it is told. For tests and for trying out your settings."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

from autonomy_pack.edges import host
from autonomy_pack.model import EVENT_FIELDS, Brief, Command, Seen, Step

secrets: tuple[str, ...] = ()

_FIELD = "script"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
_KINDS = ("step.started", "step.finished")


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (some behaviours do, and all of them mean harm)
    """Always: it stands for an agent that does whatever it likes."""
    return True


def command(brief: Brief) -> Command:
    """The double's process; its script is its first line of input, and it reads "go" before each step."""
    given = host.environment()
    return Command(
        argv=(sys.executable, "-I", "-m", "autonomy_pack.programs.script"),
        cwd=brief.work,
        env={name: given[name] for name in _PASSED_ON if name in given},
        stdin=json.dumps(_script(brief)).encode() + b"\n",
        paced=True,
    )


def read(line: bytes) -> Seen:
    """A step's beginning or end; anything else it prints is something it said."""
    try:
        said = json.loads(line)
        kind, data = said["kind"], said["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return _said(line)
    if kind in _KINDS and isinstance(data, dict) and set(data) == EVENT_FIELDS[kind]:
        return Seen(events=((kind, data),), waits=kind == "step.started")
    return _said(line)


def _said(line: bytes) -> Seen:
    return Seen(events=(("agent.said", {"text": line.decode(errors="replace")}),))


def _script(brief: Brief) -> list[list[str]]:
    """The steps; else the command's words, a line each; else the issue's form field `Script`, a line each."""
    if brief.steps:
        return [_words(step) for step in brief.steps]
    fields = {name.lower(): text for name, text in brief.task.fields.items()}
    lines = brief.argv or fields.get(_FIELD, "").splitlines()
    return [_split(line) for line in lines if line.strip() and not line.startswith("```")]


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # an open quote
        return line.split()


def _words(step: Step) -> list[str]:
    arguments: Any = step.arguments
    return [step.tool, *map(str, arguments.values() if isinstance(arguments, dict) else arguments)]
