"""What an agent gives back where no change is wanted: one strict document of a known shape, or nothing at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

from autonomy_pack.edges import files
from autonomy_pack.flows import box, missions, returned, session
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.model import Mission, Outcome
from tests.flows.scenes import events
from tests.world import World

ITEM = {"title": "Test the parser", "why": "no test names it", "acceptance": ["it has tests"], "priority": "high"}
GOOD = json.dumps({"items": [ITEM]})
_MISSION = Mission(name="m", version=1, goal="g", returns="roadmap")


def told(world: World, *texts: str, repair: int = 0, then: Outcome = Outcome.HANDED_OFF) -> tuple[str, list[Any]]:
    """A session of a mission whose double gives back these texts; the outcome with its why, and what was received."""
    script = json.dumps([f"give_back '{text}'" for text in texts])
    world.config()
    world.mission(
        "ideas", f"goal: Propose.\nagent: script\nreturns: roadmap\nconstraints: {script}\nrepair: {repair}\n"
    )
    opened, got = world.open(), []

    def receive(job: Job, document: Mapping[str, Any]) -> Ending:
        del job
        got.append(document)
        return Ending(outcome=then, why="received")

    mission = missions.load(opened.place, "ideas")
    task = missions.task(mission, {}, opened.config, opened.repo)
    none = box.choose(opened.config, "none")
    done = session.run_mission(opened, task, mission, {}, none, world.reported.append, receive)
    return f"{done.runs[0].data['outcome']}: {done.runs[0].data['why']}", got


def test_what_an_agent_gives_back_reaches_whoever_asked(world):
    outcome, got = told(world, GOOD)
    assert (outcome, got) == ("handed_off: received", [{"items": [ITEM]}])
    assert world.branches() == []
    assert not events(world, "change.made")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing was given back; a roadmap was asked for"),
        ("I could not", "is not one JSON document"),
        (f"here: ```json\n{GOOD}\n``` and ```\n{GOOD}\n```", "is not one JSON document"),
        ('{"items": [], "items": []}', "a key appears twice"),
        ('{"items": [], "run": "rm"}', "the document is not of the shape of a roadmap"),
        ('{"items": [{"title": "x"}]}', "items/0 is not of the shape of a roadmap"),
        (json.dumps({"items": [{**ITEM, "priority": "now"}]}), "items/0/priority is not of the shape"),
        (json.dumps({"items": [ITEM] * 13}), "items is not of the shape"),
        ("[" * 40 + "]" * 40, "more than 16 levels"),
        ('{"items": NaN}', "is not one JSON document"),
        (" " * returned.MOST + "{}", "more than 65,536 bytes"),
    ],
)
def test_what_is_no_document_of_the_shape_is_refused_with_a_reason(text, why):
    said = returned.read(_MISSION, text.encode())
    assert isinstance(said, str)
    assert why in said


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"Here it is.\n\n```\n{GOOD}\n```\n"])
def test_one_fence_around_the_document_is_taken_off(text):
    assert returned.read(_MISSION, text.encode()) == {"items": [ITEM]}


def test_a_document_that_is_too_long_is_refused():
    long = json.dumps({"items": []}) + " " * returned.MOST
    assert "more than 65,536 bytes" in str(returned.read(_MISSION, long.encode()))


def test_bytes_that_are_no_text_are_refused():
    assert "not one JSON document" in str(returned.read(_MISSION, b"\xff\xfe{}"))


def test_an_agent_that_gives_back_nothing_has_failed(world):
    outcome, got = told(world)
    assert outcome == "failed: nothing was given back; a roadmap was asked for"
    assert got == []


def test_a_wrong_document_is_complained_of_as_often_as_the_mission_allows(world):
    outcome, got = told(world, '{"items": 1}', repair=1)
    assert outcome.startswith("failed: items is not of the shape")
    assert got == []
    assert len(events(world, "run.started")) == 2


def test_an_issue_cannot_have_a_mission_that_returns_something(world):
    world.config()
    world.mission("ideas", "goal: Propose.\nagent: script\nreturns: roadmap\n")
    world.issue("1", labels=("priority:high", "mission:ideas"))
    world.run()
    (only,) = json.loads(world.autonomy("issue", "list", "--json"))
    assert only["why"] == "mission ideas returns a roadmap and changes nothing; it has its own command"


def test_a_mission_that_returns_something_fails_where_nobody_receives_it(world):
    world.config()
    world.mission("ideas", "goal: Propose.\nagent: script\nreturns: roadmap\n")
    said = world.autonomy("mission", "run", "ideas", "--sandbox", "none", ok=4)
    assert "returns a roadmap instead of a change" in said


def test_a_file_that_others_put_there_is_read_only_if_it_is_a_plain_one(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    (tmp_path / "link").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe")
    assert files.read_plain(secret, 3) == b"s3c"
    for name in ("link", "pipe", "missing", "."):
        assert files.read_plain(tmp_path / name, 10) == b""
