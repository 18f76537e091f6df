"""The steps of job `run`: the project's own set-up without any key, then one attempt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, artifact, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import box, project
from autonomy_pack.flows.actions import plans, setting_up
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Place


def workspace() -> Path:
    """Where the project is checked out."""
    place = host.setting("GITHUB_WORKSPACE")
    if not place:
        raise UsageError("GITHUB_WORKSPACE is not set", "`autonomy action` is for workflows of GitHub Actions.")
    return Path(place)


def boxed(place: Place) -> Box:
    """The box of this job, in which programs may read what set-up made."""
    chosen = box.choose(project.read_config(place), None)
    return replace(chosen, toolchain=setting_up.toolchain(place))


def setup() -> int:
    """Run the configured set-up programs, with network and without secrets; the first that fails ends it."""
    place = project.find(workspace())
    where = InJob().inputs.get("working_directory", "")
    for line in setting_up.run(place, project.read_config(place).setup, where):
        print(line)
    return 0


def run() -> int:
    """One attempt at the leg of AUTONOMY_LEG; output `artifact`: the name under which its files are kept."""
    from autonomy_pack.flows.actions import leg as legs

    job = InJob()
    leg = plans.leg_of(artifact.strict_json(host.setting("AUTONOMY_LEG", "null").encode("utf-8", "replace")))
    out = Path(host.setting("RUNNER_TEMP")) / "attempt"
    place = project.find(workspace())
    job.heed_variable()
    result = legs.run(job.github, job.run, leg, place.root, out, boxed(place))
    actions.output("artifact", f"attempt-{leg.issue}-{leg.event}-{leg.attempt}")
    if not job.run.private:
        actions.notice("This repository is public, and so is the artifact of this attempt, until it expires.")
    actions.summary(f"#{leg.issue}: {result.outcome.replace('_', ' ')}. {one_line(result.why, 300)}")
    return legs.exit_code(result)
