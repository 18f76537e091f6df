"""Keys and tokens of the harness are found nowhere in a box: in no process, file, descriptor, argv, environment, memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.sandboxes import SANDBOXES
from tests.sandboxes import canaries
from tests.sandboxes.boxes import user
from tests.sandboxes.table import NAMES
from tests.world import World

WALLED = [name for name, sandbox in SANDBOXES.items() if sandbox.level != "none"]
needs_box = pytest.mark.skipif(bool(SANDBOXES["bubblewrap"].missing()), reason=SANDBOXES["bubblewrap"].missing())


def searched(name: str, sandbox: str) -> list[list[str]]:
    """What a search finds in that sandbox, while its harness holds planted words in environment and files."""
    with user(name) as one:
        planted = canaries.plant(one.shared / "home")
        shutil.copy(canaries.SEARCH, one.shared)
        folders = [str(one.shared)] if sandbox == "none" else []
        argv = ["PYTHON", "-I", "-S", str(one.shared / "search.py"), "-", *folders]
        words = one.words(sandbox, argv, readable=[str(one.shared / "search.py")])
        environment = planted.environment | one.environment()
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        answer = json.loads(ended.stdout)
        if answer["missing"]:
            pytest.skip(answer["missing"])
        assert answer["exit"] == 0, answer
        return canaries.found(answer["lines"][-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sandbox", WALLED)
def test_no_key_or_token_of_the_harness_is_found_in_a_box(sandbox: str, name: str) -> None:
    assert searched(name, sandbox) == []


@pytest.mark.parametrize("name", NAMES)
def test_without_a_box_they_are_found_everywhere(name: str) -> None:
    """The control of the search: environment and memory of the harness, and every planted file."""
    found = searched(name, "none")
    kinds = {kind for kind, _ in found}
    assert kinds >= {"environ", "memory", "file"}
    assert sum(kind == "file" for kind, _ in found) == 8


MISSION = "goal: Look.\ntools: [run, write]\nsteps:\n  - run: [python3, search.py, found.json]\n"


@needs_box
@pytest.mark.parametrize("agent", ["planner", "command"])
def test_no_agent_of_a_run_finds_them(world: World, tmp_path: Path, agent: str) -> None:
    planted = canaries.plant(tmp_path / "planted")
    shutil.copy(canaries.SEARCH, world.root / "search.py")
    world.mission("look", MISSION if agent == "planner" else "goal: Look.\nagent: command\n")
    world.issue("1", labels=("priority:high", "mission:look"), body="")
    world.commit()
    world.config("max_issues: 1\n")
    argv = [] if agent == "planner" else ["--agent", "command", "--agent-command", "python3 search.py found.json"]
    environment = {name: value for name, value in planted.environment.items() if name != "HOME"}
    ended = world.call("run", "--sandbox", "L2", *argv, env=environment | {"PATH": os.environ["PATH"]})
    (branch,) = world.branches() or pytest.fail(ended.stdout + ended.stderr)
    canaries.nothing_found(world.git("show", f"{branch}:found.json"))


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    planted = canaries.plant(tmp_path)
    said = subprocess.run(
        [*canaries.argv("-", [str(tmp_path)])], env=planted.environment, capture_output=True, text=True, check=True
    )
    kinds = [kind for kind, _ in canaries.found(said.stdout)]
    assert kinds.count("own environment") == len(canaries.KEYS)
    assert kinds.count("file") == len(planted.files)
    assert sys.executable == canaries.argv()[0]
