"""The leases of a repository: who is at work, and what a run that is over left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

from autonomy_pack.contracts import Store
from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.flows import claim as claims
from autonomy_pack.flows.actions import said
from autonomy_pack.model import Holder, Lease, Leg
from autonomy_pack.policy import names
from autonomy_pack.store.gitrefs import GitRefs

# Runs of workflows that one job asks about.
_ASKED = 50


def alive(store: Store, github: GitHub, now: str) -> list[Lease]:
    """The leases of tasks that somebody holds who is not known to be dead; one request for each run of a workflow."""
    dead = _dead(github)
    return [lease for lease in _of_tasks(store) if lease.expires > now and lease.holder and not dead(lease.holder)]


def left_behind(store: Store, github: GitHub) -> list[Lease]:
    """The leases of tasks whose holder is a run of a workflow that is over."""
    dead = _dead(github)
    return [lease for lease in _of_tasks(store) if lease.holder and dead(lease.holder)]


def leg_of(store: GitRefs, lease: Lease) -> Leg | None:
    """The leg whose change was pushed under this lease and not handed off since; None when there is none.

    What a lease says may be anybody's words, who may write: its shape is checked, and `publish` derives the rest again.
    """
    kept = said.of_json(store.said(lease.key, fresh=False), lease.key)
    return kept.leg if kept and not _is_done(store, lease, kept.leg.attempt) else None


def _is_done(store: Store, lease: Lease, attempt: int) -> bool:
    """Whether a run that began with that attempt, or after it, finished: a lease still says what its last one said."""
    ended = store.events(kinds=["run.finished"], subject=names.task_of_claim(lease.key))
    fences = [run.run.rpartition("/")[2] for run in ended if names.claim_of_run(run.run) == lease.key]
    return any(fence.isdecimal() and int(fence) >= attempt for fence in fences)


def _of_tasks(store: Store) -> list[Lease]:
    return [lease for lease in store.leases() if lease.key.startswith("task:")]


def _dead(github: GitHub) -> Callable[[Holder], bool]:
    """Whether a holder is known to be dead; each is asked about once, and so many at most: leases may be forged."""
    asked, is_dead = Counter[str](), claims.workflow_is_dead(github.run_is_over)

    def dead(holder: Holder) -> bool:
        asked["runs"] += 1
        try:
            return asked["runs"] <= _ASKED and is_dead(holder)
        except Refused:
            return False  # nothing is known of it, which says nothing of the others

    return cache(dead)
