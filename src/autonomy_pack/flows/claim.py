"""Holding a task: its lease and a slot of its lane, taken together, renewed while work goes on, given back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autonomy_pack.contracts import Store
from autonomy_pack.edges import clock, host
from autonomy_pack.errors import LeaseLost, PackError
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Event, Holder, Lease, Task, WorkflowRun
from autonomy_pack.policy import names
from autonomy_pack.store import open_store
from autonomy_pack.store.conditions import HeadUnmoved

SECONDS = 30.0
# A lease of a workflow's run has no clock: far enough to mean "until its run is over".
WORKFLOW_SECONDS = 10 * 365 * 86400.0
RENEW_EVERY = 5.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A task's lease and its lane's; `lost` is set when somebody else took the task over."""

    task: Lease
    lane: Lease
    lost: threading.Event = field(default_factory=threading.Event)


def run_id(lease: Lease) -> str:
    """The id of the run that works under this lease."""
    return names.run_of_claim(lease.key, lease.fence)


def workflow_holder(workflow: WorkflowRun) -> Holder:
    """A run of a workflow as the holder of a lease: it has no clock, GitHub knows whether it is over."""
    return Holder(
        host="actions", boot=str(workflow.run_id), pid_namespace=workflow.repo, pid=workflow.attempt, pid_start=0.0
    )


def workflow_is_dead(run_is_over: Callable[[int, int], bool]) -> Callable[[Holder], bool]:
    """Whether a holder is a run of a workflow that GitHub says is over; of any other holder nothing is known."""

    def dead(holder: Holder) -> bool:
        return holder.host == "actions" and run_is_over(int(holder.boot), holder.pid)

    return dead


def take(project: Project, task: Task, seq: int | None) -> Claim | None:
    """Claim the task and a slot of its lane in one transaction; None when either is held by somebody alive.

    With `seq`, also None when anything happened to the task since its head was there.
    """
    unmoved = None if seq is None else HeadUnmoved(subject=task.id, seq=seq)

    def claimed(leases: tuple[Lease, ...]) -> list[Event]:
        lease = leases[0]
        data = {"fence": lease.fence, "holder": _shown(lease), "expires": lease.expires}
        key = f"claim/{task.id}/{lease.fence}"
        return [Event(kind="task.claimed", subject=task.id, run=run_id(lease), data=data, key=key)]

    for slot in range(1, project.config.lanes[task.lane].slots + 1):
        keys = [names.claim_key(task), f"lane:{task.lane}/{slot}"]
        held = project.store.claim(keys, host.me(), seconds=SECONDS, dead=host.is_dead, events=claimed, only_if=unmoved)
        if held:
            return Claim(task=held[0], lane=held[1])
    return None


def why_not(project: Project, task: Task) -> str:
    """Why `take` gave nothing just now, for a person; what it knows of may have ended since."""
    if (lease := project.store.lease(names.claim_key(task))) and lease.holder and not host.is_dead(lease.holder):
        return f"another session works on it, as run {run_id(lease)}"
    slots = project.config.lanes[task.lane].slots
    held = [project.store.lease(f"lane:{task.lane}/{slot}") for slot in range(1, slots + 1)]
    if all(one and one.holder for one in held):
        return f"all {slots} slots of lane {task.lane} are in use (lanes.{task.lane}.slots); run again later"
    return "it changed while others were worked on; run again"


def take_over(project: Project, key: str) -> Lease | None:
    """Take one lease whose holder is dead or expired; None when somebody alive holds it."""
    held = project.store.claim([key], host.me(), seconds=SECONDS, dead=host.is_dead)
    return held[0] if held else None


def _shown(lease: Lease) -> str:
    return f"{lease.holder.host}:{lease.holder.pid}" if lease.holder else ""


@contextmanager
def kept(project: Project, claim: Claim) -> Iterator[None]:
    """Renew both leases every 5 s on a thread and connection of their own; nothing the run does can block that."""
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(project.store_url, claim, done), daemon=True, name="renew")
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def _renew(store_url: str, claim: Claim, done: threading.Event) -> None:
    store: Store | None = None
    deadline = clock.monotonic() + SECONDS
    while not done.wait(RENEW_EVERY):
        try:
            store = store or open_store(store_url)
            for lease in (claim.task, claim.lane):
                store.renew(lease, seconds=SECONDS)
            deadline = clock.monotonic() + SECONDS
        except LeaseLost:
            claim.lost.set()
        except PackError:
            # A store that cannot be reached may come back, but only until the lease has run out.
            if clock.monotonic() > deadline:
                claim.lost.set()
    if store:
        store.close()


def give_back(project: Project, claim: Claim, events: list[Event]) -> None:
    """End the claim, with its last events in the same transaction; LeaseLost when it was taken over."""
    project.store.release(claim.task, events=events)
    project.store.release(claim.lane)
