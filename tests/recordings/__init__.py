"""Recorded runs that the suite makes again: a file each, its first line what the run was given, its second its events,
the rest its transcript. Record them anew, when that is meant, with `.venv/bin/python -m tests.recordings.record`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.flows.runs import Past
from autonomy_pack.model import Event
from tests.world import PASSING, World

FOLDER = Path(__file__).parent
_MODEL = "limits: {steps: 20, minutes: 2, stall_minutes: 1, usd: 1, tokens: 100000}\n"


def planner(world: World) -> None:
    """The planner replaces a word."""
    world.config(PASSING)
    world.issue("1")


def model(world: World) -> None:
    """The built-in agent reads a file, edits it wrongly and rightly, and ends."""
    world.config(PASSING)
    world.mission("mend", f"goal: Mend it.\nagent: anthropic\ntools: [read, edit]\n{_MODEL}")
    world.issue("1", labels=("priority:high", "mission:mend"))


def guard(world: World) -> None:
    """The planner writes a file that a guard blocks."""
    world.config(PASSING)
    steps = "steps: [{write: {path: .github/CODEOWNERS, text: '* @me'}}]\n"
    world.mission("own", f"goal: Own it.\nagent: planner\ntools: [write]\n{steps}")
    world.issue("1", labels=("priority:high", "mission:own"))


RECORDINGS: Mapping[str, Callable[[World], None]] = {"planner": planner, "model": model, "guard": guard}


def write(name: str, folder: Path, place: str) -> None:
    """Keep the run in that folder of records; where it was made (`place`) is nobody's business."""
    given = json.loads((folder / "given.json").read_text())
    told = json.loads((folder / "run.json").read_text())["events"]
    lines = [json.dumps(given), json.dumps(told), *(folder / "transcript.jsonl").read_text().splitlines()]
    text = "\n".join(lines).replace(place, "/recorded")
    (FOLDER / f"{name}.jsonl").write_text(f"{text}\n")


def read(name: str, folder: Path, base: str) -> Past:
    """The recorded run, its records in `folder`, begun at commit `base` of a repository like the one it was made in."""
    given, told, *transcript = (FOLDER / f"{name}.jsonl").read_text().splitlines()
    folder.mkdir(parents=True)
    data: dict[str, Any] = json.loads(given)
    (folder / "given.json").write_text(json.dumps({**data, "base": base}))
    (folder / "transcript.jsonl").write_text("\n".join(transcript) + "\n")
    return Past(id=data["run"], events=tuple(Event(**event) for event in json.loads(told)), folder=folder)
