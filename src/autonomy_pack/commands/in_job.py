"""What a step works with: its run of the workflow, GitHub, git and the store, all from the environment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from autonomy_pack.commands import told
from autonomy_pack.edges import actions, host
from autonomy_pack.errors import Stopped
from autonomy_pack.flows import hosting
from autonomy_pack.model import WorkflowRun

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.remote import Remote
    from autonomy_pack.store.gitrefs import GitRefs

LOOP_INPUTS = (
    "agent_name",
    "allow_continuous",
    "dry_run",
    "issue",
    "lfs",
    "max_issues",
    "pack_repository",
    "pack_sha",
    "retention_days",
    "runs_on",
    "timeout_minutes",
    "workflow",
    "working_directory",
)
# What only the repair has besides.
REPAIR_INPUTS = ("max_pulls", "pull")
_NO = ("", "0", "false", "no", "off")


class InJob:
    """One step of a job; what it needs is made when it is first used."""

    @cached_property
    def run(self) -> WorkflowRun:
        """The run of the workflow."""
        return actions.workflow_run()

    @cached_property
    def github(self) -> GitHub:
        """GitHub, with this step's token."""
        return hosting.github(self.run.repo, job=self.run.job)

    @cached_property
    def remote(self) -> Remote:
        """The repository's git side; its objects come to a bare repository of this step's own."""
        return hosting.remote(self.github, told.folder() / "objects.git", job=self.run.job)

    @cached_property
    def store(self) -> GitRefs:
        """Leases and events, kept as refs of the repository."""
        from autonomy_pack.store.gitrefs import open_gitrefs

        return open_gitrefs(self.remote, create=self.github.create_ref)

    @cached_property
    def inputs(self) -> dict[str, str]:
        """The workflow's inputs, empty ones left out."""
        return actions.inputs((*LOOP_INPUTS, *REPAIR_INPUTS))

    def heed_variable(self) -> None:
        """Stopped when the variable AUTONOMY_STOP says so; it is read once, at the start of a job."""
        if host.setting("AUTONOMY_STOP").strip().lower() not in _NO:
            raise Stopped("the variable AUTONOMY_STOP is set", "Delete the variable to let work go on.")
