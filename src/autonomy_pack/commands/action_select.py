"""The three steps of job `select`: fetch with a token, choose in the box without one, claim with a token."""

from __future__ import annotations

import json
from pathlib import Path

from autonomy_pack.commands import told
from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, files, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped, UsageError
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import choosing, facts, governing, plans
from autonomy_pack.flows.session import Wanted


def fetch() -> int:
    """Read the facts into a file; output `go`: false when there is nothing to choose, because stopped or unchanged."""
    job = InJob()
    try:
        job.heed_variable()
        if job.run.fork and job.run.event == "schedule":
            raise Stopped("scheduled runs do nothing in a fork", "Dispatch the workflow by hand if you mean it.")
        from autonomy_pack.flows.actions import select

        wanted = _wanted(job.inputs)
        found = select.fetch(job.github, job.store, job.run, wanted)
    except Stopped as stopped:
        _nothing(stopped)
        return 0
    files.write(_facts(), facts.text(found))
    if found["unchanged"]:
        actions.summary("Nothing changed since the last look.")
    actions.output("go", str(not found["unchanged"]).lower())
    return 0


def _nothing(stopped: Stopped) -> None:
    """A stopped loop is no failure: nothing was begun, and nothing had to be."""
    actions.notice(f"{stopped.says}. Next: {stopped.fix}")
    says = one_line(stopped.says, 300)
    said = f"S{says[1:]}" if says.startswith("stopped ") else f"Stopped: {says}"
    actions.summary(f"{said}. Nothing was begun.")
    actions.output("go", "false")


def choose() -> int:
    """Choose among the facts, in the box; there is no token in this process."""
    if any(host.setting(name) for name in ("AUTONOMY_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")):
        raise UsageError("`action choose` was given a token", "Take it out of that step's env.")
    found = facts.read(files.read(_facts(), limit=facts.LARGEST))
    chosen = choosing.in_box(found, box.choose(governing.config_of(found["files"]), None))
    files.write(_choices(), choosing.text(chosen))
    return 0


def claim() -> int:
    """Claim what was chosen; outputs plan, legs (those that need a `run` job), count of those, total."""
    job = InJob()
    found = facts.read(files.read(_facts(), limit=facts.LARGEST))
    chosen = choosing.read(files.read(_choices(), limit=choosing.largest(len(found["issues"]))), found)
    from autonomy_pack.flows.actions import select

    dry_run = job.inputs.get("dry_run") == "true"
    selected = select.claim(job.github, job.store, job.run, found, chosen, dry_run=dry_run)
    actions.summary(selected.summary)
    for trouble in selected.trouble:
        actions.warning(trouble)
    legs = () if dry_run else selected.plan.legs
    working = [plans.leg_json(leg) for leg in legs if not leg.resume]
    _outputs("" if dry_run else plans.to_json(selected.plan), working, len(legs))
    if not dry_run:
        _labels(job)
    return 0


def _labels(job: InJob) -> None:
    """The repository's own labels, made by its own token in its first run; no work waits for them."""
    from autonomy_pack.flows.actions import halting, labels

    try:
        made = labels.first_run(job.github, lambda: halting.heed(job.github, job.run))
    except Stopped:
        return
    except PackError as error:
        actions.warning(f"Labels: {error.says}. {error.fix}")
        return
    if made.names:
        actions.notice(f"{len(made.names)} labels of labels.yml were missing and are there now.")
    if made.trouble:
        actions.warning(f"Uninstalling will leave the labels that were made: {made.trouble}")


def _outputs(plan: str, working: list[dict[str, object]], total: int) -> None:
    actions.output("plan", plan)
    actions.output("legs", json.dumps(working, separators=(",", ":")))
    actions.output("count", str(len(working)))
    actions.output("total", str(total))


def _wanted(inputs: dict[str, str]) -> Wanted:
    """What the inputs ask for; max_issues 0 means what the configuration says."""
    most = inputs.get("max_issues", "0")
    if not most.isdecimal() or len(most) > 4:
        raise UsageError(f"max_issues is {one_line(most, 40)!r}, not a number", "Give 1 to 10.")
    issue = inputs.get("issue", "").removeprefix("#")
    if issue and not (issue.isdecimal() and len(issue) < 12):
        raise UsageError(f"issue is {one_line(issue, 40)!r}, not a number", "Give the number of an open issue.")
    return Wanted(
        max_issues=int(most),
        issue=issue or None,
        agent=inputs.get("agent_name"),
        allow_continuous=inputs.get("allow_continuous") == "true",
    )


def _facts() -> Path:
    return told.folder() / "facts.json"


def _choices() -> Path:
    return told.folder() / "choices.json"
