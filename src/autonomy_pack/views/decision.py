"""Decisions, as a person reads them before answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Decision, Event
from autonomy_pack.policy import names
from autonomy_pack.views.table import table


def rows(decisions: Sequence[Decision]) -> str:
    """A line each."""
    head = ("id", "status", "task", "question", "expires")
    return table([head, *((one.id, one.status, one.subject, one.question, one.deadline[:16]) for one in decisions)])


def text(decision: Decision, events: Sequence[Event], now: str) -> str:
    """The whole of what an answer binds to."""
    findings = [event.data for event in events if event.kind == "finding.found"]
    checks = [event.data for event in events if event.kind == "check.ran"]
    change = next((event.data for event in reversed(events) if event.kind == "change.made"), None)
    risks = ("low", "medium", "high", "critical")
    risk = max((str(one["risk"]) for one in findings), key=risks.index, default="medium").upper()
    lines = [
        f"{decision.id}  {decision.kind} of {decision.subject} · risk {risk} · {decision.status}",
        f"          {_when(decision, now)}"
        if decision.status == "pending"
        else f"          asked {decision.asked[:16]}Z",
        f"Question  {one_line(decision.question, 300)}",
    ]
    lines += [f"Why       {one['rule']}: {one_line(str(one['says']), 300)}" for one in findings]
    lines += [f"Checks    {one['name']} exit {one['exit']} on {one['head'][:7]}" for one in checks]
    if change:
        lines += [f"Action    push {change['head'][:7]} (+{change['added']} -{change['removed']}): "]
        lines[-1] += ", ".join(one_line(str(path), 100) for path in change["files"])
    lines += [f"          sha256 {decision.action_sha256}", f"Diff      {_diff(decision.run)}"]
    if decision.status == "pending":
        lines += _how(decision)
    else:
        lines += [
            f"Answered  {decision.answer or 'deny'} {decision.answered_by} {one_line(decision.why, 200)}".rstrip()
        ]
    return "\n".join(lines)


def _how(decision: Decision) -> list[str]:
    """The commands that answer it."""
    deny = f'          autonomy decision deny {decision.id} --reason "…"'
    if decision.kind != "guidance":
        return [f'Answer    autonomy decision approve {decision.id} --comment "…"', deny]
    choices = [one for one in decision.options if one != decision.default]
    lines = [f"Option    {number} {one_line(option, 200)}" for number, option in enumerate(choices, 1)]
    lines += [f"Answer    autonomy decision decide {decision.id} --option NUMBER"] if choices else []
    own = f'autonomy decision decide {decision.id} --answer "…"'
    return [*lines, f"{'         ' if choices else 'Answer   '} {own}", deny]


def _diff(run: str) -> str:
    ref = names.pending_ref(run)
    here = f"autonomy run show {run} --diff"
    return f"{here}\n          (a run of the workflow: git fetch origin {ref} && git show FETCH_HEAD)" if ref else here


def _when(decision: Decision, now: str) -> str:
    left = _between(now, decision.deadline)
    asked = f"asked {_span(_between(decision.asked, now))} ago"
    return f"{asked} · expires in {_span(left)}" if left > 0 else f"{asked} · expired"


def _between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _span(seconds: float) -> str:
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"
