"""How a leg ends: shown on its issue, and stored in one commit together with the release of its lease."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows import agreement, budget, records, survey
from autonomy_pack.flows.actions import comments, delivery, fetched, grounds, offers
from autonomy_pack.flows.actions.delivery import Theirs
from autonomy_pack.flows.actions.fetched import Fetched
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known
from autonomy_pack.model import (
    COUNTED_OUTCOMES,
    Change,
    CheckResult,
    Config,
    Event,
    Finding,
    Handoff,
    Outcome,
    value,
)
from autonomy_pack.policy import names
from autonomy_pack.views import handoff as body
from autonomy_pack.views import publication as view


@value
class End:
    """An outcome with its why. `label` is the status label the issue gets ("" = none); `asked` the open question;
    `events` are told besides what the case told so far; `change` is what was judged, and `failed` are the checks that
    did not exit 0, as the run job says. `kept`: the artifact of the run has the change. `next`: what a person would do.
    """

    outcome: str
    why: str
    label: str = ""
    number: int | None = None
    url: str = ""
    asked: Event | None = None
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    change: Change | None = None
    failed: tuple[CheckResult, ...] = ()
    kept: bool = False
    next: str = ""


def handed_off(case: Case, offer: Handoff) -> End:
    """The end of an offer whose branch is pushed: its pull request is there, or a person took it over."""
    agreed = _agreed(case)
    if agreed:
        offer = dataclasses.replace(offer, body=redact(body.agreed(offer.body, agreed), records.known_secrets()))
    try:
        made = delivery.open_pull(case, offer)
    except Theirs as why:
        return left_alone(why)
    return End(
        outcome=str(Outcome.HANDED_OFF),
        why=f"branch {offer.branch}" + (f"; {agreed}" if agreed else ""),
        label=delivery.MADE,
        number=made.number,
        url=made.url,
        events=delivery.made_events(offer, made),
    )


def _agreed(case: Case) -> str:
    """Who agreed to the change, under which decision and why; "" when nobody was asked."""
    return agreement.to_change(case.means.store.events(kinds=["decision.answered"], run=case.run))


def left_alone(why: Theirs) -> End:
    """The end of a handoff that a person took over."""
    return End(outcome=str(Outcome.BLOCKED), why=f"{why}: it is left alone", label=delivery.BLOCKED)


def weighed(case: Case, how: End, known: Known | None) -> End:
    """The end with the next step that is true for this issue; without any attempt left the issue shows that too."""
    left = _left(case, how, known)
    words = view.next_mending if case.leg.pull else view.next_step
    step = how.next or words(how.outcome, left)
    return dataclasses.replace(how, next=step, label=delivery.BLOCKED if left == 0 else how.label)


def _left(case: Case, how: End, known: Known | None) -> int | None:
    """How many attempts the issue's text has after this one; None when nobody knows, or this one does not count."""
    if known is None or how.outcome not in COUNTED_OUTCOMES:
        return None
    head = case.means.store.head(case.task_id)
    used = head.attempts if head and head.pin == case.leg.pin else 0
    return max(known.config.attempts - used - 1, 0)


def waiting(question: Event, findings: Sequence[Finding], change: Change) -> End:
    """The end of an offer that a person has to agree to."""
    why = findings[0].says if findings else str(question.data["question"])
    return End(
        outcome=str(Outcome.WAITING),
        why=f"{question.subject}: {why}",
        label=delivery.WAITING,
        asked=question,
        findings=tuple(findings),
        change=change,
        kept=True,
    )


def broken_off(case: Case, why: str, findings: Sequence[Finding] = ()) -> End:
    """The end of a change that was pushed before and may not go on to people: what was pushed stays where it is.

    Blocked while the issue still is what it was, for then nothing else would keep it from being begun again at the
    branch that is there; else stale.
    """
    leg, github = case.leg, case.means.github
    stays = f"{why}; no pull request was opened, and branch {leg.branch} stays as it is: delete it before a retry"
    if leg.pull:
        stays = f"{why}; the commit stays on branch {leg.branch}, and nothing more is done with it"
    try:
        issue = grounds.need_issue(github.issue(leg.issue), leg)
        grounds.need_text(issue, leg)
    except Stale:
        return End(outcome=str(Outcome.STALE), why=stays, findings=tuple(findings))
    task = grounds.task_of(issue, leg, case.means.workflow_run.repo, Config())
    case.tell("task.seen", survey.seen_data(task), f"seen/{task.id}/{task.pin}/{leg.event}")
    return End(outcome=str(Outcome.BLOCKED), why=stays, label=delivery.BLOCKED, findings=tuple(findings))


def end(case: Case, out: Path, how: End, got: Fetched | None = None, known: Known | None = None) -> None:
    """Show how it ended on the issue, store it with the release of the lease, and write run.json where enough is known
    of it."""
    shown = _show(case, how, known.labels if known else None)
    finished, spending = _finished(case, how, got, known)
    told = [*case.told, *how.events, *shown, *spending, finished]
    case.means.heed(case.leg.number)
    case.means.store.release(case.lease, events=told)
    if known:
        record = records.run_record(offers.run_of(case, known), finished, told)
        records.write_json(out / names.path_name(case.run) / "run.json", record)


def _show(case: Case, how: End, there: Sequence[str] | None) -> list[Event]:
    """The issue's status label and its one status comment, and the record of that; an issue that is gone or locked is
    no reason to fail."""
    if there is None:
        there = _labels(case)
        if there is None:
            case.notes.append("the issue is gone, so nothing was said there")
            return []
    delivery.show_status(case, how.label, there)
    text = view.status(
        how.outcome,
        how.why,
        case.run,
        case.run_url,
        number=how.number,
        asked=how.asked,
        findings=how.findings,
        change=_shown(case, how),
        failed=how.failed,
        next_=how.next,
    )
    shown: list[Event] = []

    def say() -> None:
        _, event = comments.write(case.means.github, case.means.store, case.leg.number, "status", text)
        shown.extend([event] if event else [])

    case.try_to(say, "the status comment")
    return shown


def _labels(case: Case) -> Sequence[str] | None:
    """The labels of the issue or pull request as they are now; None when it is gone."""
    leg, github = case.leg, case.means.github
    there = github.pull(int(leg.pull)) if leg.pull else github.issue(leg.issue)
    return there.labels if there else None


def _shown(case: Case, how: End) -> view.Shown | None:
    """Where people can look at a change that is in no pull request."""
    if not how.kept:
        return None
    files = how.change.files if how.change else ()
    waits = how.change if how.outcome == Outcome.WAITING else None
    run = case.means.workflow_run
    return view.Shown(
        files=files,
        url=f"{run.server_url}/{run.repo}/commit/{waits.head}" if waits else "",
        ref=delivery.pending_ref(case.leg) if waits else "",
        artifact=fetched.name_of(case.leg),
    )


def _finished(case: Case, how: End, got: Fetched | None, known: Known | None) -> tuple[Event, list[Event]]:
    """How the run ended, and what it spent of what `select` set aside for it: all of that where nothing valid says."""
    claimed = (got.result.usd, got.result.tokens) if got else None
    config = known.config if known else Config()
    (usd, tokens), events = budget.settle_leg(case.means.store, config, case.task_id, case.run, claimed)
    data: dict[str, object] = {
        "outcome": how.outcome,
        "why": one_line(redact(how.why, records.known_secrets()), 500),
        "seconds": got.result.seconds if got else 0.0,
        "usd": usd,
        "tokens": tokens,
        "transcript_sha256": got.transcript_sha256 if got else "",
    }
    end = Event(kind="run.finished", subject=case.task_id, run=case.run, data=data, key=f"finish/{case.run}")
    return end, events
