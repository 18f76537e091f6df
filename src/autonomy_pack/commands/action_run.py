"""The steps of job `run`: the project's own set-up without any key, then one attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, artifact, clock, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.flows import box, project
from autonomy_pack.flows.actions import plans, setting_up
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Leg, Place, Result
from autonomy_pack.views import publication as view


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


def install() -> int:
    """Install the program of the leg's agent (else of AUTONOMY_AGENT, or the configured one), before any key is near.

    Nothing is done for an agent that needs none; what fails is told as set-up's failures are.
    """
    from autonomy_pack.flows import install_agent

    def work() -> list[str]:
        place = project.find(workspace())
        config = project.read_config(place)
        named = _leg().agent if host.setting("AUTONOMY_LEG") else host.setting("AUTONOMY_AGENT") or config.agent
        return install_agent.install(named, box.choose(config, None)) if install_agent.package_of(named) else []

    return _prepared(work)


def setup() -> int:
    """Run the configured set-up programs, with network and without secrets; the first that fails ends it."""

    def work() -> Iterable[str]:
        place = project.find(workspace())
        where = InJob().inputs.get("working_directory", "")
        return setting_up.run(place, project.read_config(place).setup, where)

    return _prepared(work)


def _prepared(work: Callable[[], Iterable[str]]) -> int:
    """Do it and print its lines. What fails leaves the files of an attempt that could not begin, so that it uses up
    none; output `artifact`."""
    from autonomy_pack.flows.actions import leg as legs

    began = clock.monotonic()
    try:
        for line in work():
            print(line)
    except PackError as error:
        if not host.setting("AUTONOMY_LEG"):
            raise
        result = legs.could_not_begin(_leg(), _out(), error, clock.monotonic() - began)
        actions.output("artifact", _name(result))
        raise
    return 0


def run() -> int:
    """One attempt at the leg of AUTONOMY_LEG; output `artifact`: the name under which its files are kept."""
    from autonomy_pack.flows.actions import leg as legs

    job = InJob()
    leg = _leg()
    place = project.find(workspace())
    job.heed_variable()
    result = legs.run(job.github, job.run, leg, place.root, _out(), boxed(place))
    actions.output("artifact", _name(result))
    if not job.run.private:
        actions.notice("This repository is public, and so is the artifact of this attempt, until it expires.")
    _tell(result)
    return legs.exit_code(result)


def _leg() -> Leg:
    return plans.leg_of(artifact.strict_json(host.setting("AUTONOMY_LEG", "null").encode("utf-8", "replace")))


def _out() -> Path:
    return Path(host.setting("RUNNER_TEMP")) / "attempt"


def _name(result: Result) -> str:
    return f"attempt-{result.issue}-{result.event}-{result.attempt}"


def _tell(result: Result) -> None:
    """The summary of the attempt; what went wrong is an annotation too, which names the check."""
    failed = [one for one in result.checks if one.exit != 0]
    for one in failed:
        actions.error(f"#{result.issue}: check {one.name} {view.ended(one)}: {_last_line(one.tail)}")
    if not failed and result.outcome not in view.FINE:
        actions.error(f"#{result.issue}: {view.plain(result.outcome)}: {one_line(result.why, 500)}")
    actions.summary(view.leg(result.issue, result.outcome, result.why, failed))


def _last_line(tail: str) -> str:
    lines = [one for one in tail.splitlines() if one.strip()]
    return one_line(lines[-1], 300) if lines else "it printed nothing"
