"""What becomes of a step is decided by the tool's own word and the mission's, never by the agent's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.model import Priority, Risk, Task
from autonomy_pack.policy import steps
from autonomy_pack.policy.steps import Call
from autonomy_pack.tools import TOOLS
from autonomy_pack.tools.model import MODEL_TOOLS

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)
ARGUMENTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)
TASK = Task(
    id=".#1",
    repo=".",
    issue="1",
    title="t",
    body="",
    labels=(),
    priority=Priority.LOW,
    lane="default",
    mission="m",
    agent="planner",
    acceptance=(),
    fields={},
    pin="a" * 64,
    created="",
)
WRITE = Call(step=2, tool="write", arguments={"path": "a", "text": "b"}, position=1)


def test_every_tool_says_whether_it_changes_anything() -> None:
    assert all(tool.mutates for tool in TOOLS.values())
    assert {name for name, tool in MODEL_TOOLS.items() if tool.mutates} == {"edit", "write", "run"}


@given(st.text(), ARGUMENTS, st.booleans())
def test_an_unknown_tool_is_never_run(name: str, arguments: dict[str, Any], asks: bool) -> None:
    call = Call(step=1, tool=f"{name}?", arguments=arguments)
    assert steps.rule(call, MODEL_TOOLS, None, asks=asks).word == "no"


def test_a_mission_without_tools_is_read_only() -> None:
    words = {name: steps.rule(replace(WRITE, tool=name), MODEL_TOOLS, (), asks=False).word for name in MODEL_TOOLS}
    assert {name for name, word in words.items() if word == "no"} == {"edit", "write", "run"}


def test_only_what_changes_something_is_asked_about() -> None:
    words = {
        name: steps.rule(replace(WRITE, tool=name), MODEL_TOOLS, tuple(MODEL_TOOLS), asks=True).word
        for name in MODEL_TOOLS
    }
    assert {name for name, word in words.items() if word == "ask"} == {"edit", "write", "run"}
    assert "no" not in words.values()


@given(ARGUMENTS, ARGUMENTS)
def test_two_actions_have_one_hash_only_if_they_are_one(first: dict[str, Any], second: dict[str, Any]) -> None:
    hashes = [steps.action_sha256(TASK, "m", replace(WRITE, arguments=one)) for one in (first, second)]
    same = steps.names.canonical(first) == steps.names.canonical(second)
    assert (hashes[0] == hashes[1]) is same


def test_an_action_is_of_one_mission_text_tool_and_place() -> None:
    action = steps.action_sha256(TASK, "m", WRITE)
    others = [
        steps.action_sha256(TASK, "other", WRITE),
        steps.action_sha256(replace(TASK, pin="b" * 64), "m", WRITE),
        steps.action_sha256(replace(TASK, id=".#2"), "m", WRITE),
        steps.action_sha256(TASK, "m", replace(WRITE, tool="append")),
        steps.action_sha256(TASK, "m", replace(WRITE, position=2)),
    ]
    assert action not in others
    assert action == steps.action_sha256(TASK, "m", replace(WRITE, step=9))


@given(st.text())
def test_a_refusal_is_one_short_line_of_ascii(why: str) -> None:
    line = steps.refusal(WRITE, why)
    assert line.startswith(b"no 2 ")
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert line.isascii()
    assert len(line) <= 400
    assert steps.heard(line, WRITE).word == "no"


@given(ARGUMENTS, ARGUMENTS, st.integers(0, 3), st.booleans())
def test_a_word_is_about_one_step_and_one_call(mine: Any, theirs: Any, step: int, yes: bool) -> None:
    call, other = (replace(WRITE, arguments=one) for one in (mine, theirs))
    other = replace(other, step=step)
    told = steps.heard(steps.go(other) if yes else steps.refusal(other, "because"), call)
    same = step == call.step and steps.names.canonical(mine) == steps.names.canonical(theirs)
    assert (told is not None) is same
    assert not same or (told.word, told.why) == (("go", "") if yes else ("no", "because"))


def told(*answers: str, tool: str = "write", about: Call | None = None) -> list[dict[str, Any]]:
    """A transcript of one step with these answers."""
    data = {"step": 1, "tool_call": {"name": tool, "arguments": {}}}
    answered = {"step": 1, "call_sha256": (about or steps.announced(data)).sha256}
    return [
        {"kind": "step.started", "data": data},
        *({"kind": "step.answered", "data": {**answered, "answer": word}} for word in answers),
    ]


def test_what_was_not_allowed_step_by_step_is_asked_about_as_a_whole() -> None:
    assert steps.all_were_shown(told("allowed"), TOOLS)
    assert not steps.all_were_shown(told(), TOOLS)
    assert not steps.all_were_shown(told("refused"), TOOLS)
    assert not steps.all_were_shown(told("allowed", tool="run"), TOOLS)
    assert not steps.all_were_shown(told("allowed", tool="strange"), TOOLS)
    assert not steps.all_were_shown([], TOOLS)


def test_a_yes_to_one_call_shows_nothing_of_another_with_its_number() -> None:
    assert not steps.all_were_shown(told("allowed", about=replace(WRITE, step=1)), TOOLS)
    assert not steps.all_were_shown([*told("allowed"), *told(tool="append")], TOOLS)


def test_the_risk_of_a_step_is_in_its_question() -> None:
    assert "(risk high)" in steps.question(WRITE, Risk.HIGH)
    assert "\n" not in steps.question(replace(WRITE, arguments={"path": "a\n\x1b[2J"}), Risk.LOW)
