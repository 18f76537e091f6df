"""Runs that are over, told from their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Event, Outcome
from autonomy_pack.views.progress import plain
from autonomy_pack.views.render import words
from autonomy_pack.views.session import next_step


def row(run: str, events: Sequence[Event]) -> dict[str, object]:
    """One run as `run list` shows it."""
    end = next((event for event in events if event.kind == "run.finished"), None)
    begun = next((event for event in events if event.kind == "run.started"), None)
    return {
        "run": run,
        "began": events[0].at[:19] + "Z",
        "agent": begun.data["agent"] if begun else "",
        "mission": begun.data["mission"] if begun else "",
        "outcome": outcome(events),
        "seconds": end.data["seconds"] if end else None,
        "why": end.data["why"] if end else "",
    }


def outcome(events: Sequence[Event]) -> str:
    """How the run stands: its outcome, or handed off when a person approved what it had asked for."""
    end = next((event for event in events if event.kind == "run.finished"), None)
    if any(event.kind == "handoff.made" for event in events):
        return str(Outcome.HANDED_OFF)
    return str(end.data["outcome"]) if end else "running"


def story(run: str, events: Sequence[Event]) -> str:
    """A run's events, a line each, and what to do next."""
    lines = [f"{event.at[11:19]}  {line}" for event in events if (line := plain(event))]
    state = outcome(events)
    return "\n".join([f"run {run}: {words(state)}", *lines, f"Next: {next_step(state, run, events)}"])


def explained(run: str, events: Sequence[Event], steps: Sequence[Mapping[str, Any]]) -> str:
    """The story with its steps: what the agent did and what came of it."""
    told = []
    for one in steps:
        data = one.get("data", {})
        if one.get("kind") == "step.started":
            call = data.get("tool_call", {})
            told.append(f"  step {data.get('step')}  {call.get('name')}  {one_line(str(call.get('arguments')), 200)}")
        elif one.get("kind") == "step.finished":
            told.append(f"    exit {data.get('exit')}  {one_line(str(data.get('output') or ''), 200)}")
        else:
            told.append(f"  {one_line(str(data.get('text', '')), 200)}")
    return "\n".join([story(run, events), "Steps:" if told else "No steps are kept.", *told])
