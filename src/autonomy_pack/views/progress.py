"""What a session says while it works, and at its end: text from events and heads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Choice, Event, Finding, Head, Outcome, Priority
from autonomy_pack.policy import names
from autonomy_pack.views.render import words

MARKS: Mapping[str, str] = {
    Outcome.HANDED_OFF: "✓",
    Outcome.WAITING: "?",
    Outcome.BLOCKED: "✗",
    Outcome.NO_CHANGE: "·",
}


def run_line(head: Head, events: Sequence[Event]) -> str:
    """One finished run: issue, outcome, seconds, title, mission, priority, and below it why."""
    end = next(event for event in events if event.kind == "run.finished")
    outcome = str(end.data["outcome"])
    issue = names.issue_of(head.subject)
    cells = (
        (f"#{issue}", 4),
        (f"{MARKS.get(outcome, '✗')} {words(outcome)}", 13),
        (f"{end.data['seconds']:.1f} s", 7),
        (str(Priority(head.priority)) if head.priority is not None else "–", 9),
        (head.mission or issue.removeprefix("mission:"), 16),
        (one_line(head.title, 60), 0),
    )
    line = "".join(cell.ljust(width) + " " * bool(width) for cell, width in cells).rstrip()
    return f"{line}\n         {one_line(_told(outcome, end, events), 600)}"


def _told(outcome: str, end: Event, events: Sequence[Event]) -> str:
    if outcome != Outcome.HANDED_OFF:
        return str(end.data["why"])
    changes = [event for event in events if event.kind == "change.made"]
    count = len(changes[-1].data["files"]) if changes else 0
    checks = {event.data["name"]: event.data["exit"] for event in events if event.kind == "check.ran"}
    passed = sum(code == 0 for code in checks.values())
    return f"{_files(count)}, " + (f"checks {passed}/{len(checks)}" if checks else "no checks")


def _exit(code: int | None) -> str:
    return "ended by its time limit" if code is None else f"exit {code}"


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def plain(event: Event) -> str:
    """One event as one plain line, for logs; "" for events that say nothing new to a reader."""
    data, about = event.data, event.run or event.subject
    said: Callable[[], str] | None = {
        "task.claimed": lambda: "claimed",
        "run.started": lambda: f"agent {data['agent']}, mission {data['mission']}, sandbox {data['sandbox']}",
        "step.started": lambda: f"step {data['step']} {data['tool_call'].get('name', '')}",
        "step.answered": lambda: f"step {data['step']} {data['answer']} by {data['by']}",
        "step.finished": lambda: f"step {data['step']} exit {data['exit']}",
        "change.made": lambda: f"changed {_files(len(data['files']))} +{data['added']} -{data['removed']}",
        "check.ran": lambda: f"check {data['name']} {_exit(data['exit'])} after {data['seconds']:.1f} s",
        "finding.found": lambda: f"{data['risk']} {data['rule']} {data['where']}: {data['says']}",
        "decision.asked": lambda: f"asked {event.subject}: {data['question']}",
        "decision.answered": lambda: f"{event.subject} answered {data['option']} by {event.actor}",
        "handoff.made": lambda: f"handed off {data['ref']}",
        "handoff.ended": lambda: f"branch {data['state']}{', issue closed' if data['closed'] else ''}",
        "run.finished": lambda: f"{words(data['outcome'])}: {data['why']}",
    }.get(event.kind)
    return one_line(f"{about}  {said()}", 600) if said else ""


def totals(runs: Iterable[Event], choices: Sequence[Choice], broken: Sequence[Finding], seconds: float) -> str:
    """2 handed off · 1 waiting for you · 1 blocked · 1 not eligible · 0 tokens · $0.00 · 4.8 s."""
    ended = list(runs)
    counts = Counter(str(event.data["outcome"]) for event in ended)
    told = [
        f"{count} {'waiting for you' if outcome == Outcome.WAITING else words(outcome)}"
        for outcome, count in counts.items()
    ]
    others = sum(not choice.eligible for choice in choices)
    told += [f"{others} not eligible"] * bool(others) + [f"{len(broken)} unreadable"] * bool(broken)
    tokens = sum(int(event.data["tokens"]) for event in ended)
    usd = sum(float(event.data["usd"]) for event in ended)
    return " · ".join([*(told or ["nothing to do"]), f"{tokens} tokens", f"${usd:.2f}", f"{seconds:.1f} s"])
