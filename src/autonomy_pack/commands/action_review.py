"""The steps of the review's three jobs."""

from __future__ import annotations

import re

from autonomy_pack.commands.action_run import boxed, workspace
from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped, UsageError
from autonomy_pack.flows import box, hosting, project
from autonomy_pack.flows.actions import governing

_PULL = re.compile("[1-9][0-9]{0,9}")


def review_plan() -> int:
    """Decide what is reviewed; outputs `plan`, `rules` and `go`: false when stopped, or when agents cannot be paid."""
    from autonomy_pack.flows.actions import reviewing

    job = InJob()
    try:
        job.heed_variable()
        plan = reviewing.plan(job.github, job.run, _pull(), _agents())
    except Stopped as stopped:
        actions.notice(f"{stopped.says}. Next: {stopped.fix}")
        actions.output("go", "false")
        return 0
    actions.output("plan", plan)
    actions.output("rules", reviewing.read_plan(plan)["rules"])
    actions.output("go", "true")
    return 0


def _pull() -> int:
    said = host.setting("AUTONOMY_PULL").removeprefix("#")
    if not _PULL.fullmatch(said):
        raise UsageError(f"pull is {one_line(said, 40)!r}, not a number", "Give the number of an open pull request.")
    return int(said)


def _agents() -> list[str]:
    return host.setting("AUTONOMY_AGENTS").replace(",", " ").split()


def review_install() -> int:
    """Install the programs of the agents of AUTONOMY_PLAN; one that cannot be had gives no opinion later."""
    from autonomy_pack.flows import install_agent
    from autonomy_pack.flows.actions import reviewing

    chosen = boxed(project.find(workspace()))
    for agent in reviewing.read_plan(host.setting("AUTONOMY_PLAN"))["agents"]:
        try:
            for line in install_agent.install(agent, chosen) if install_agent.package_of(agent) else []:
                print(line)
        except PackError as error:
            actions.warning(f"{agent}: {error.says}. {error.fix}")
    return 0


def review() -> int:
    """Let every agent of AUTONOMY_PLAN judge; output `opinions`."""
    from autonomy_pack.flows.actions import reviewing

    job = InJob()
    job.heed_variable()
    place = project.find(workspace())
    planned = reviewing.read_plan(host.setting("AUTONOMY_PLAN"))
    remote = hosting.remote(job.github, place.git_dir, job=job.run.job)
    said = reviewing.ask(job.github, remote, job.run, planned, place, boxed(place))
    actions.output("opinions", said)
    for one in reviewing.from_json(said, planned):
        print(f"{one.agent}: {'no opinion: ' + one_line(one.why, 300) if one.risk is None else one.risk}")
    return 0


def review_publish() -> int:
    """Say on the pull request what agents said of it; a missing job run is a missing opinion."""
    from autonomy_pack.flows.actions import reviewing

    job = InJob()
    job.heed_variable()
    planned = reviewing.read_plan(host.setting("AUTONOMY_PLAN"))
    chosen = box.choose(governing.config_of(job.github.look().files), None)
    said = reviewing.publish(job.github, job.remote, job.run, planned, host.setting("AUTONOMY_OPINIONS"), chosen)
    actions.summary(said.text)
    return said.exit_code
