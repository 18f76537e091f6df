"""The double: a real process that behaves, well or badly, as it is told. For tests and for trying out your settings."""

from __future__ import annotations

import json
import shlex
from typing import Any

from autonomy_pack.agents import paced
from autonomy_pack.model import Brief, Command, Seen, Step, Verdict

secrets: tuple[str, ...] = ()
protocol = ""
model = ""
needs_port = False
tells_end = False


def read(line: bytes) -> Seen:
    """A step, something it said or asks, or what it gives back: `{"kind": "returned", "data": {"text": …}}`."""
    try:
        said = json.loads(line)
        if said["kind"] == "returned":
            return Seen(verdict=Verdict(ok=True, returned=str(said["data"]["text"])))
        if said["kind"] == "agent.asked":
            return Seen(events=((said["kind"], {name: said["data"][name] for name in ("question", "options")}),))
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return paced.read(line)


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (some behaviours do, and all of them mean harm)
    """Always: it stands for an agent that does whatever it likes."""
    return True


def command(brief: Brief) -> Command:
    """The double's process; its script is its first line of input, and it reads "go" before each step."""
    return paced.start("script", _script(brief), brief)


def _script(brief: Brief) -> list[list[str]]:
    """The steps; else the command's words, a line each; else the mission's constraints, a line each.

    Never the issue: its text gives no orders, not even to the double. Once its question was answered it goes on after
    it, as agents do that remember.
    """
    lines = brief.argv or brief.mission.constraints
    script = [_words(step) for step in brief.steps] or [_split(line) for line in lines]
    asked = next((at for at, (name, *_) in enumerate(script, 1) if name == "ask"), 0) if brief.answer else 0
    return script[asked:]


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # an open quote
        return line.split()


def _words(step: Step) -> list[str]:
    arguments: Any = step.arguments
    return [step.tool, *map(str, arguments.values() if isinstance(arguments, dict) else arguments)]
