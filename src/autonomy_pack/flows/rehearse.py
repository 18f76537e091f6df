"""A dry run: the same choosing, agent, commit and guards, in a store and folder that are thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import files, git, objects, workspace
from autonomy_pack.flows import attempt, checks, claim, guard, instructions, project, records, survey, work
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job, Terms
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Change, Event, Examination, Mission, Rules, Step, Task, value
from autonomy_pack.policy.budget import NOTHING, Asked


@value
class Rehearsal:
    """What a run would do for one task: its steps, its whole diff, and what the guards would say of it.

    Of an agent with a model only what it would be told, in `prompt` and its `parts` (rank, source, bytes, cut): a dry
    run costs nothing, so it calls none. `why_not`: why a run could not begin here.
    """

    task: Task
    mission: Mission
    steps: tuple[Step, ...]
    diff: str = ""
    examination: Examination | None = None
    ending: Ending | None = None
    prompt: str = ""
    why_not: str = ""
    parts: tuple[Mapping[str, Any], ...] = ()


def look(
    path: Path, agent: str | None, box: Box, *, forge: str | None = None, asked: Asked = NOTHING
) -> tuple[Project, survey.Survey]:
    """Open the repository and choose without leaving a trace in it."""
    place = project.find(path)
    own = project.store_url(place, project.read_config(place))
    there = not own.startswith("sqlite") or (place.workspace / "autonomy.db").exists()
    folder = files.temporary("autonomy-dry-")
    try:
        opened = project.open_project(path, store=own if there else f"sqlite:///{folder / 'empty.db'}", forge=forge)
        seen = survey.look(opened, box=box, agent=agent, asked=asked)
        opened.store.close()
    finally:
        files.remove_tree(folder)
    return opened, seen


def rehearse(
    root: Path,
    task: Task,
    mission: Mission,
    box: Box,
    given: Mapping[str, str],
    *,
    forge: str | None = None,
    asked: Asked = NOTHING,
) -> Rehearsal:
    """Do the task as a run would, up to the guards; checks are not run, and nothing is kept."""
    folder = files.temporary("autonomy-dry-")
    scratch = project.open_project(root, store=f"sqlite:///{folder / 'scratch.db'}", forge=forge)
    terms = Terms(session="dry", box=box, report=lambda _: None, given=given, can_ask=False, asked=asked)
    try:
        return _rehearsed(scratch, task, mission, terms, folder)
    finally:
        scratch.store.close()
        files.remove_tree(folder)


def _rehearsed(scratch: Project, task: Task, mission: Mission, terms: Terms, folder: Path) -> Rehearsal:
    held = claim.take(scratch, task, None)
    assert held is not None  # noqa: S101 - nobody else knows this store
    run = attempt.begin(scratch, task, mission, held, folder, terms)
    told: list[Event] = []
    transcript = records.Transcript(Path(run.folder), run.id, task.id, told.append)
    job = attempt.prepare(scratch, run, held, terms, transcript, folder / "space")
    try:
        if AGENTS[run.agent].protocol:
            prompt = instructions.given(job).prompt
            (given,) = (event for event in told if event.kind == "prompt.given")
            return Rehearsal(
                task=task,
                mission=run.mission,
                steps=job.steps,
                prompt=prompt,
                why_not=survey.why_no_model(run.agent),
                parts=tuple(given.data["parts"]),
            )
        ending = work.perform(job, "")
        change = work.make_change(job)
        diff, examination = _judged(job, change) if change else ("", None)
    finally:
        transcript.close()
        workspace.clear(job.space)
    return Rehearsal(task=task, mission=mission, steps=job.steps, ending=ending, diff=diff, examination=examination)


def _judged(job: Job, change: Change) -> tuple[str, Examination]:
    config = job.project.config
    rules = Rules(protected=config.protected, checks=checks.wanted(job), secrets=records.known_secrets())
    diff = git.run("diff-tree", "-p", "--no-ext-diff", "--no-textconv", change.base, change.head, at=job.space.git_dir)
    return diff.decode("utf-8", "backslashreplace"), guard.examine(change, objects.reader(job.space.git_dir), rules)
