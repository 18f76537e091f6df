"""The double as an agent: where its script comes from, and how its output is read."""

from __future__ import annotations

import json

import pytest

from autonomy_pack.agents import script
from autonomy_pack.edges import shell
from autonomy_pack.model import Brief, Mission, Priority, Step, Task
from tests.pacing import word


def brief(*, steps=(), argv=(), fields=None, constraints=(), work="/") -> Brief:
    task = Task(
        id=".#1", repo=".", issue="1", title="t", body="b", labels=(), priority=Priority.LOW, lane="default",
        mission="m", agent="script", acceptance=(), fields=fields or {}, pin="", created="",
    )  # fmt: skip
    mission = Mission(name="m", version=1, goal="g", agent="script", constraints=tuple(constraints))
    return Brief(task=task, mission=mission, steps=tuple(steps), prompt="", work=str(work), argv=tuple(argv))


FINISHED = {"step": 1, "exit": 0, "duration": 0.1, "output": "x", "output_sha256": None}


def nested(levels: int) -> list[object]:
    found: list[object] = []
    for _ in range(levels):
        found = [found]
    return found


def planned(given: Brief) -> list[list[str]]:
    return json.loads(script.command(given).stdin)


def test_steps_are_the_script():
    steps = [Step(tool="write", arguments=("a.txt", "hello")), Step(tool="exit", arguments={"code": 3})]
    assert planned(brief(steps=steps, argv=("crash",))) == [["write", "a.txt", "hello"], ["exit", "3"]]


def test_a_command_is_one_step_a_word():
    assert planned(brief(argv=("write a.txt 'two words'", "crash"))) == [["write", "a.txt", "two words"], ["crash"]]


def test_the_missions_constraints_are_the_script_of_last_resort():
    lines = ("write a.txt hello", "say it's open")
    assert planned(brief(constraints=lines)) == [["write", "a.txt", "hello"], ["say", "it's", "open"]]


def test_the_issues_words_are_never_the_script():
    assert planned(brief(fields={"Script": "write a.txt hello"})) == []


def test_no_script_is_nothing_to_do():
    assert planned(brief()) == []


def test_it_gets_no_more_environment_than_it_needs():
    assert set(script.command(brief()).env) <= {"PATH", "LANG", "LC_ALL", "TZ"}


def test_announced_steps_are_events_and_wait():
    started = {"kind": "step.started", "data": {"step": 1, "tool_call": {"name": "say", "arguments": []}}}
    seen = script.read(json.dumps(started).encode())
    assert (seen.events, seen.waits) == ((("step.started", started["data"]),), True)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"kind": "run.finished", "data": {"outcome": "handed_off"}}',
        b'{"kind": "step.finished"}',
        b'{"kind": [], "data": {}}',
        b'{"kind": "step.started", "data": {"step": 1, "tool_call": {}, "more": 1}}',
        b'{"success": true}',
        *(
            json.dumps({"kind": "step.started", "data": {"step": 1, "tool_call": call}}).encode()
            for call in (
                {},
                {"name": ["x"]},
                {"name": "x", "arguments": nested(700)},
                {"name": "x", "more": nested(30)},
            )
        ),
        *(
            json.dumps({"kind": "step.finished", "data": FINISHED | wrong}).encode()
            for wrong in (
                {"output": nested(700)},
                {"output_sha256": 7},
                {"duration": float("nan")},
                {"duration": 1e300},
            )
        ),
    ],
)
def test_everything_else_is_only_said(line):
    seen = script.read(line)
    assert [kind for kind, _ in seen.events] == ["agent.said"]
    assert not seen.waits


def test_a_finished_step_is_read():
    line = json.dumps({"kind": "step.finished", "data": FINISHED}).encode()
    assert script.read(line).events == (("step.finished", FINISHED),)


def test_it_runs_and_is_read_from_end_to_end(tmp_path):
    events = []

    def on_line(line: bytes) -> bytes | None:
        seen = script.read(line)
        events.extend(seen.events)
        return word("go", seen.events[0][1]) if seen.waits else None

    command = script.command(brief(argv=("write a.txt hello", "say done"), work=tmp_path))
    ended = shell.run(command, seconds=30, stall_seconds=None, on_line=on_line, stop=lambda: "")
    assert (ended.cause, ended.exit) == ("exited", 0)
    kinds = ["step.started", "step.finished", "step.started", "agent.said", "step.finished"]
    assert [kind for kind, _ in events] == kinds
    assert (tmp_path / "a.txt").read_text() == "hello\n"
