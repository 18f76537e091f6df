"""`autonomy issue process N`: one issue, now, by the flow of `autonomy run`; its exit code tells the outcome."""

from __future__ import annotations

import json

import pytest
from tests.flows.scenes import bump, scripted, stop_file, touch_stop
from tests.world import World

BARE = ("--sandbox", "none")


def test_it_works_on_the_one_issue_and_says_what_to_do_next(world):
    world.config()
    world.issue("1")
    world.issue("2", labels=("priority:critical", "mission:replace-text"))
    said = world.autonomy("issue", "process", "#1", *BARE)
    (branch,) = world.branches()
    assert branch.startswith("agent/planner/1-")
    assert f"diff main...{branch}" in said


def _blocked(world: World) -> None:
    scripted(world, "write .github/workflows/ci.yml on")


def _failed(world: World) -> None:
    scripted(world, "exit 3")


def _unchanged(world: World) -> None:
    scripted(world, "nothing")


def _stopped(world: World) -> None:
    world.config()
    world.issue("1")
    touch_stop(world)


def _held(world: World) -> None:
    world.config()
    world.issue("1", labels=("priority:high", "mission:replace-text", "autonomy:hold"))


@pytest.mark.parametrize(
    ("begin", "code"), [(_blocked, 1), (_held, 2), (bump, 3), (_failed, 4), (_stopped, 5), (_unchanged, 0)]
)
def test_the_exit_code_tells_the_outcome(world, begin, code):
    begin(world)
    world.autonomy("issue", "process", "1", *BARE, ok=code)


def test_an_issue_that_is_not_there_is_wrong_usage(world):
    world.config()
    ended = world.call("issue", "process", "77", *BARE)
    assert ended.returncode == 2
    assert "there is no open issue 77" in ended.stderr


def test_a_dry_run_shows_the_diff_and_writes_nothing(world):
    world.config()
    world.issue("1")
    said = world.autonomy("issue", "process", "1", *BARE, "--dry-run")
    assert "+Good day, world" in said
    assert world.branches() == []
    assert not stop_file(world).parent.exists()


def test_it_prints_data_when_asked(world):
    world.config()
    world.issue("1")
    (run,) = json.loads(world.autonomy("issue", "process", "1", *BARE, "--json"))["runs"]
    assert (run["task"], run["outcome"]) == (".#1", "handed_off")
