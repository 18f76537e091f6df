"""Removing refs that nobody needs any more: leases of attempts long over, changes whose question was answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from autonomy_pack.contracts import Store
from autonomy_pack.edges import clock
from autonomy_pack.edges.remote import ZERO
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Head, Move, Outcome, value
from autonomy_pack.policy import names
from autonomy_pack.store import states
from autonomy_pack.store.gitrefs import GitRefs

_CHANGES = ("refs/autonomy/pending/", "refs/autonomy/objects/")
_A_DAY = 86_400.0
_AT_ONCE = 50


@value
class Swept:
    """What became of a ref and why: `removed`, or kept. In a dry run `removed` says what would have been."""

    ref: str
    oid: str
    removed: bool
    why: str


def gc(store: Store, *, days: float = 30.0, dry_run: bool = False) -> list[Swept]:
    """Remove, by compare-and-swap, the refs that were not needed for so many days; what became of each.

    Leases of tasks that are merged, dropped or denied and changes whose run and question are over go; all else, and
    whatever moved meanwhile, stays. UsageError for less than a day.
    """
    if not days >= 1:
        raise UsageError(f"{days:g} days are too few", "Give --days 1 or more: what is younger may be at work.")
    if not isinstance(store, GitRefs):
        return []
    store.refresh()
    tips = store.remote.tips(f"{states.LEASES}*", *(f"{folder}*" for folder in _CHANGES))
    why_not = _Needs(store, clock.later(store.now(), -days * _A_DAY))
    judged = [(ref, oid, why_not(ref)) for ref, oid in sorted(tips.items())]
    old = {ref: oid for ref, oid, why in judged if not why}
    gone = set(old) if dry_run else _removed(store, old)
    kept = {ref: why or "it moved meanwhile" for ref, _, why in judged}
    return [
        Swept(ref=ref, oid=oid, removed=ref in gone, why="over for long" if ref in gone else kept[ref])
        for ref, oid, _ in judged
    ]


def _removed(store: GitRefs, tips: Mapping[str, str]) -> set[str]:
    """Remove those refs that are still where they were."""
    moves = [Move(ref=ref, old=oid, new=ZERO) for ref, oid in tips.items()]
    gone: set[str] = set()
    for first in range(0, len(moves), _AT_ONCE):
        some = moves[first : first + _AT_ONCE]
        gone |= _taken(store.remote.push, some)
    store.refresh()
    return gone


def _taken(push: Callable[[Sequence[Move]], bool], moves: Sequence[Move]) -> set[str]:
    if push(moves):
        return {move.ref for move in moves}
    return {move.ref for move in moves if len(moves) > 1 and push([move])}


class _Needs:
    """Why a ref is still needed, "" when it is not; `before` is the time until which things count as over for long."""

    def __init__(self, store: GitRefs, before: str) -> None:
        self._store, self._before = store, before
        self._ended = {event.run: event.at for event in store.events(kinds=["run.finished"])}
        self._decisions: dict[str, list[Head]] = {}
        for head in store.heads("decision"):
            self._decisions.setdefault(head.run, []).append(head)
        self._runs = {_short(run): run for run in [*self._ended, *self._decisions]}

    def __call__(self, ref: str) -> str:
        if ref.startswith(states.LEASES):
            return self._lease(states.key_of(ref))
        run = self._runs.get(ref.rpartition("/")[2])
        return self._run(run) if run else "nothing is known of its run"

    def _lease(self, key: str | None) -> str:
        lease = self._store.lease(key) if key else None
        if lease is None or lease.holder == states.UNREADABLE:
            return "it cannot be read"
        if not re.fullmatch(r"task:.*#[^@]*@[0-9]+", lease.key):
            return "its key will be claimed again"
        if lease.holder is not None:
            return "it is held"
        head = self._store.head(names.task_of_claim(lease.key))
        if head is None or not self._is_over(head):
            return f"its task is {head.status if head else 'not known'}"
        return self._too_young([head.at])

    def _is_over(self, head: Head) -> bool:
        answers = {one.status for one in self._decisions.get(head.run, [])}
        return head.status in ("merged", "held") or (head.status == Outcome.WAITING and answers == {"denied"})

    def _run(self, run: str) -> str:
        decisions = self._decisions.get(run, [])
        if any(one.status == "pending" for one in decisions):
            return "its question is open"
        task = self._store.head(names.task_of_run(run))
        waits = task is not None and task.run == run and task.status == Outcome.WAITING
        if waits and any(one.status == "approved" for one in decisions):
            return "it is approved and not handed off yet"
        ended = self._ended.get(run)
        return self._too_young([ended, *(one.at for one in decisions)]) if ended else "its run is not over"

    def _too_young(self, times: Iterable[str]) -> str:
        newest = max(times)
        return "" if newest < self._before else f"it is over since {newest[:10]} only"


def _short(run: str) -> str:
    """ISSUE-EVENT-ATTEMPT: what a run's changes are called."""
    claim, _, attempt = run.rpartition("/")
    return f"{names.issue_of_run(run)}-{claim.rpartition('@')[2]}-{attempt}"
