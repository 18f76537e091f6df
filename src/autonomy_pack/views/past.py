"""Runs that are over, told from their events."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Event, Outcome
from autonomy_pack.policy.budget import dollars
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
    """The story with its steps: what the agent was told, asked and did, and what came of it."""
    told = [f"  {one_line(line, 300)}" for one in steps if (line := _inside(one["kind"], one["data"]))]
    return "\n".join([story(run, events), "Steps:" if told else "No steps are kept.", *told])


def _inside(kind: str, data: Mapping[str, Any]) -> str:
    """One event of a transcript, "" for one that says nothing to a reader."""
    said: Callable[[], str] | None = {
        "prompt.given": lambda: f"told {data['bytes']} bytes: {', '.join(part['source'] for part in data['parts'])}",
        "model.called": lambda: f"call {data['call']} of {data['model']}: {_answer(data)}",
        "step.started": lambda: f"step {data['step']}  {_call(data['tool_call'])}",
        "step.answered": lambda: f"  {data['answer']} by {data['by']} {data['why']}",
        "step.finished": lambda: f"  exit {data['exit']}  {data['output'] or ''}",
        "agent.said": lambda: f"says: {data['text']}",
        "agent.asked": lambda: f"asks: {data['question']} ({', '.join(map(str, data['options']))})",
    }.get(kind)
    return said() if said else ""


def _call(call: Mapping[str, Any]) -> str:
    return f"{call.get('name')}  {json.dumps(call.get('arguments'), ensure_ascii=False)}"


def _answer(data: Mapping[str, Any]) -> str:
    """What came of a call of a model, and what it cost."""
    response, usage = data["response"], data["usage"]
    tokens = sum(usage.values()) if usage else "an unknown number of"
    came = f"answered {response['status']}" if response.get("status") else "no answer"
    again = ", tried again" if response.get("retried") else ""
    return f"{came}, {tokens} tokens, {dollars(data['usd'])}{again}"
