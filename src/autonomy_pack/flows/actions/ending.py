"""How a leg ends: shown on its issue, and stored in one commit together with the release of its lease."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows import records
from autonomy_pack.flows.actions import comments, delivery, offers
from autonomy_pack.flows.actions.delivery import Theirs
from autonomy_pack.flows.actions.fetched import Fetched
from autonomy_pack.flows.actions.means import Case, Known
from autonomy_pack.model import Event, Finding, Handoff, Outcome, Risk, value
from autonomy_pack.policy import names
from autonomy_pack.views import publication as view


@value
class End:
    """An outcome with its why. `label` is the status label the issue gets ("" = none); `asked` the open question;
    `events` are told besides what the case told so far."""

    outcome: str
    why: str
    label: str = ""
    number: int | None = None
    url: str = ""
    asked: Event | None = None
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()


def handed_off(case: Case, offer: Handoff) -> End:
    """The end of an offer whose branch is pushed: its pull request is there, or a person took it over."""
    try:
        made = delivery.open_pull(case, offer)
    except Theirs as why:
        return End(outcome=str(Outcome.BLOCKED), why=f"{why}: it is left alone", label=delivery.BLOCKED)
    return End(
        outcome=str(Outcome.HANDED_OFF),
        why=f"branch {offer.branch}",
        label=delivery.MADE,
        number=made.number,
        url=made.url,
        events=delivery.made_events(offer, made),
    )


def waiting(case: Case, findings: Sequence[Finding]) -> End:
    """The end of an offer that a person has to agree to."""
    question = next(one for one in case.told if one.kind == "decision.asked")
    why = findings[0].says if findings else str(question.data["question"])
    return End(
        outcome=str(Outcome.WAITING),
        why=f"{question.subject}: {why}",
        label=delivery.WAITING,
        asked=question,
        findings=tuple(findings),
    )


def findings_of(told: Sequence[Event]) -> list[Finding]:
    """The findings that were told, as far as they are worth asking about."""
    found = [dict(one.data) for one in told if one.kind == "finding.found"]
    read = [Finding(**{**one, "risk": Risk.parse(one["risk"])}) for one in found]
    return [one for one in read if one.risk >= Risk.MEDIUM]


def end(case: Case, out: Path, how: End, got: Fetched | None = None, known: Known | None = None) -> None:
    """Show how it ended on the issue, store it with the release of the lease, and write run.json where enough is known
    of it."""
    shown = _show(case, how, known.labels if known else None)
    finished = _finished(case, how, got)
    told = [*case.told, *how.events, *shown, finished]
    case.means.heed(case.leg.issue)
    case.means.store.release(case.lease, events=told)
    if known:
        record = records.run_record(offers.run_of(case, known), finished, told)
        records.write_json(out / names.path_name(case.run) / "run.json", record)


def _show(case: Case, how: End, there: Sequence[str] | None) -> list[Event]:
    """The issue's status label and its one status comment, and the record of that; an issue that is gone or locked is
    no reason to fail."""
    if there is None:
        issue = case.means.github.issue(case.leg.issue)
        if issue is None:
            case.notes.append("the issue is gone, so nothing was said there")
            return []
        there = issue.labels
    delivery.show_status(case, how.label, there)
    body = view.status(
        how.outcome,
        how.why,
        case.run,
        case.means.run_url,
        number=how.number,
        asked=how.asked,
        findings=how.findings,
    )
    shown: list[Event] = []

    def say() -> None:
        _, event = comments.write(case.means.github, case.means.store, case.leg.issue, "status", body)
        shown.extend([event] if event else [])

    case.try_to(say, "the status comment")
    return shown


def _finished(case: Case, how: End, got: Fetched | None) -> Event:
    data: dict[str, object] = {
        "outcome": how.outcome,
        "why": one_line(redact(how.why, records.known_secrets()), 500),
        "seconds": got.result.seconds if got else 0.0,
        "usd": got.result.usd if got else 0.0,
        "tokens": got.result.tokens if got else 0,
        "transcript_sha256": got.transcript_sha256 if got else "",
    }
    return Event(kind="run.finished", subject=case.task_id, run=case.run, data=data, key=f"finish/{case.run}")
