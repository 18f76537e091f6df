"""kill -9 at every event, lease and forge write of a run, then a rerun: the same final state every time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.flows import trust
from autonomy_pack.flows.project import find
from tests.world import PASSING, World

DRIVER = Path(__file__).with_name("killed.py")
# The widest run has this many writes; a test below fails when that is no longer so, and says the new number.
POINTS = 20


def two_issues(root: Path) -> World:
    world = World(root, {"hello.txt": "Hello, world\n", "requirements.txt": "ruff==0.14.2\n"})
    world.write(".github/autonomy.yml", PASSING)
    world.issue("1")
    world.issue(
        "2",
        labels=("priority:low", "mission:replace-text"),
        body="### Find\n\n0.14.2\n\n### Replace with\n\n0.15.0\n\n### Files\n\nrequirements.txt\n",
    )
    trust.trust(find(root))
    return world


def killed(world: World, at: int, when: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(DRIVER), str(world.root), str(at), when]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def final_state(world: World) -> dict[str, object]:
    """{task → outcome, tree of its branch, labels, open decisions}: not commit ids, times or run ids."""
    opened = world.open()
    issues, broken = opened.forge.issues()
    assert broken == []
    return {
        "outcomes": {head.subject: head.status for head in opened.store.heads("task")},
        "trees": {branch: world.git("rev-parse", f"{branch}^{{tree}}") for branch in world.branches()},
        "labels": {issue.id: issue.labels for issue in issues},
        "decisions": [(head.title, head.status) for head in opened.store.heads("decision")],
        "held": [lease.key for lease in opened.store.leases()],
        "sessions": {head.status for head in opened.store.heads("session")},
    }


def handoffs(world: World) -> list[str]:
    return [event.subject for event in world.open().store.events(kinds=["handoff.made"])]


EXPECTED_OUTCOMES = {".#1": "handed_off", ".#2": "waiting"}


@pytest.fixture
def pair(tmp_path: Path) -> World:
    return two_issues(tmp_path / "repo")


def test_the_clean_run_hands_one_off_and_asks_about_the_other(pair: World) -> None:
    ended = killed(pair, 0, "after")
    assert ended.returncode == 0, ended.stderr
    points = int(ended.stdout.split()[0])
    print(f"{points} writes: {ended.stdout}")
    assert points == POINTS
    state = final_state(pair)
    assert state["outcomes"] == EXPECTED_OUTCOMES
    assert state["held"] == []
    assert state["sessions"] == {"finished"}
    assert len(state["decisions"]) == 1


@pytest.fixture(scope="module")
def clean_state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a session that nobody kills comes to."""
    clean = two_issues(tmp_path_factory.mktemp("clean") / "repo")
    clean.run()
    state = final_state(clean)
    clean.close()
    return state


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, POINTS + 1))
def test_killed_at_any_write_a_rerun_ends_in_the_same_state(
    tmp_path: Path, clean_state: dict[str, object], at: int, when: str
) -> None:
    world = two_issues(tmp_path / "repo")
    ended = killed(world, at, when)
    assert ended.returncode == -9, (at, when, ended.stdout, ended.stderr)
    world.run()
    assert final_state(world) == clean_state, (at, when)
    assert handoffs(world) == [".#1"]
    world.close()


def test_a_second_kill_during_recovery_changes_nothing(tmp_path: Path, clean_state: dict[str, object]) -> None:
    for at in range(3, POINTS, 4):
        world = two_issues(tmp_path / f"repo{at}")
        assert killed(world, at, "after").returncode == -9
        assert killed(world, 3, "after").returncode == -9
        world.run()
        assert final_state(world) == clean_state, at
        assert handoffs(world) == [".#1"]
        world.close()
        shutil.rmtree(world.root)
