"""What publishing works with, handed from one step to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autonomy_pack.edges.remote import Remote
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, Stopped
from autonomy_pack.flows.actions import grounds
from autonomy_pack.flows.actions.watch import words
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Config, Event, Lease, Leg, Mission, Task, WorkflowRun
from autonomy_pack.store.gitrefs import GitRefs

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

_TWICE = 2


@dataclass(frozen=True, kw_only=True)
class Means:
    """One process that may write to one repository, and the run of a workflow it does so for."""

    github: GitHub
    remote: Remote
    store: GitRefs
    workflow_run: WorkflowRun
    box: Box

    @property
    def run_url(self) -> str:
        """Where the run of the workflow can be looked at."""
        return self.url_of(self.workflow_run.run_id)

    def url_of(self, run_id: int) -> str:
        """Where a run of a workflow of this repository can be looked at."""
        return f"{self.workflow_run.server_url}/{self.workflow_run.repo}/actions/runs/{run_id}"

    def heed(self, issue: str) -> None:
        """Stopped when any switch says so now; WorldError when that cannot be told. Asked before every write."""
        if why := words(self.github, self.workflow_run.workflow, issue, now=True):
            raise Stopped(f"stopped by {one_line(why)}", "Take the stop away when work may go on; then run again.")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A leg in work: under which lease, as which run, and what is told of it at its end (kind, subject, data, key).

    `notes` are what could not be done and does not matter enough to fail for. `made_in` is the run of the workflow
    whose run job made the change, 0 for this one.
    """

    means: Means
    leg: Leg
    lease: Lease
    run: str
    told: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made_in: int = 0

    @property
    def run_url(self) -> str:
        """Where the run of the workflow that made the change can be looked at."""
        return self.means.url_of(self.made_in or self.means.workflow_run.run_id)

    @property
    def task_id(self) -> str:
        """The task's id."""
        return f"{self.means.workflow_run.repo}#{self.leg.number}"

    def tell(self, kind: str, data: dict[str, object], key: str, subject: str = "") -> None:
        """Note an event, to be stored with all others at the end."""
        self.told.append(Event(kind=kind, subject=subject or self.task_id, run=self.run, data=data, key=key))

    def try_to(self, do: Callable[[], object], what: str) -> None:
        """Do what is nice to have: GitHub's clear no, said twice, becomes a note; anything else is raised."""
        from autonomy_pack.edges.github.failures import Refused

        error: Refused | None = None
        for _ in range(_TWICE):
            try:
                do()
                return
            except Refused as refused:
                error = refused
                if refused.status not in (403, 404, 410, 422):
                    raise
        self.notes.append(f"{what}: {one_line(error.says if error else '', 200)}")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was read anew of a case: the issue as a task with its labels, and what governs it."""

    task: Task
    config: Config
    mission: Mission
    labels: tuple[str, ...]
    branch: str
    head: str


def lease_of(means: Means, leg: Leg) -> Lease:
    """The lease that `select` of this same run of the workflow took for the leg; LeaseLost when it is somebody's else.

    Any attempt of the run counts: who re-runs its failed jobs goes on with its plan.
    """
    key = grounds.key_of(leg, means.workflow_run.repo)
    means.store.refresh()
    lease = means.store.lease(key)
    holder = lease.holder if lease else None
    if lease is None or holder is None or lease.fence != leg.attempt or not _is_ours(holder, means.workflow_run):
        raise LeaseLost(f"the lease of #{leg.number} is not ours any more", "Its successor goes on with the task.")
    return lease


def _is_ours(holder: object, run: WorkflowRun) -> bool:
    names = ("host", "boot", "pid_namespace")
    return tuple(getattr(holder, name) for name in names) == ("actions", str(run.run_id), run.repo)
