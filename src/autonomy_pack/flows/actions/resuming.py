"""Going on with a change that was pushed before: nothing a lease says opens anything until all of it is judged anew."""

from __future__ import annotations

import dataclasses

from autonomy_pack.edges import git
from autonomy_pack.edges.remake import tree_of
from autonomy_pack.edges.remote import ZERO
from autonomy_pack.flows import repair
from autonomy_pack.flows.actions import admit, delivery, heard, offers
from autonomy_pack.flows.actions import said as leases
from autonomy_pack.flows.actions.fetched import Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known
from autonomy_pack.flows.actions.offers import Judged
from autonomy_pack.flows.actions.said import Said
from autonomy_pack.model import Move
from autonomy_pack.policy import agent_pull, choose, names


def admitted(case: Case, kept: Said) -> Known:
    """What is known of the task now. Stale when the lease says anything else of it than its labels and policy do."""
    known = admit.admit(case.means, kept.leg)
    leg = kept.leg
    made = agent_pull.named(leg.branch)
    if made is None or names.branch(known.task, made.agent) != leg.branch:
        raise Stale(f"branch {leg.branch} is not the one of issue {leg.issue}")
    mission = next(iter(choose.family(known.task.labels, "mission")), known.config.mission)
    if leg.mission not in (mission, *([repair.MISSION] if leg.pull else [])):
        raise Stale(f"mission {leg.mission} is not the one of issue {leg.issue}")
    if offers.policy_sha256(known) != kept.policy_sha256:
        raise Stale("what governs is not what the change was judged by")
    return known


def waiting(case: Case, known: Known, kept: Said, *, approved: bool = False) -> tuple[Judged, Move]:
    """The judgement on the kept commit, on the base as it is now, and the move that takes its ref away."""
    move = waited(case, kept)
    claimed = dataclasses.replace(kept.claimed, tree=tree_of(case.means.remote.git_dir, kept.pushed))
    return offers.judge(case, known, claimed, None, approved=approved), move


def waited(case: Case, kept: Said) -> Move:
    """The kept commit is here now; the move that takes its ref away. Stale when it is another one."""
    ref, remote = delivery.pending_ref(kept.leg), case.means.remote
    if kept.claimed.head != kept.pushed or remote.tips(ref).get(ref) != kept.pushed:
        raise Stale("the kept commit is gone, or another one lies in its place")
    remote.fetch(ref, depth=2)
    return Move(ref=ref, old=kept.pushed, new=ZERO)


def pushed(case: Case, known: Known, kept: Said) -> Judged:
    """The judgement on the commit that the leg's branch is at, and the offer of it, made from what is known now.

    Unfit when it is not a commit that we would have pushed for this task; Stale when its base is none of ours.
    """
    means = case.means
    means.remote.fetch(f"refs/heads/{kept.leg.branch}", depth=2)
    if kept.judged != kept.pushed:
        means.remote.fetch(delivery.objects_ref(kept.leg), depth=2)
    base = _base(case, known, kept)
    judged = offers.judge_pushed(case, known, kept.claimed, kept.judged, base)
    if kept.judged == kept.pushed:
        return judged
    _need_signed(case, judged, kept, base)
    return dataclasses.replace(judged, offer=dataclasses.replace(judged.offer, head=kept.pushed))


def _base(case: Case, known: Known, kept: Said) -> str:
    """What the judged commit is compared with: its parent, which is the leg's base or one that the default branch had
    since; for one that mends, the base of what it mends."""
    words = ("rev-parse", "--verify", "--quiet", f"{kept.judged}^1")
    code, out, _ = git.heard(*words, at=case.means.remote.git_dir)
    base, github = git.text(out), case.means.github
    if code != 0:
        raise Unfit(f"{kept.judged[:7]} is no commit on a base")
    if kept.leg.tip:
        if base != kept.leg.tip:
            raise Unfit(f"{kept.judged[:7]} is not made on {kept.leg.tip[:7]}, which it mends")
        return kept.leg.base
    if base != kept.leg.base and not (github.is_ancestor(kept.leg.base, base) and github.is_ancestor(base, known.head)):
        raise Stale(f"{base[:7]}, which the change was made on, is none of {known.branch}")
    return base


def _need_signed(case: Case, judged: Judged, kept: Said, base: str) -> None:
    """Unfit unless the signed commit is the judged one in all but who made it."""
    git_dir = case.means.remote.git_dir
    header, _, message = git.run("cat-file", "commit", kept.pushed, at=git_dir).partition(b"\n\n")
    told = [line for line in header.split(b"\n") if line.startswith((b"tree ", b"parent "))]
    ours = [f"tree {tree_of(git_dir, kept.judged)}".encode(), f"parent {kept.leg.tip or base}".encode()]
    wanted = delivery.signed_message(case, judged.offer).rstrip()
    if told != ours or message.decode("utf-8", "replace").rstrip() != wanted:
        raise Unfit("the signed commit is not the one that was judged")


def is_agreed(case: Case, kept: Said) -> bool:
    """Whether a person agreed to exactly this change, as their comment or label itself says now."""
    decision = names.decision_id(kept.run, leases.action_sha256(kept))
    return heard.answer(case.means.github, case.means.store, decision, kept.leg.issue) == "approve"
