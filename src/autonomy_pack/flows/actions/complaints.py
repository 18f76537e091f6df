"""What CI complains of in a pull request, read by the `run` job: logs are anybody's words, and it can write nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from autonomy_pack.flows import repair
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.model import Repair, Task
from autonomy_pack.policy import ci_failures, repairs

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub


class Unmendable(Exception):
    """What failed is nothing that a change of the code mends; str() says what a person can do."""


def heard(github: GitHub, task: Task, mended: Repair) -> Task:
    """The task with what the failed jobs of the pull request's newest commit printed.

    Stale when the branch moved or its CI is not red any more.
    """
    if github.tip(f"refs/heads/{mended.branch}") != mended.tip:
        raise Stale(f"branch {mended.branch} is not at {mended.tip[:7]} any more")
    ci = github.ci(mended.tip)
    if why := repairs.why_not_now(ci.state):
        raise Stale(why)
    failures = repair.read(github, ci)
    mendable = ci_failures.mendable(failures)
    if not mendable:
        steps = "; ".join(repairs.next_steps(failures))
        raise Unmendable(f"what failed is nothing that a change of the code mends. {steps}".strip())
    return dataclasses.replace(task, repair=dataclasses.replace(mended, complaint=repairs.complaint(mendable)))
