"""Going on where a run stopped to ask: its kept work, its conversation and what a person answered."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from autonomy_pack.edges import files, restore, workspace
from autonomy_pack.errors import PackError
from autonomy_pack.flows import asking, recorded, records
from autonomy_pack.flows.job import Job, Resumed
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Answered, Event, Outcome, value
from autonomy_pack.policy import names, transcript
from autonomy_pack.tools.model import MODEL_TOOLS

# These ends say nothing of the work: what was asked before them is still what the work waited for.
_PASSING = frozenset({Outcome.STOPPED, Outcome.STALE, Outcome.OVER_BUDGET, Outcome.RATE_LIMITED})


@value
class Answer:
    """A question about the same text, with its answer, and the run that asked."""

    run: str
    said: Answered


def resumed(job: Job) -> Job:
    """The job with what the run before it leaves to it, its work put back into the folder; as it is when nothing does.

    Only what was asked about the same text by the same mission counts. Where the work cannot be put back, because its
    files moved or its records are gone, the run begins anew and is told what was answered.
    """
    given = answers(job)
    answered = tuple(one.said for one in given)
    before = _asked_before(job)
    if before is None or job.run.agent == "planner":
        # The planner does the same steps again, so there is nothing to put back.
        return dataclasses.replace(job, resumed=Resumed(answered=answered))
    answer = next((one.said.answer for one in given if one.run == before), "")
    kept = put_back(job.project, job, before)
    past = _conversation(job, before) if kept else ()
    return dataclasses.replace(
        job,
        resumed=Resumed(
            run=before,
            messages=past,
            position=_position(job, before) if past else 0,
            answer=answer,
            answered=answered,
            kept=kept,
        ),
    )


def answers(job: Job) -> list[Answer]:
    """What was asked and answered about this text under this mission, oldest first."""
    store, found = job.project.store, []
    for head in reversed(store.heads("decision", status=["answered"])):
        if names.task_of_run(head.run) != job.run.task.id:
            continue
        told = {event.kind: event.data for event in store.events(subject=head.subject)}
        asked, said = told["decision.asked"], told["decision.answered"]
        options = [one for one in asked["options"] if one != asked["default"]]
        action = asking.guidance_sha256(job.run.task, job.run.mission.sha256, asked["question"], options)
        if asked["kind"] == asking.GUIDANCE and action == head.action_sha256:
            found.append(Answer(run=head.run, said=Answered(question=asked["question"], answer=said["why"])))
    return found


def _asked_before(job: Job) -> str | None:
    """The run whose question ended the work so far, and was answered; None when the work begins anew."""
    store = job.project.store
    ended = list(store.events(subject=job.run.task.id, kinds=["run.finished"]))
    last = next((event for event in reversed(ended) if Outcome(event.data["outcome"]) not in _PASSING), None)
    if last is None or last.data["outcome"] != Outcome.WAITING:
        return None
    answered = {head.run for head in store.heads("decision", status=["answered"])}
    return last.run if last.run in answered and _is_same_work(job, last.run) else None


def _is_same_work(job: Job, run: str) -> bool:
    try:
        told = records.read_json(records.find_run(job.project.place, run) / "run.json")
    except PackError:
        return False
    mission, task = job.run.mission, job.run.task
    return (told["agent"], told["mission"]["sha256"], told["task"]["pin"]) == (job.run.agent, mission.sha256, task.pin)


def put_back(project: Project, job: Job, run: str) -> bool:
    """Whether the folder holds again what that run of the project left; it left nothing when it changed nothing."""
    change = _last(project, run, "change.made")
    if change is None:
        return True
    try:
        bundle = records.find_run(project.place, run) / str(change.data["bundle"])
        workspace.unbundle(bundle, change.data["sha256"], change.data["head"], into=job.space.git_dir)
        return restore.put_back(job.space, change.data["base"], change.data["head"])
    except PackError:
        return False


def _last(project: Project, run: str, kind: str) -> Event | None:
    return next(iter(reversed(list(project.store.events(run=run, kinds=[kind])))), None)


def _conversation(job: Job, run: str) -> tuple[transcript.Message, ...]:
    folder = records.find_run(job.project.place, run)
    return transcript.messages(records.read_transcript(folder), lambda sha256: _output(folder, sha256))


def _output(folder: Path, sha256: str) -> str:
    path = folder / "outputs" / f"{sha256}.txt"
    if not path.exists():
        raise ValueError("an output is not kept")
    return files.read(path).decode(errors="replace")


def _position(job: Job, run: str) -> int:
    """How many steps that change something were done up to the question, over all the runs that led to it."""
    folder = records.find_run(job.project.place, run)
    return recorded.position(folder) + transcript.changed(records.read_transcript(folder), MODEL_TOOLS)
