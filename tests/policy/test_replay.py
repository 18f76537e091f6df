"""Two runs are compared by what they did, not by the names they made up nor by the folders they did it in."""

from __future__ import annotations

from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("12 passed in 0.03s", "12 passed in 12.4s"),
        ("===== 12 passed in 9.98s =====", "==== 12 passed in 10.02s ===="),
        ("Ran 3 tests in 0.001s", "Ran 3 tests in 0.020s"),
        ("Finished dev in 2m 03s", "Finished dev in 3m 01s"),
        ("  ok it adds (12 ms)", "  ok it adds (7 ms)"),
        ("# duration_ms 12.345", "# duration_ms 8.1"),
        ('<testcase time="0.031">', '<testcase time="0.2">'),
        ("[10:00:01] compiling", "[23:59:59] compiling"),
        ("<object at 0x7f12ab34cd56>", "<object at 0x7f99ab34cd00>"),
        ("/tmp/tmpab12cd3e/out", "/tmp/tmpzz12cd3_/out"),
        ("at 2026-11-20T10:00:00Z", "at 2026-11-21T11:00:00Z"),
    ],
)
def test_what_a_program_measures_is_no_difference(was: str, now: str) -> None:
    assert replay.steps(step(1, was), step(1, now), ()) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("12 passed in 0.03s", "11 passed, 1 failed in 0.03s"),
        ("a.py:12:30: error", "a.py:13:30: error"),
        ("3 monkeys", "4 monkeys"),
        ("version 1.2.3", "version 1.2.4"),
        ("exit 1", "exit 2"),
        ("12 seconds late", "12 files late"),
    ],
)
def test_what_a_program_says_is_one(was: str, now: str) -> None:
    (found,) = replay.steps(step(1, was), step(1, now), ())
    assert found.what == "step 1: output"


def test_a_time_in_a_call_is_a_difference() -> None:
    (found,) = replay.steps(step(1, arguments="sleep 5s"), step(1, arguments="sleep 6s"), ())
    assert found.what == "step 1: call"


def test_long_outputs_are_compared_by_what_was_kept_of_them_and_shown_where_they_part() -> None:
    was, now = step(1, "x" * 1000 + " 1 passed in 0.1s"), step(1, "x" * 1000 + " 1 passed in 0.2s")
    was[1]["data"]["output_sha256"], now[1]["data"]["output_sha256"] = "a" * 64, "b" * 64
    assert replay.steps(was, now, ()) == []
    now[1]["data"]["output"] += " no"
    (found,) = replay.steps(was, now, ())
    assert found.now.endswith("no")
    assert found.was.startswith("…xx")
    assert len(found.now) <= 300
