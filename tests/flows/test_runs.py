"""Looking back: list, show, explain, and the way back to a change that was kept."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.flows.scenes import files_of, scripted
from tests.world import World


@pytest.fixture
def blocked(world: World) -> World:
    """A world whose only run was blocked."""
    scripted(world, "write a.txt one\nleak_secret")
    world.run()
    return world


def test_runs_are_listed_newest_first(world: World) -> None:
    assert "No run yet" in world.autonomy("run", "list")
    scripted(world, "exit 3")
    world.run()
    world.run()
    rows = json.loads(world.autonomy("run", "list", "--json"))
    assert [(row["run"], row["outcome"]) for row in rows] == [(".#1/2", "failed"), (".#1/1", "failed")]
    assert len(json.loads(world.autonomy("run", "list", "--json", "--limit", "1"))) == 1
    assert ".#1/2" in world.autonomy("run", "list")


@pytest.mark.parametrize("named", ["1", ".#1", "1/1", ".#1/1"])
def test_a_run_is_found_by_its_id_or_its_issue(blocked: World, named: str) -> None:
    said = blocked.autonomy("run", "show", named)
    assert "run .#1/1: blocked" in said
    assert "Next: `autonomy run recover 1`" in said


@pytest.mark.parametrize("named", ["7", "1/9", "nonsense#1/1", ""])
@pytest.mark.parametrize("verb", ["show", "explain", "recover"])
def test_a_run_that_never_was_is_an_error(blocked: World, verb: str, named: str) -> None:
    ended = blocked.call("run", verb, named)
    assert ended.returncode == 2
    assert "autonomy run list" in ended.stderr


def test_what_a_run_changed_and_printed_can_be_seen_again(blocked: World) -> None:
    diff = blocked.autonomy("run", "show", "1", "--diff")
    assert "+one" in diff
    assert "IOSFODNN7" not in diff
    assert "step.started" in blocked.autonomy("run", "show", "1", "--log")
    assert json.loads(blocked.autonomy("run", "show", "1", "--json"))["outcome"] == "blocked"


def test_a_run_is_explained_step_by_step(blocked: World) -> None:
    said = blocked.autonomy("run", "explain", "1")
    assert 'step 1 write ["a.txt", "one"]' in said
    assert "step 2 leak_secret" in said
    assert "pack, mission free-1, issue 1" in said
    assert "  \n" not in said
    assert "high secrets" in said


def test_a_kept_change_comes_back_as_a_branch_and_nothing_else_moves(blocked: World) -> None:
    before = blocked.git("for-each-ref"), blocked.git("status", "--porcelain")
    said = blocked.autonomy("run", "recover", "1")
    assert "recovered/1-1" in said
    assert "a.txt" in files_of(blocked, "recovered/1-1")
    assert blocked.git("rev-parse", "recovered/1-1^") == blocked.git("rev-parse", "main")
    blocked.autonomy("run", "recover", "1")
    blocked.git("branch", "-D", "recovered/1-1")
    assert (blocked.git("for-each-ref"), blocked.git("status", "--porcelain")) == before


def test_recovering_never_moves_somebodys_branch(blocked: World) -> None:
    blocked.git("branch", "recovered/1-1", "main")
    ended = blocked.call("run", "recover", "1")
    assert ended.returncode == 2
    assert "exists with other work" in ended.stderr
    assert blocked.git("rev-parse", "recovered/1-1") == blocked.git("rev-parse", "main")


def test_a_run_without_a_change_has_nothing_to_recover(world: World) -> None:
    scripted(world, "nothing")
    world.run()
    ended = world.call("run", "recover", "1")
    assert ended.returncode == 2
    assert "made no change" in ended.stderr


def test_records_that_are_gone_are_told_so(blocked: World) -> None:
    shutil.rmtree(blocked.root / ".agent-workspace/sessions")
    for words in (("show", "1", "--log"), ("show", "1", "--diff"), ("recover", "1")):
        ended = blocked.call("run", *words)
        assert ended.returncode == 2, words
        assert "gone" in ended.stderr
    assert "blocked" in blocked.autonomy("run", "show", "1")
    assert "No steps are kept" in blocked.autonomy("run", "explain", "1")
