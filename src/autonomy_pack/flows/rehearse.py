"""A dry run: the same choosing, agent, commit and guards, in a store and folder that are thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autonomy_pack.edges import clock, files, git, host, objects, workspace
from autonomy_pack.flows import attempt, checks, claim, guard, project, records, survey
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Change, Choice, Examination, Lease, Mission, Rules, Run, Step, value
from autonomy_pack.policy import inputs


@value
class Rehearsal:
    """What a run would do for one issue: its steps, its whole diff, and what the guards would say of it."""

    choice: Choice
    mission: Mission
    steps: tuple[Step, ...]
    diff: str = ""
    examination: Examination | None = None
    ending: Ending | None = None


def look(path: Path, agent: str | None, box: Box) -> tuple[Project, survey.Survey]:
    """Open the repository and choose without leaving a trace in it."""
    place = project.find(path)
    own = project.store_url(place, project.read_config(place))
    there = not own.startswith("sqlite") or (place.workspace / "autonomy.db").exists()
    folder = files.temporary("autonomy-dry-")
    opened = project.open_project(path, store=own if there else f"sqlite:///{folder / 'empty.db'}")
    return opened, survey.look(opened, box=box, agent=agent)


def rehearse(opened: Project, choices: Sequence[Choice], seen: survey.Survey, box: Box) -> Iterator[Rehearsal]:
    """Rehearse each chosen issue in turn."""
    for choice in choices:
        mission = seen.missions[choice.mission or ""]
        if isinstance(mission, Mission) and choice.task:
            yield _one(opened, choice, mission, box)


def _one(opened: Project, choice: Choice, mission: Mission, box: Box) -> Rehearsal:
    folder = files.temporary("autonomy-dry-")
    scratch = project.open_project(opened.place.root, store=f"sqlite:///{folder / 'scratch.db'}")
    assert choice.task is not None  # noqa: S101 - eligible
    held = claim.take(scratch, choice.task)
    assert held is not None  # noqa: S101 - nobody else knows this store
    steps = inputs.fill(mission, choice.task.fields, {})
    run = _run(choice, mission, held.task, scratch.base.commit, folder)
    space = workspace.open_workspace(scratch.place.git_dir, folder / "space", run.base)
    transcript = records.Transcript(folder, run.id, run.task.id, lambda _: None)
    job = Job(
        project=scratch,
        run=run,
        steps=steps,
        claim=held,
        box=box,
        space=space,
        transcript=transcript,
        report=lambda _: None,
        started=clock.monotonic(),
    )
    try:
        ending = attempt.perform(job, "")
        change = attempt.make_change(job)
        diff, examination = _judged(job, change) if change else ("", None)
        return Rehearsal(choice=choice, mission=mission, steps=steps, ending=ending, diff=diff, examination=examination)
    finally:
        transcript.close()
        scratch.store.close()
        workspace.clear(space)
        files.remove_tree(folder)


def _run(choice: Choice, mission: Mission, lease: Lease, base: str, folder: Path) -> Run:
    assert choice.task is not None  # noqa: S101 - eligible
    return Run(
        id=claim.run_id(lease),
        task=choice.task,
        mission=mission,
        agent=choice.task.agent,
        attempt=1,
        lease=lease,
        session=f"dry-{host.me().pid}",
        base=base,
        folder=str(folder),
    )


def _judged(job: Job, change: Change) -> tuple[str, Examination]:
    config = job.project.config
    rules = Rules(protected=config.protected, checks=checks.wanted(job), secrets=records.known_secrets())
    diff = git.run("diff-tree", "-p", "--no-ext-diff", "--no-textconv", change.base, change.head, at=job.space.git_dir)
    examination = guard.examine(change, objects.reader(job.space.git_dir), rules)
    return diff.decode("utf-8", "backslashreplace"), examination
