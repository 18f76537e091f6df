"""A stop is the one thing that must work when nothing else does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.world import World


@pytest.mark.parametrize("broken", ["configuration", "database", "branch"])
def test_a_stop_holds_whatever_else_is_broken(world: World, broken: str) -> None:
    world.issue("1")
    world.run()
    world.close()
    if broken == "configuration":
        world.write(".github/autonomy.yml", "checks: [a\n")
    elif broken == "database":
        for path in (world.root / ".agent-workspace").glob("autonomy.db*"):
            path.write_bytes(b"not a database" * 1000)
    else:
        world.git("branch", "-m", "main", "one")
        world.git("branch", "two")
    ended = world.call("stop", "--reason", "now")
    assert ended.returncode == 0, ended.stderr
    assert "now" in (world.root / ".agent-workspace/STOP").read_text()
    assert ("could not be recorded" in ended.stderr) == (broken == "database")


def test_our_own_branches_are_never_the_default(world: World) -> None:
    world.git("branch", "-m", "main", "trunk")
    world.issue("1")
    world.issue("2", body="### Find\n\nagain\n\n### Replace with\n\nonce more\n")
    assert [event.data["outcome"] for event in world.run().runs] == ["handed_off", "handed_off"]
    world.autonomy("issue", "list")
    world.autonomy("run", "list")


def test_a_pipe_that_closes_does_not_end_the_work(world: World) -> None:
    world.issue("1")
    world.issue("2", body="### Find\n\nagain\n\n### Replace with\n\nonce more\n")

    line = f"{sys.executable} -m autonomy_pack run --max-issues 2 --sandbox none | head -1"
    subprocess.run(["sh", "-c", line], cwd=world.root, check=True, capture_output=True)
    assert world.outcomes() == {".#1": "handed_off", ".#2": "handed_off"}
