"""The one step of job `select` of the repair; its other two jobs are those of the loop."""

from __future__ import annotations

import json

from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import Stopped, UsageError
from autonomy_pack.flows.actions import plans
from autonomy_pack.flows.actions.repairing import Wanted


def claim_repairs() -> int:
    """Claim what may be mended; outputs plan, legs (those that need a `run` job), count of those, total."""
    from autonomy_pack.flows.actions import repairing

    job = InJob()
    dry_run = job.inputs.get("dry_run") == "true"
    try:
        job.heed_variable()
        found = repairing.claim(job.github, job.store, job.run, _wanted(job.inputs), dry_run=dry_run)
    except Stopped as stopped:
        actions.notice(f"{stopped.says}. Next: {stopped.fix}")
        actions.output("count", "0")
        actions.output("total", "0")
        return 0
    actions.summary(found.summary)
    for trouble in found.trouble:
        actions.warning(trouble)
    legs = () if dry_run else found.plan.legs
    working = [plans.leg_json(leg) for leg in legs if not leg.resume]
    actions.output("plan", "" if dry_run else plans.to_json(found.plan))
    actions.output("legs", json.dumps(working, separators=(",", ":")))
    actions.output("count", str(len(working)))
    actions.output("total", str(len(legs)))
    return 0


def _wanted(inputs: dict[str, str]) -> Wanted:
    most, pull = inputs.get("max_pulls", "3"), inputs.get("pull", "").removeprefix("#")
    if not most.isdecimal() or len(most) > 2:
        raise UsageError(f"max_pulls is {one_line(most, 40)!r}, not a number", "Give 1 to 10.")
    if pull and not (pull.isdecimal() and len(pull) < 11):
        raise UsageError(f"pull is {one_line(pull, 40)!r}, not a number", "Give the number of an open pull request.")
    return Wanted(most=int(most), pull=pull, agent=inputs.get("agent_name", ""))
