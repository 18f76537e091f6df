"""What people must choose: asked by a run that ends, answered by any later process, executed at most once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from autonomy_pack.edges import clock, host
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.errors import PackError, UsageError, WorldError
from autonomy_pack.flows import asking, claim, handoff, records, stop
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Decision, Event, Finding, Handoff, Head, Outcome
from autonomy_pack.policy import names, steps
from autonomy_pack.store.conditions import DecisionExpired, DecisionOpen

_OPTIONS = ("approve", "deny")
# What people say to a question of an agent's is one option of ours: it must never read as an approval.
_ANSWER = "answer"
LONGEST_ANSWER = 4000


def ask(job: Job, offer: Handoff, findings: Sequence[Finding]) -> Ending:
    """End the run with a question about exactly this handoff; nobody waits in a process."""
    event = question(offer, findings, job.project.store.now(), job.project.config.decision_hours)
    why = findings[0].says if findings else "the mission requires approval"
    return Ending(outcome=Outcome.WAITING, why=f"{event.subject}: {why}", events=(event,))


def question(offer: Handoff, findings: Sequence[Finding], now: str, hours: float) -> Event:
    """The question about exactly this handoff, open for that many hours."""
    action = handoff.action_sha256(offer)
    decision = names.decision_id(offer.run, action)
    what = ", ".join(dict.fromkeys(one_line(finding.where or finding.rule, 120) for finding in findings))
    words = f"Make branch {offer.branch} that changes {what}?" if what else f"Make branch {offer.branch}?"
    data: dict[str, object] = {
        "kind": "handoff",
        "question": words,
        "options": list(_OPTIONS),
        "default": "deny",
        "deadline": clock.later(now, hours * 3600),
        "action_sha256": action,
        "may_answer": ["person"],
    }
    return Event(kind="decision.asked", subject=decision, run=offer.run, data=data, key=f"ask/{decision}")


def all_of(project: Project) -> list[Decision]:
    """Every decision, newest first; one past its deadline reads as expired, whether anybody has noted it or not."""
    now = project.store.now()
    return [_decision(project, head, now) for head in project.store.heads("decision")]


def find(project: Project, decision: str) -> Decision:
    """One decision; UsageError when there is none of that id."""
    head = project.store.head(decision)
    if head is None or head.type != "decision":
        raise UsageError(f"there is no decision {one_line(decision, 60)}", "`autonomy decision list` shows them.")
    return _decision(project, head, project.store.now())


def _decision(project: Project, head: Head, now: str) -> Decision:
    asked, answered = _events(project, head.subject)
    late = head.status == "pending" and head.deadline <= now
    return Decision(
        id=head.subject,
        kind=asked.data["kind"],
        subject=names.task_of_run(asked.run),
        run=asked.run,
        question=asked.data["question"],
        options=tuple(asked.data["options"]),
        default=asked.data["default"],
        asked=asked.at,
        deadline=asked.data["deadline"],
        action_sha256=asked.data["action_sha256"],
        may_answer=tuple(asked.data["may_answer"]),
        status="expired" if late or (answered and answered.data["via"] == "expiry") else head.status,
        answer=answered.data["option"] if answered else "",
        why=answered.data["why"] if answered else "",
        answered_by=answered.actor if answered else "",
    )


def _events(project: Project, decision: str) -> tuple[Event, Event | None]:
    told = list(project.store.events(subject=decision, kinds=["decision.asked", "decision.answered"]))
    if not told:
        raise WorldError(f"decision {decision} has a head but no events", "Run `autonomy db check`.")
    return told[0], (told[1] if len(told) > 1 else None)


def deny(project: Project, decision: str, why: str) -> Decision:
    """Answer no; the task is held until its text changes or it is reset."""
    stop.refuse_agents(project.store, "deny")
    _answer(project, find(project, decision), "deny", why)
    return find(project, decision)


def approve(project: Project, decision: str, why: str, report: Report) -> Event:
    """Answer yes and hand the kept change off, at once, under the task's lease; its handoff.made event.

    Before the answer: no stop is set, the offer is the one that was asked about, and it still fits the world.
    """
    stop.refuse_agents(project.store, "approve")
    stop.heed(project.place)
    asked = find(project, decision)
    if asked.kind != "handoff":
        raise UsageError(f"{decision} asks about {_about(asked)}", _how(asked))
    offer = handoff.read(project, asked.run)
    stop.heed_forge(project, offer.issue)
    handoff.bring_in(project, offer)
    why_not = "" if handoff.action_sha256(offer) == asked.action_sha256 else "its records name another action"
    why_not = why_not or handoff.why_stale(project, offer)
    if why_not and asked.status == "pending":
        raise WorldError(
            f"{decision} cannot be approved: {why_not}",
            f'`autonomy decision deny {decision} --reason "…"`, then `autonomy task reset {asked.subject}`.',
        )
    _answer(project, asked, "approve", why)
    made = complete(project, offer, report)
    if made is None:
        raise WorldError(f"the task of {decision} is held by another run", "It is approved; the next run hands it off.")
    return made


def allow(project: Project, decision: str, why: str) -> Decision:
    """Answer yes to a step; the next run of its task does it, and asks about none that was allowed."""
    stop.refuse_agents(project.store, "approve")
    asked = find(project, decision)
    if asked.kind != asking.STEP:
        raise UsageError(f"{decision} asks about {_about(asked)}, not about a step", _how(asked))
    _answer(project, asked, steps.ALLOW, why)
    return find(project, decision)


def answer(project: Project, decision: str, text: str) -> Decision:
    """Answer an agent's question, with one of its options (or the number of one) or in words of one's own."""
    stop.refuse_agents(project.store, "decide")
    asked = find(project, decision)
    if asked.kind != asking.GUIDANCE:
        raise UsageError(f"{decision} asks about {_about(asked)}: words do not answer it", _how(asked))
    said = visible(redact(text, records.known_secrets())).strip()
    if not said or len(said) > LONGEST_ANSWER:
        raise UsageError(f"an answer has 1 to {LONGEST_ANSWER:,} characters", "Say it in the issue if it is longer.")
    _answer(project, asked, _ANSWER, said)
    return find(project, decision)


def option_of(asked: Decision, word: str) -> str:
    """The option that a person means by its text or its number, from 1; UsageError when there is none."""
    if word in asked.options:
        return word
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 4 else 0
    if not 1 <= number <= len(asked.options):
        told = ", ".join(f"{at} {option}" for at, option in enumerate(asked.options, 1))
        raise UsageError(f"{asked.id} has no option {one_line(word, 60)}", f"Its options are: {told}.")
    return asked.options[number - 1]


def _about(asked: Decision) -> str:
    return {"handoff": "a finished change", asking.STEP: "a step"}.get(asked.kind, "what its agent wants to know")


def _how(asked: Decision) -> str:
    if asked.kind == asking.GUIDANCE:
        return f'Answer it: `autonomy decision decide {asked.id} --answer "…"`.'
    return f"Say `autonomy decision approve {asked.id}` or `autonomy decision deny {asked.id}`."


def _answer(project: Project, asked: Decision, option: str, why: str) -> None:
    """Store the answer in one statement with its conditions: still open, before the deadline, the same action."""
    data: dict[str, object] = {
        "option": option,
        "why": why if option == _ANSWER else one_line(why, 500),
        "via": "cli",
        "action_sha256": asked.action_sha256,
    }
    event = Event(
        kind="decision.answered",
        subject=asked.id,
        run=asked.run,
        actor=f"person:{host.user_name()}",
        data=data,
        key=f"answer/{asked.id}",
    )
    still_open = DecisionOpen(decision=asked.id, action_sha256=asked.action_sha256)
    if not project.store.append([event], only_if=still_open):
        now = find(project, asked.id)
        raise UsageError(
            f"{asked.id} is {now.status} already", "Nothing was changed; `autonomy decision view` tells more."
        )


def complete(project: Project, offer: Handoff, report: Report) -> Event | None:
    """Hand off what was approved; None when somebody alive holds the task."""
    lease = claim.take_over(project, names.claim_of_run(offer.run))
    if lease is None:
        return None
    try:
        made = handoff.deliver(project, lease, offer, report)
    except PackError:
        project.store.release(lease)
        raise
    project.store.release(lease, events=[made])
    report(made)
    return made


def expire(project: Project, report: Report) -> None:
    """Answer every decision whose deadline has passed with its default, which is no."""
    now = project.store.now()
    for head in project.store.heads("decision", status=["pending"]):
        if head.deadline > now:
            continue
        data: dict[str, object] = {
            "option": "deny",
            "why": "nobody answered in time",
            "via": "expiry",
            "action_sha256": head.action_sha256,
        }
        event = Event(
            kind="decision.answered", subject=head.subject, run=head.run, data=data, key=f"answer/{head.subject}"
        )
        for stored in project.store.append([event], only_if=DecisionExpired(decision=head.subject)):
            report(stored)


def complete_answered(project: Project, report: Report) -> None:
    """Hand off what was approved by a process that died before it could; what no longer fits is queued again."""
    for head in project.store.heads("decision", status=["approved"]):
        asked = _decision(project, head, project.store.now())
        task = project.store.head(asked.subject)
        if task is None or task.status != Outcome.WAITING or task.run != asked.run:
            continue
        # One that cannot be completed now (its branch is in the way, its records are gone) must not stop the others.
        with suppress(UsageError, WorldError):
            _complete_or_requeue(project, handoff.read(project, asked.run), report)


def _complete_or_requeue(project: Project, offer: Handoff, report: Report) -> None:
    handoff.bring_in(project, offer)
    stale = handoff.why_stale(project, offer)
    if stale:
        _requeue(project, offer, stale, report)
    else:
        complete(project, offer, report)


def _requeue(project: Project, offer: Handoff, why: str, report: Report) -> None:
    data: dict[str, object] = {"scope": "task", "state": "stale", "why": why}
    for event in project.store.append([Event(kind="task.reset", subject=offer.task, run=offer.run, data=data)]):
        report(event)
