"""What waits for a person: whether it is still what was asked about, and handing it off when the answer is yes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy_pack.edges.remake import tree_of
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import LeaseLost, PackError, WorldError
from autonomy_pack.flows import claim, handoff
from autonomy_pack.flows.actions import admit, delivery, ending, offers, said
from autonomy_pack.flows.actions.fetched import Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known, Means
from autonomy_pack.flows.actions.said import Said
from autonomy_pack.flows.box import Box
from autonomy_pack.model import CheckResult, Event, Lease, Move, Result, WorkflowRun
from autonomy_pack.policy import names
from autonomy_pack.store.gitrefs import GitRefs

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

_AGAIN = "`/autonomy retry` on the issue makes a new attempt."


def why_not(github: GitHub, remote: Remote, store: GitRefs, run: str, action_sha256: str) -> str:
    """Why what waits is not what was asked about, or no longer fits the world; "" when it is and does."""
    kept = _kept(store, run)
    if kept is None or not kept.waits:
        return "nothing waits for it any more"
    if handoff.action_sha256(kept.offer) != action_sha256:
        return "what is kept is another action than was asked about"
    ref = delivery.pending_ref(kept.leg)
    if remote.tips(ref).get(ref) != kept.offer.head:
        return "the kept commit is gone, or another one lies in its place"
    try:
        admit.facts(github, kept.leg)
    except Stale as moved:
        return str(moved)
    return ""


def _kept(store: GitRefs, run: str) -> Said | None:
    kept = said.of_json(store.said(names.claim_of_run(run)))
    return kept if kept and kept.offer.run == run else None


def deliver(
    github: GitHub, remote: Remote, store: GitRefs, workflow_run: WorkflowRun, decision: str, out: Path, box: Box
) -> Event:
    """Hand off what decision `decision` agreed to; its handoff.made event, stored.

    The kept commit is judged again, on the base as it is now. Called again after a crash it goes on where that was.
    WorldError when the world moved, the change is not what was asked about, or another run holds the task.
    """
    asked = next(iter(store.events(subject=decision, kinds=["decision.asked"])), None)
    if asked is None:
        raise WorldError(f"there is no decision {decision}", "Its id stands in the comment that asked.")
    made = next(iter(store.events(kinds=["handoff.made"], run=asked.run)), None)
    if made:
        return made
    here = Means(github=github, remote=remote, store=store, workflow_run=workflow_run, box=box)
    here.heed(names.issue_of_run(asked.run))
    lease = _lease(here, asked.run)
    try:
        return _delivered(here, lease, asked, out)
    except (Stale, Unfit) as why:
        store.release(lease)
        raise WorldError(f"{decision} cannot be carried out: {why}", _AGAIN) from why
    except PackError:
        kept = _kept(store, asked.run)
        if kept is None or kept.waits:
            _give_back(store, lease)
        raise


def _lease(here: Means, run: str) -> Lease:
    """The task's lease, for this run of the workflow; also the one an earlier attempt of it took."""
    key, holder = names.claim_of_run(run), claim.workflow_holder(here.workflow_run)
    here.store.refresh()
    there = here.store.lease(key)
    if there and there.holder and (there.holder.host, there.holder.boot) == (holder.host, holder.boot):
        return there
    dead = claim.workflow_is_dead(here.github.run_is_over)
    taken = here.store.claim([key], holder, seconds=claim.WORKFLOW_SECONDS, dead=dead)
    if taken is None:
        raise WorldError("another run works on this issue", "The answer is kept; answer again when that run is over.")
    return taken[0]


def _give_back(store: GitRefs, lease: Lease) -> None:
    try:
        store.release(lease)
    except LeaseLost:
        return


def _delivered(here: Means, lease: Lease, asked: Event, out: Path) -> Event:
    kept = _kept(here.store, asked.run)
    if kept is None or (kept.waits and handoff.action_sha256(kept.offer) != asked.data["action_sha256"]):
        raise Stale("what is kept is not what was asked about")
    leg = dataclasses.replace(kept.leg, attempt=lease.fence)
    case = Case(means=here, leg=leg, lease=lease, run=asked.run)
    here.github.calls.before_write = lambda: here.heed(leg.issue)
    offer = kept.offer
    if kept.waits:
        waited = _fetched(here, kept)
        known = admit.admit(here, kept.leg)
        judged = offers.judge(case, known, _claims(case, known, kept), None, approved=True)
        if judged.verdict == "block":
            raise Stale(f"it is blocked now: {judged.why}")
        case.told.clear()  # the run told all this when it ended
        offer = delivery.push(case, judged.offer, waited=waited)
    end = ending.handed_off(case, offer)
    made = next((one for one in end.events if one.kind == "handoff.made"), None)
    ending.end(case, out, end)
    if made is None:
        raise WorldError(end.why, "Nothing more is done with it.")
    return made


def _fetched(here: Means, kept: Said) -> Move:
    """The kept commit is here now; the move that takes its ref away."""
    ref = delivery.pending_ref(kept.leg)
    if here.remote.tips(ref).get(ref) != kept.offer.head:
        raise Stale("the kept commit is gone, or another one lies in its place")
    here.remote.fetch(ref, depth=2)
    return Move(ref=ref, old=kept.offer.head, new=ZERO)


def _claims(case: Case, known: Known, kept: Said) -> Result:
    """What the run job claimed, as it was stored when it ended."""
    told = list(case.means.store.events(run=case.run))
    started = next((one.data for one in told if one.kind == "run.started"), {})
    checks = [one.data for one in told if one.kind == "check.ran"]
    return Result(
        version=1,
        issue=kept.leg.issue,
        event=kept.leg.event,
        attempt=kept.leg.attempt,
        outcome="produced",
        why="",
        base=kept.offer.base,
        head=kept.offer.head,
        tree=tree_of(case.means.remote.git_dir, kept.offer.head),
        bundle_sha256=kept.offer.sha256,
        checks=tuple(CheckResult(**{**data, "argv": tuple(data["argv"])}) for data in checks),
        seconds=0.0,
        usd=0.0,
        tokens=0,
        sandbox=str(started.get("sandbox", "none")),
        agent=known.task.agent,
    )
