"""The built-in agent: a model of Anthropic's calls our tools in the box, turn by turn, and says what shows its work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from autonomy_pack.agents import paced
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Command, Seen, Usage, Verdict

secrets: tuple[str, ...] = ("ANTHROPIC_API_KEY",)
protocol = "anthropic"
model = "claude-sonnet-5"
needs_port = False
tells_end = True

_TOOLS = ("read", "search", "list", "edit", "write", "run", "ask", "done")
_READING = ("read", "search", "list", "ask", "done")
_COUNTS = ("input", "output", "cache_read", "cache_write")
_LONGEST_RUN = 600.0


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (a model that reads strangers' text decides what it does)
    """Always: also without the tool `run`, its words are decided by text of strangers, and it needs the box."""
    return True


def command(brief: Brief) -> Command:
    """The loop's process; its order is its first line of input. UsageError when there is no way to a model."""
    if find_spec("anthropic") is None:
        raise UsageError(
            "agent anthropic needs the package anthropic, which is not installed",
            "Install it: pip install 'autonomy-pack[anthropic]'.",
        )
    if brief.endpoint is None:
        raise UsageError("agent anthropic has no way to a model", "Allow one: limits usd and tokens of the mission.")
    return paced.start("loop", _order(brief), brief)


def _order(brief: Brief) -> dict[str, Any]:
    limits, way = brief.mission.limits, brief.endpoint
    system = brief.system if brief.prompt.startswith(brief.system) else ""
    return {
        "prompt": brief.prompt[len(system) :],
        "system": system,
        "tools": tools(brief),
        "criteria": [criterion.text for criterion in brief.task.acceptance],
        "turns": limits.turns,
        "seconds": max(1.0, min(_LONGEST_RUN, limits.stall_minutes * 60 * 0.8)),
        "endpoint": {"socket": way.socket, "token": way.token, "model": way.model, "max_output": way.max_output}
        if way
        else {},
        "home": brief.home,
        "past": list(brief.past),
        "answer": brief.answer,
        "returns": brief.returns,
    }


def tools(brief: Brief) -> list[str]:
    """What the mission lets the model do: a mission that names no tools may only read, and so may one that returns a
    document. Ending is always allowed."""
    allowed = set(brief.mission.tools or _READING) | {"done"}
    if brief.returns:
        allowed &= set(_READING)
    return [name for name in _TOOLS if name in allowed]


def read(line: bytes) -> Seen:
    """A line of the loop: a step, words, a question, or how it ended; anything else is something it said."""
    try:
        said = json.loads(line)
        kind, data = said["kind"], said["data"]
        if kind == "agent.said" and isinstance(data["text"], str):
            return Seen(events=((kind, {"text": data["text"]}),))
        if kind == "agent.asked" and isinstance(data["question"], str):
            return Seen(events=((kind, {"question": data["question"], "options": _texts(data["options"])}),))
        if kind == "done" and isinstance(data["ok"], bool) and isinstance(data["why"], str):
            return Seen(verdict=_verdict(data))
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return paced.read(line)


def _verdict(data: Mapping[str, Any]) -> Verdict:
    returned = data.get("returned")
    return Verdict(
        ok=data["ok"],
        why=data["why"],
        usage=_usage(data.get("usage")),
        returned="" if returned is None else json.dumps(returned),
    )


def _usage(said: Any) -> Usage | None:
    counts: dict[str, Any] = {name: said.get(name) for name in _COUNTS} if isinstance(said, Mapping) else {}
    known = counts and all(type(count) is int and count >= 0 for count in counts.values())
    return Usage(**counts) if known else None


def _texts(options: Any) -> list[str]:
    return [option for option in options if isinstance(option, str)] if isinstance(options, list) else []
