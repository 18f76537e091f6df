"""Rows of a fleet: the same plan is shown once, numbers add up, nothing steers a terminal."""

from __future__ import annotations

from autonomy_pack.policy.fleet.rows import Reason, Row
from autonomy_pack.policy.fleet.steps import Act, Step
from autonomy_pack.views.fleet_rows import Rows, duration, ended, summary

STEPS = (Step(act=Act.WRITE, path="x", why="it is new", text="t\n"),)


def row(name: str, reason: Reason = Reason.CHANGE, **more: object) -> Row:
    told = {"why": "1 files", "steps": STEPS, "plan": "p", **more}
    return Row(name=name, reason=reason, **told)  # type: ignore[arg-type]


def test_the_same_steps_are_shown_once() -> None:
    rows = Rows(differences=True)
    first, second = list(rows.lines(row("a/one"), {})), list(rows.lines(row("a/two"), {}))
    assert any("+t" in line for line in first)
    assert second == ["change         a/two  (1 files, as in a/one)"]


def test_what_is_left_alone_is_named() -> None:
    left = Step(act=Act.KEEP, path="y", why="it is not ours: --force takes it over")
    told = list(Rows(differences=False).lines(row("a/one", steps=(*STEPS, left)), {}))
    assert told[-1] == "  keep      y  (it is not ours: --force takes it over)"


def test_every_row_is_counted() -> None:
    told = summary([row("a/1"), row("a/2", Reason.ARCHIVED), row("a/3")], "a", seconds=120)
    assert told == "3 repositories of a: 2 change, 1 archived. 2 writes, 2 min at least by GitHub's limits."


def test_the_end_is_told_by_what_was_done() -> None:
    done, failed = row("a/1", done=True), row("a/2", Reason.FAILED)
    assert ended([done], dry=False) == "1 done."
    assert ended([done, failed], dry=False).startswith("1 done, 1 failed")
    assert ended([row("a/3", Reason.UP_TO_DATE)], dry=False) == "Nothing to do."
    assert ended([row("a/1")], dry=True) == "Nothing was written."


def test_no_row_steers_a_terminal() -> None:
    odd = row("a/1", Reason.FAILED, why="x\x1b[31m\nchange         a/forged")
    assert all("\x1b" not in line and "\n" not in line for line in Rows(differences=False).lines(odd, {}))


def test_durations_are_told_as_people_say_them() -> None:
    assert [duration(one) for one in (5, 600, 7200)] == ["5 s", "10 min", "2.0 h"]
