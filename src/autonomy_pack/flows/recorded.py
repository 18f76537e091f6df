"""What a run was given, kept beside its transcript: with both it can be made again, offline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autonomy_pack import config as configuration
from autonomy_pack.edges import files
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.flows import records
from autonomy_pack.flows.job import Job, Resumed
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Answered, Comment, Criterion, Mission, Priority, Repair, Review, Task, value
from autonomy_pack.policy import names
from autonomy_pack.policy.budget import Asked

FILE = "given.json"
_VERSION = 2
_LONGEST = 1 << 20


@value
class Given:
    """What a run was given. `work` is where it worked, `config_sha256` of the configuration that held then. `whole`: no
    secret was left out of it.
    """

    run: str
    base: str
    agent: str
    sandbox: str
    work: str
    config_sha256: str
    task: Task
    mission: Mission
    given: dict[str, str]
    argv: tuple[str, ...]
    asked: Asked
    discussion: tuple[Comment, ...]
    resumed: Resumed
    whole: bool


def keep(job: Job) -> None:
    """Write it down, before the agent begins. A secret in it is replaced, as everywhere; then it is not whole."""
    terms, run = job.terms, job.run
    data = {
        "version": _VERSION,
        "run": run.id,
        "base": run.base,
        "agent": run.agent,
        "sandbox": terms.box.level,
        "work": str(job.space.work),
        "config_sha256": job.project.config.sha256,
        "task": dataclasses.asdict(run.task),
        "mission": {
            "file": run.mission.source,
            "sha256": run.mission.sha256,
            "text": _text(job.project, run.mission.source, run.mission.sha256),
        },
        "given": dict(terms.given),
        "argv": list(terms.argv),
        "asked": dataclasses.asdict(terms.asked),
        "discussion": [dataclasses.asdict(one) for one in terms.discussion()],
        "resumed": dataclasses.asdict(job.resumed),
    }
    records.write_json(job.folder / FILE, data | {"sha256": names.sha256(data)})


def position(folder: Path) -> int:
    """How many steps that change something were done before the run in that folder began."""
    return int(records.read_json(folder / FILE)["resumed"]["position"])


def read(folder: Path, project: Project) -> Given:
    """What the run in that folder was given; UsageError when its records do not tell it.

    A mission whose text had a secret in it is read anew where it still is as it was.
    """
    data = records.read_json(folder / FILE)
    sealed = data.pop("sha256", "")
    if data.get("version") != _VERSION:
        raise _cannot(folder, "they are of another version of the pack")
    if data["mission"]["text"] is None:
        raise _cannot(folder, "the text of its mission was not kept")
    try:
        task = data["task"]
        return Given(
            run=data["run"],
            base=data["base"],
            agent=data["agent"],
            sandbox=data["sandbox"],
            work=data["work"],
            config_sha256=data["config_sha256"],
            task=_task(task),
            mission=_mission(data["mission"], project),
            given=data["given"],
            argv=tuple(data["argv"]),
            asked=Asked(**data["asked"]),
            discussion=tuple(Comment(**one) for one in data["discussion"]),
            resumed=_resumed(data["resumed"]),
            whole=sealed == names.sha256(data),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _cannot(folder, f"{type(error).__name__}: {error}") from error


def _resumed(data: dict[str, Any]) -> Resumed:
    answered = tuple(Answered(**one) for one in data["answered"])
    return Resumed(**{**data, "messages": tuple(data["messages"]), "answered": answered})


def _task(data: dict[str, Any]) -> Task:
    lists = {"labels": tuple(data["labels"]), "acceptance": tuple(Criterion(**one) for one in data["acceptance"])}
    about: dict[str, Any] = {
        "repair": Repair(**data["repair"]) if data["repair"] else None,
        "review": Review(**data["review"]) if data["review"] else None,
    }
    return Task(**{**data, **lists, **about, "priority": Priority(data["priority"])})


def _mission(data: dict[str, str], project: Project) -> Mission:
    text = data["text"]
    if files.sha256(text.encode()) != data["sha256"]:
        text = _text(project, data["file"], data["sha256"]) or text
    return configuration.load_mission(text, data["file"], checks=[one.name for one in project.config.checks])


def _text(project: Project, file: str, sha256: str) -> str | None:
    """The text that the mission was read from, None when it is not there any more."""
    return next((text for text in _texts(project, file) if files.sha256(text.encode()) == sha256), None)


def _texts(project: Project, file: str) -> Iterator[str]:
    yield from (text for _, text in configuration.mission_texts(project.missions).values())
    path = Path(file)
    try:
        if path.is_file():
            yield files.read(path, limit=_LONGEST).decode("utf-8", "replace")
    except PackError:
        return


def _cannot(folder: Path, why: str) -> UsageError:
    return UsageError(f"the records in {folder} do not tell what the run was given: {why}", "Choose a newer run.")
