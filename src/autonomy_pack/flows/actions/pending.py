"""What waits for a person: whether it is still what was asked about, and handing it off when the answer is yes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import LeaseLost, PackError, WorldError
from autonomy_pack.flows import claim
from autonomy_pack.flows.actions import admit, delivery, ending, resuming, said
from autonomy_pack.flows.actions.delivery import Theirs
from autonomy_pack.flows.actions.fetched import Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Means
from autonomy_pack.flows.actions.offers import Judged
from autonomy_pack.flows.actions.said import Said
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Event, Handoff, Lease, WorkflowRun
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
    if said.action_sha256(kept) != action_sha256:
        return "what is kept is another action than was asked about"
    ref = delivery.pending_ref(kept.leg)
    if remote.tips(ref).get(ref) != kept.pushed:
        return "the kept commit is gone, or another one lies in its place"
    try:
        admit.facts(github, kept.leg)
    except Stale as moved:
        return str(moved)
    return ""


def _kept(store: GitRefs, run: str) -> Said | None:
    key = names.claim_of_run(run)
    kept = said.of_json(store.said(key), key)
    return kept if kept and kept.run == run else None


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
    except (Stale, Unfit, Theirs) as why:
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
    # The decision's id is made of run and action, so a question that was stored for another change is told from it.
    if kept is None or asked.subject != names.decision_id(kept.run, said.action_sha256(kept)):
        raise Stale("what is kept is not what was asked about")
    leg = dataclasses.replace(kept.leg, attempt=lease.fence)
    case = Case(means=here, leg=leg, lease=lease, run=kept.run, made_in=kept.run_id)
    here.github.calls.before_write = lambda: here.heed(leg.number)
    end = ending.handed_off(case, _agreed(case, kept))
    made = next((one for one in end.events if one.kind == "handoff.made"), None)
    ending.end(case, out, end)
    if made is None:
        raise WorldError(end.why, "Nothing more is done with it.")
    return made


def _agreed(case: Case, kept: Said) -> Handoff:
    """The offer of what a person agreed to, judged now; its branch is pushed. Stale when it may not go out any more."""
    if not kept.waits:
        delivery.need_ours(case, kept.leg.branch, kept.pushed)
    known = resuming.admitted(case, kept)
    if kept.waits:
        judged, move = resuming.waiting(case, known, kept, approved=True)
        _need_harmless(judged)
        offer = delivery.push(case, judged, waited=move)
    else:
        judged = resuming.pushed(case, known, kept)
        _need_harmless(judged)
        offer = judged.offer
    case.told.clear()  # the run told all this when it ended
    return offer


def _need_harmless(judged: Judged) -> None:
    if judged.verdict == "block":
        raise Stale(f"it is blocked now: {judged.why}")
