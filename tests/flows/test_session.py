"""A session: how many, which, and how it ends; one bad thing never stops the others."""

from __future__ import annotations

import dataclasses
import json

import pytest

from autonomy_pack.flows import box, claim, decisions, survey
from tests.flows.scenes import asked, at, events, later, run_with, scripted
from tests.world import World


def test_one_failure_does_not_stop_the_others_and_shows_in_the_exit_code(world: World) -> None:
    scripted(world, "exit 3", id="1")
    scripted(world, "write a.txt one", id="2")
    done = world.run()
    assert done.exit_code == 4
    assert world.outcomes() == {".#1": "failed", ".#2": "handed_off"}


@pytest.mark.parametrize(
    ("script", "code"), [("write a.txt one", 0), ("nothing", 0), ("leak_secret", 0), ("odd_modes", 0), ("exit 1", 4)]
)
def test_the_exit_code_tells_whether_a_run_failed(world: World, script: str, code: int) -> None:
    scripted(world, script)
    assert world.call("run", "--sandbox", "none").returncode == code


@pytest.mark.parametrize("number", ["1", "3"])
def test_at_most_as_many_issues_as_asked_for(world: World, number: str) -> None:
    world.config()
    for name in "1234":
        world.issue(name)
    world.autonomy("run", "--max-issues", number, "--sandbox", "none")
    assert len(events(world, "task.claimed")) == int(number)


@pytest.mark.parametrize("number", ["0", "99", "-1", "abc", "", "1.5", "11", "1e1"])
def test_a_bad_number_of_issues_is_an_error(world: World, number: str) -> None:
    world.issue("1")
    ended = world.call("run", "--max-issues", number)
    assert ended.returncode == 2, ended.stdout
    assert "max_issues" in ended.stderr
    assert "Next:" in ended.stderr
    assert world.outcomes() == {}


def test_more_than_ten_needs_a_word(world: World) -> None:
    world.autonomy("run", "--max-issues", "11", "--allow-continuous")


def test_a_named_issue_is_the_only_one(world: World) -> None:
    world.config()
    world.issue("1")
    world.issue("CP-UFS-001", labels=("priority:low", "mission:replace-text"))
    world.autonomy("run", "--issue", "CP-UFS-001", "--sandbox", "none")
    assert world.outcomes() == {".#1": "queued", ".#CP-UFS-001": "handed_off"}


def test_a_named_issue_that_cannot_be_worked_on_is_an_error_with_its_why(world: World) -> None:
    world.issue("1", labels=())
    world.write(".autonomy/issues/2.md", "no front matter\n")
    for named, said in (("1", "no priority label"), ("2", "2.md"), ("7", "no open issue 7")):
        ended = world.call("run", "--issue", named)
        assert ended.returncode == 2, named
        assert said in ended.stderr


def test_an_expired_decision_is_noted_by_the_next_session(world: World) -> None:
    decision = asked(world)
    run_with(world, lambda _: None, later(world.open(), 25))
    (answer,) = events(world, "decision.answered")
    assert (answer.data["option"], answer.data["via"]) == ("deny", "expiry")
    assert decisions.find(world.open(), decision).status == "expired"


def test_a_full_queue_says_so_and_the_rest_is_done(world: World) -> None:
    world.config("queue_capacity: 2\n")
    for name in "123":
        world.issue(name)
    done = world.run()
    assert [event.subject for event in done.runs] == [".#1", ".#2"]
    assert "queue full" in next(choice.why for choice in done.survey.choices if choice.id == "3")


def test_an_interrupt_ends_the_session_with_5(world: World) -> None:
    world.issue("1")

    def interrupt() -> None:
        raise KeyboardInterrupt

    done = run_with(world, at("run.started", interrupt))
    assert done.exit_code == 5
    assert world.outcomes() == {".#1": "stopped"}


def test_json_is_the_whole_output(world: World) -> None:
    scripted(world, "write a.txt one")
    world.issue("2", labels=())
    told = json.loads(world.autonomy("run", "--json", "--sandbox", "none"))
    assert [run["outcome"] for run in told["runs"]] == ["handed_off"]
    assert told["not_chosen"][0]["id"] == "2"
    assert told["exit"] == 0


def test_of_sessions_that_begin_at_once_none_thinks_that_the_issues_moved(world: World) -> None:
    scripted(world, "write a.txt one", id="1")
    scripted(world, "write b.txt two", id="2")
    first, second = world.open(), world.open()
    none = box.choose(first.config, "none")
    looks = [(opened, survey.look(opened, box=none)) for opened in (first, second)]
    noted = [survey.note(opened, seen) for opened, seen in looks]
    assert set(noted[0]) == {".#1", ".#2"}
    assert noted[0] == noted[1]
    task = looks[0][1].choices[0].task
    assert task is not None
    assert claim.take(first, task, noted[0][task.id])
    assert task.id not in survey.note(second, looks[1][1])


def test_sessions_that_begin_in_one_second_have_names_of_their_own(world: World) -> None:
    names = {world.run().id for _ in range(4)}
    assert len(names) == 4


def test_nothing_of_the_checkout_is_touched(world: World) -> None:
    world.config()
    world.issue("1")
    world.git("checkout", "-q", "-b", "mine")
    world.write("hello.txt", "uncommitted\n")
    world.write("untracked.txt", "mine\n")
    before = world.git("status", "--porcelain"), world.git("stash", "list"), world.git("symbolic-ref", "HEAD")
    opened = world.open()
    assert dataclasses.is_dataclass(opened)
    world.run()
    assert world.outcomes() == {".#1": "handed_off"}
    assert (world.git("status", "--porcelain"), world.git("stash", "list"), world.git("symbolic-ref", "HEAD")) == before
    assert (world.root / "hello.txt").read_text() == "uncommitted\n"
    (branch,) = world.branches()
    assert world.git("show", f"{branch}:hello.txt") == "Good day, world"
