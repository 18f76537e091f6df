"""Missions as people ask about them: which there are, what is wrong with them, what one would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import clock, documents, files
from autonomy_pack.edges.documents import DocumentError
from autonomy_pack.flows import runs
from autonomy_pack.flows.project import Place, governing_files, mission_texts, read_config
from autonomy_pack.flows.runs import Past
from autonomy_pack.missions.sense import PLACE
from autonomy_pack.model import Config, Finding, Mission, Outcome, Priority, Task, value
from autonomy_pack.policy import names


@value
class Listed:
    """One mission file: what it is, or (None) what is wrong with it."""

    name: str
    file: str
    mission: Mission | None
    problems: tuple[Finding, ...] = ()


def listed(place: Place) -> list[Listed]:
    """Every mission of the repository, broken ones too, and the shipped ones it does not replace; by name."""
    checks, own = _checks(place), mission_texts(governing_files(place))
    texts = dict(configuration.mission_texts(own).values()) | own
    return sorted((_listed(file, text, checks) for file, text in texts.items()), key=lambda one: (one.name, one.file))


def asked(place: Place, targets: Sequence[str]) -> list[Listed]:
    """The missions of these names or files, all of them when none is given.

    Raises UsageError (exit 2) for a name or file that does not exist: it is never taken for a goal.
    """
    return [asked_one(place, target) for target in targets] if targets else listed(place)


def asked_one(place: Place, target: str) -> Listed:
    """The mission of that name or file; UsageError (exit 2) when there is none."""
    path = Path(target)
    if path.suffix in (".yml", ".yaml") and path.is_file():
        return _listed(target, files.read(path).decode("utf-8", "replace"), _checks(place))
    texts = configuration.mission_texts(mission_texts(governing_files(place)))
    if target not in texts:
        raise configuration.unknown_mission(target, list(texts))
    return _listed(*texts[target], _checks(place))


def load(place: Place, target: str) -> Mission:
    """The mission of that name or file, ready to use; DocumentError (exit 2) with the first problem of a broken one."""
    one = asked_one(place, target)
    if one.mission is None:
        raise configuration.first(one.problems)
    return one.mission


def programs(mission: Mission) -> list[tuple[str, tuple[str, ...]]]:
    """(what for, argv) of every program the mission may run, each choice of an input written out."""
    steps = [argv for step in mission.steps if step.tool == "run" for argv in _written_out(mission, step.arguments)]
    return [("step", argv) for argv in steps] + [(f"check {check.name}", check.argv) for check in mission.checks]


def all_programs(mission: Mission, config: Config) -> list[tuple[str, tuple[str, ...]]]:
    """The same, and the configuration's checks, which every change has to pass too."""
    own = [check.name for check in mission.checks]
    more = [check for check in config.checks if check.name not in own]
    return programs(mission) + [(f"check {check.name}, of the configuration", check.argv) for check in more]


def _written_out(mission: Mission, argv: object) -> list[tuple[str, ...]]:
    words = tuple(argv) if isinstance(argv, tuple) else ()
    for declared in mission.inputs:
        place = PLACE.fullmatch(words[0].strip()) if words else None
        if place and place[1] == declared.name:
            chosen = [declared.values.get(word, word) for word in declared.choices]
            return [(*(one if isinstance(one, list) else [str(one)]), *words[1:]) for one in chosen]
    return [words]


def _agent_problems(text: str, file: str) -> Iterator[Finding]:
    """The agent a valid mission names must be one we have."""
    document = documents.load_yaml(text, file)
    agent = document.data.get("agent", "planner")
    if agent not in AGENTS:
        fix = f"The agents are {', '.join(AGENTS)}."
        yield DocumentError(file, document.line(["agent"]), f"there is no agent {agent}", fix).finding("mission")


def _checks(place: Place) -> list[str]:
    return [check.name for check in read_config(place).checks]


def _listed(file: str, text: str, checks: Sequence[str]) -> Listed:
    found = tuple(configuration.mission_problems(text, file, checks=checks)) or tuple(_agent_problems(text, file))
    mission = None if found else configuration.load_mission(text, file, checks=checks)
    return Listed(name=Path(file).stem, file=file, mission=mission, problems=found)


def task(mission: Mission, given: Mapping[str, str], config: Config, repo: str) -> Task:
    """The task of running a mission by hand: it has no issue, and its pin is of the mission and its inputs."""
    return Task(
        id=f"{repo}#mission:{mission.name}",
        repo=repo,
        issue="",
        title=mission.goal.splitlines()[0] if mission.goal else mission.name,
        body="",
        labels=(),
        priority=Priority.MEDIUM,
        lane="default",
        mission=mission.name,
        agent=mission.agent or config.agent,
        acceptance=(),
        fields={},
        pin=names.sha256([mission.sha256, dict(given)]),
        created=clock.now(),
    )


def transcript(past: Past) -> dict[str, Any]:
    """A run as `--output` writes it: its steps with their tool calls, durations, exits and outputs; what was asked,
    what went wrong.
    """
    end = past.last("run.finished")
    begun = past.last("run.started")
    asked = [event for event in past.events if event.kind == "decision.asked"]
    failed = end and end.data["outcome"] not in (Outcome.HANDED_OFF, Outcome.NO_CHANGE, Outcome.WAITING)
    return {
        "mission": begun.data["mission"] if begun else "",
        "run": past.id,
        "outcome": end.data["outcome"] if end else None,
        "steps": _steps(runs.transcript(past)),
        "approvals": [{"id": event.subject, "question": event.data["question"]} for event in asked],
        "errors": [end.data["why"]] if end and failed else [],
    }


def _steps(told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    calls = {one["data"]["step"]: one["data"]["tool_call"] for one in told if one["kind"] == "step.started"}
    return [
        {
            "tool_call": calls.get(one["data"]["step"]),
            "duration": one["data"]["duration"],
            "exit": one["data"]["exit"],
            "output": one["data"]["output"],
        }
        for one in told
        if one["kind"] == "step.finished"
    ]
