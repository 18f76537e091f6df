"""Two runs are compared by what they did, not by the names they made up nor by the folders they did it in."""

from __future__ import annotations

from typing import Any

from autonomy_pack.model import Event
from autonomy_pack.policy import replay


def step(number: int, output: str = "done", code: int = 0, **call: Any) -> list[dict[str, Any]]:
    tool_call = {"name": "write", "arguments": {"path": "a"}, **call}
    return [
        {"kind": "step.started", "data": {"step": number, "tool_call": tool_call}},
        {
            "kind": "step.finished",
            "data": {"step": number, "exit": code, "duration": number, "output": output, "output_sha256": None},
        },
    ]


def event(kind: str, **data: Any) -> Event:
    return Event(kind=kind, subject=".#1", data=data)


def test_made_up_numbers_durations_and_folders_are_no_difference() -> None:
    was = [*step(1, "in /old/work/a", id="toolu_1"), *step(2)]
    now = [*step(1, "in /new/work/a", id="toolu_2"), *step(2)]
    assert replay.steps(was, now, ("/old/work", "/new/work")) == []


def test_the_first_step_that_differs_is_told_with_both_sides() -> None:
    (found,) = replay.steps([*step(1), *step(2, "one")], [*step(1), *step(2, "two"), *step(3)], ())
    assert (found.what, found.was, found.now) == ("step 2: output", "one", "two")
    (found,) = replay.steps(step(1), [*step(1), *step(2)], ())
    assert (found.what, found.was) == ("step 2: call", "nothing")
    (found,) = replay.steps(step(1), step(1, code=1), ())
    assert found.what == "step 1: exit"


def test_trees_checks_and_findings_are_compared() -> None:
    was = [event("change.made", tree="a"), event("check.ran", name="tests", exit=0)]
    was += [event("finding.found", rule="size", risk="low", where="")]
    now = [event("change.made", tree="b"), event("check.ran", name="tests", exit=1)]
    assert [one.what for one in replay.change(was, now)] == ["tree of the change", "check tests: exit"]
    assert [one.what for one in replay.findings(was, now)] == ["guard size"]
    assert replay.change(was, was) == replay.findings(was, was) == []


def test_what_a_model_was_asked_is_shown_on_one_line() -> None:
    found = replay.request({"call": 2, "where": "/messages/0", "was": "a\nb", "is": "\x1b[2Jc"})
    assert found.what == "call 2 of the model, at /messages/0"
    assert "\n" not in found.was + found.now
    assert "\x1b" not in found.now
