"""Handing a finished change to people: intend, bring the objects in, publish, verify, record. Each step converges."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from autonomy_pack.contracts import Store
from autonomy_pack.edges import git, workspace
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.flows import agreement, budget, records, stop
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import (
    HOLD_LABEL,
    STOP_LABEL,
    Change,
    CheckResult,
    Event,
    Examination,
    Handoff,
    Lease,
    Outcome,
    Run,
)
from autonomy_pack.policy import choose, evidence, names
from autonomy_pack.views import handoff as view

LABELS = ("agent:handoff", "status:pr-created")


def prepare(
    job: Job,
    change: Change,
    results: Sequence[CheckResult],
    examination: Examination,
    weighed: Sequence[evidence.Evidence],
) -> Handoff:
    """The handoff of a change, its body rendered; kept in the run's folder, so that any later process can finish it."""
    repair = job.run.task.repair
    run, closes = job.run, evidence.closes(weighed) and not job.run.mission.plan_only
    offer = Handoff(
        repo=job.project.repo,
        task=run.task.id,
        issue=run.task.issue,
        pin=run.task.pin,
        run=run.id,
        branch=repair.branch if repair else names.branch(run.task, run.agent),
        base=change.base,
        head=change.head,
        title=names.title(run.task),
        body="",
        closes=closes,
        bundle=change.bundle,
        sha256=change.sha256,
        policy_sha256=job.policy_sha256,
        target=job.project.base.branch,
        labels=LABELS[:1],
        draft=job.project.config.draft,
        reviewers=() if repair else job.project.config.reviewers,
        replaces=repair.tip if repair else "",
    )
    body = view.body(
        offer,
        run,
        job.terms.box.level,
        change,
        results,
        examination,
        weighed,
        claims=records.last_words(job.folder),
        cost=cost(job.project.store, run, budget.spent(job.project.store, run.id)),
        people=agreement.words(job.project.store, run.task.id, records.read_transcript(job.folder)),
    )
    offer = dataclasses.replace(offer, body=redact(body, records.known_secrets()))
    records.write_json(job.folder / "handoff.json", dataclasses.asdict(offer))
    return offer


def cost(store: Store, run: Run, spent: tuple[float, int]) -> view.Cost:
    """What the run cost, and with it all runs of its issue."""
    others = sum(event.run != run.id for event in store.events(subject=run.task.id, kinds=["run.finished"]))
    usd, tokens = budget.spent_by_others(store, run.task.id, run.id)
    return view.Cost(
        usd=spent[0], tokens=spent[1], runs=others + 1, all_usd=usd + spent[0], all_tokens=tokens + spent[1]
    )


def read(project: Project, run: str) -> Handoff:
    """The handoff a run prepared; UsageError when its records are gone."""
    return Handoff(**records.read_json(records.find_run(project.place, run) / "handoff.json"))


def bring_in(project: Project, offer: Handoff) -> None:
    """Bring the offer's kept commit into the repository: objects only, no branch moves."""
    bundle = records.find_run(project.place, offer.run) / offer.bundle
    workspace.unbundle(bundle, offer.sha256, offer.head, into=project.place.git_dir)


def action_sha256(offer: Handoff) -> str:
    """The hash a decision about this handoff binds to."""
    return names.action_sha256(
        kind="handoff",
        repo=offer.repo,
        task=offer.task,
        base=offer.base,
        head=offer.head,
        branch=offer.branch,
        policy_sha256=offer.policy_sha256,
    )


def why_stale(project: Project, offer: Handoff) -> str:
    """Why the offer no longer fits the world it was made for; "" when it does."""
    if not offer.issue:
        return _why_base_moved(project, offer)
    issue = project.forge.issue(offer.issue)
    if issue is None or issue.state != "open":
        return f"issue {offer.issue} is not open any more"
    if choose.text_pin(issue) != offer.pin:
        return f"the text of issue {offer.issue} changed"
    held = {HOLD_LABEL, STOP_LABEL}.intersection(issue.labels)
    if held:
        return f"issue {offer.issue} has the label {min(held)}"
    return _why_base_moved(project, offer)


def _why_base_moved(project: Project, offer: Handoff) -> str:
    """A base that moved is fine as long as nothing this change touches moved with it."""
    now = project.find_base()
    if now.commit == offer.base:
        return ""
    at = project.place.git_dir
    code, _ = git.answer("merge-base", "--is-ancestor", offer.base, now.commit, at=at, ok=(0, 1, 128))
    if code:
        return f"{now.branch} no longer contains {offer.base[:7]}, which the change was made from"
    ours = _changed(project, offer.base, offer.head)
    both = ours & _changed(project, offer.base, now.commit)
    return f"{now.branch} moved under {one_line(sorted(both)[0], 200)}" if both else ""


def _changed(project: Project, base: str, head: str) -> set[str]:
    out = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, head, at=project.place.git_dir)
    return set(filter(None, out.decode("utf-8", "surrogateescape").split("\0")))


def deliver(project: Project, lease: Lease, offer: Handoff, report: Report) -> Event:
    """Make the handoff exist, and see that it does; its handoff.made event, still to be stored by the caller.

    May be called again after a crash at any point: what exists already is adopted, never doubled.
    Raises Stopped, LeaseLost, or WorldError when the branch is somebody else's.
    """
    stop.heed(project.place)
    stop.heed_forge(project, offer.issue)
    intended = _event(offer, "handoff.intended", {"branch": offer.branch, "head": offer.head, "closes": offer.closes})
    for event in project.store.append([intended], lease=lease):
        report(event)
    stop.heed(project.place)
    bring_in(project, offer)
    stop.heed_forge(project, offer.issue)
    place = project.forge.publish(_agreed(project, offer))
    state = project.forge.handoff_state(offer.branch, offer.head, project.base.commit)
    if state not in ("open", "merged"):
        raise WorldError(f"branch {offer.branch} is {state} right after it was made", "Look who else moves branches.")
    if offer.issue:
        project.forge.label(offer.issue, add=LABELS)
    made: dict[str, object] = {
        "ref": f"refs/heads/{offer.branch}",
        "url": place.url,
        "number": place.number,
        "verified": True,
    }
    return _event(offer, "handoff.made", made)


def _agreed(project: Project, offer: Handoff) -> Handoff:
    """The offer whose body says who agreed to it, where somebody was asked."""
    by = agreement.to_change(project.store.events(kinds=["decision.answered"], run=offer.run))
    if not by:
        return offer
    return dataclasses.replace(offer, body=redact(view.agreed(offer.body, by), records.known_secrets()))


def _event(offer: Handoff, kind: str, data: dict[str, object]) -> Event:
    return Event(kind=kind, subject=offer.task, run=offer.run, data=data, key=f"{kind}/{offer.run}")


def deliver_run(job: Job, offer: Handoff) -> Ending:
    """Hand off within the run that made the change."""
    # The objects must be here before paths can be compared, should the base have moved meanwhile.
    bring_in(job.project, offer)
    stale = why_stale(job.project, offer)
    if stale:
        return Ending(outcome=Outcome.STALE, why=stale)
    made = deliver(job.project, job.claim.task, offer, job.terms.report)
    return Ending(outcome=Outcome.HANDED_OFF, why=_why(offer), events=(made,))


def _why(offer: Handoff) -> str:
    return f"branch {offer.branch}"
