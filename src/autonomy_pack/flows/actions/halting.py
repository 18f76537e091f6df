"""Stop switches in a job: read before every write, and never got round."""

from __future__ import annotations

from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import Stopped
from autonomy_pack.model import WorkflowRun

_FIX = "Lift it (`autonomy resume` says how), then run the workflow again."


def heed(github: GitHub, workflow: WorkflowRun, issue: str = "") -> None:
    """Stopped when anybody wants us to stop; WorldError when that cannot be told."""
    if why := github.stop_words(workflow.workflow, issue, now=True):
        raise Stopped(f"stopped by {one_line(why)}", _FIX)
