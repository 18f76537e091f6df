"""The summary of a session: a rendering of its events, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from autonomy_pack.model import STOP_LABEL, Choice, Event, Finding, Outcome, value
from autonomy_pack.policy import names
from autonomy_pack.policy.budget import dollars
from autonomy_pack.views.render import render as _render
from autonomy_pack.views.render import words


@value
class Row:
    """One run as the summary tells it."""

    issue: str
    title: str
    outcome: str
    agent: str
    why: str
    usd: float
    tokens: int
    next: str


def render(
    name: str,
    started: Event,
    runs: Mapping[str, Sequence[Event]],
    choices: Sequence[Choice],
    broken: Sequence[Finding],
    now: str,
) -> str:
    """AUTONOMOUS_SESSION_*.md. `runs`: run id → its events."""
    titles = {choice.id: choice.title for choice in choices}
    rows = [_row(run, events, titles) for run, events in runs.items()]
    return _render(
        "session.md.j2",
        name=name,
        started=started,
        now=now,
        rows=rows,
        counts=Counter(row.outcome for row in rows),
        skipped=[choice for choice in choices if not choice.eligible],
        broken=broken,
        dollars=dollars,
        spent=f"{dollars(sum(row.usd for row in rows))} · {sum(row.tokens for row in rows):,} tokens",
    )


def _row(run: str, events: Sequence[Event], titles: Mapping[str, str]) -> Row:
    issue = names.issue_of_run(run)
    end = next((event for event in events if event.kind == "run.finished"), None)
    begun = next((event for event in events if event.kind == "run.started"), None)
    outcome = str(end.data["outcome"]) if end else "unfinished"
    return Row(
        issue=issue if issue.startswith("mission:") else f"#{issue}",
        title=titles.get(issue, ""),
        outcome=words(outcome),
        agent=str(begun.data["agent"]) if begun else "–",
        why=_why(events, end),
        usd=float(end.data["usd"]) if end else 0.0,
        tokens=int(end.data["tokens"]) if end else 0,
        next=next_step(outcome, run, events),
    )


def _why(events: Sequence[Event], end: Event | None) -> str:
    checks = [event.data["exit"] == 0 for event in events if event.kind == "check.ran"]
    told = f"checks {sum(checks)}/{len(checks)}" if checks else "no checks"
    if end is None:
        return "it was cut off; the next run finishes it"
    return told if end.data["outcome"] == Outcome.HANDED_OFF else str(end.data["why"])


def next_step(outcome: str, run: str, events: Sequence[Event]) -> str:
    """What a person would do next about a run with this outcome."""
    issue = names.issue_of_run(run)
    why = next((str(event.data["why"]) for event in events if event.kind == "run.finished"), "")
    asked = next((event.subject for event in events if event.kind == "decision.asked"), "")
    steps: dict[str, str] = {
        Outcome.HANDED_OFF: "review and merge",
        Outcome.WAITING: f"`autonomy decision view {asked}`",
        Outcome.BLOCKED: f"`autonomy run recover {issue}`",
        Outcome.NO_CHANGE: "say in the issue what is missing",
        Outcome.STOPPED: _next_of_stopped(why, issue),
        Outcome.STALE: "run again",
        Outcome.OVER_BUDGET: "raise what its reason names, or wait; `autonomy metrics cost` shows what was spent",
        Outcome.RATE_LIMITED: "run again later",
    }
    return steps.get(outcome, f"`autonomy run show '{run}' --log`")


def _next_of_stopped(why: str, issue: str) -> str:
    """A switch has to be taken back first; where a person ended this very run, there is none."""
    if not why.startswith("stopped by "):
        name = issue.removeprefix("mission:")
        return f"`autonomy run --issue {issue}`" if name == issue else f"`autonomy mission run {name}`"
    if f"label {STOP_LABEL}" in why:
        return f"take the label {STOP_LABEL} off it, then `autonomy run --issue {issue}`"
    here = ".agent-workspace/STOP" in why and ".agent-workspace/STOP on " not in why
    return "`autonomy resume`" if here else "`autonomy resume --remote`"
