"""Decisions, as a person reads them before answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Decision, Event, Risk, value
from autonomy_pack.policy import names
from autonomy_pack.policy.steps import Call
from autonomy_pack.views.handoff import Word
from autonomy_pack.views.table import table

# Who a word of `may_answer` stands for.
_WHO = {"person": "a person, on GitHub one with write access; never an agent or a check"}


@value
class Shown:
    """What is known of a decision beside itself: the agent whose run asked, the step that waits with its risk and as a
    person reads it, and what people said to runs on the same text before."""

    agent: str = ""
    call: Call | None = None
    risk: Risk | None = None
    step: str = ""
    before: tuple[Word, ...] = ()


NOTHING = Shown()
_BEFORE = 10


def rows(decisions: Sequence[Decision]) -> str:
    """A line each."""
    head = ("id", "status", "task", "question", "expires")
    return table([head, *((one.id, one.status, one.subject, one.question, one.deadline[:16]) for one in decisions)])


def text(decision: Decision, events: Sequence[Event], now: str, shown: Shown = NOTHING) -> str:
    """The whole of what an answer binds to, who may give it, and what comes of it."""
    findings = [event.data for event in events if event.kind == "finding.found"]
    checks = [event.data for event in events if event.kind == "check.ran"]
    change = next((event.data for event in reversed(events) if event.kind == "change.made"), None)
    risks = ("low", "medium", "high", "critical")
    risk = max((str(one["risk"]) for one in findings), key=risks.index, default="medium").upper()
    told = {"guidance": "", "step": f" · risk {Risk.HIGH if shown.risk is None else shown.risk}"}.get(
        decision.kind, f" · risk {risk}"
    )
    about_all = decision.kind not in ("step", "guidance")
    lines = [
        f"{decision.id}  {decision.kind} of {decision.subject}{told} · {decision.status}",
        f"          {_when(decision, now)}"
        if decision.status == "pending"
        else f"          asked {decision.asked[:16]}Z",
        f"Question  {one_line(decision.question, 1000)}",
    ]
    if decision.kind == "guidance":
        lines += [f"          (in the words of {shown.agent or 'the agent'}, whose run {decision.run} waits)"]
    lines += [_under("Call", shown.step)] if shown.step else []
    lines += [f"Why       {one['rule']}: {one_line(str(one['says']), 300)}" for one in findings]
    lines += [f"Checks    {one['name']} exit {one['exit']} on {one['head'][:7]}" for one in checks]
    if change:
        what = "Action    push" if about_all else "So far    made"
        lines += [f"{what} {change['head'][:7]} (+{change['added']} -{change['removed']}): "]
        lines[-1] += ", ".join(one_line(str(path), 100) for path in change["files"])
    lines += [f"Binds to  sha256 {decision.action_sha256}"]
    lines += [f"Diff      {_diff(decision.run)}"] if change or about_all else []
    lines += [_under("Already", "\n".join(map(_said, shown.before[-_BEFORE:])))] if shown.before else []
    if decision.status == "pending":
        lines += [f"May say   {', '.join(_WHO.get(one, one) for one in decision.may_answer)}", *_how(decision)]
        lines += [_under("Then", "\n".join(f"{word}: {what}" for word, what in after(decision).items()))]
    else:
        lines += [
            f"Answered  {decision.answer or 'deny'} {decision.answered_by} {one_line(decision.why, 200)}".rstrip()
        ]
    return "\n".join(lines)


def after(decision: Decision) -> dict[str, str]:
    """What comes of each answer, and of none."""
    issue = names.issue_of(decision.subject)
    held = f"the task is held until its text changes or `autonomy task reset {issue}`; what was done stays kept"
    yes = {
        "step": ("approve", "the next run does this very step; whatever changes something after it asks again"),
        "guidance": ("answer", "the next run goes on with it, and with the work done so far"),
    }.get(decision.kind, ("approve", "the change is handed off at once, if it still fits"))
    return {yes[0]: yes[1], "deny": held, "nothing": f"it means deny at {decision.deadline[:16]}Z"}


def _under(title: str, told: str) -> str:
    """Lines beside a title, all but the first below it."""
    return f"{title:<10}" + told.replace("\n", "\n" + " " * 10)


def _said(word: Word) -> str:
    answer = f" — “{one_line(word.answer, 200)}”" if word.answer else ""
    return f"{one_line(word.who, 60)} {word.said} ({word.decision}): {one_line(word.about, 200)}{answer}"


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
