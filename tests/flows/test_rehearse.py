"""A dry run does all that a run does, and leaves no trace of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.flows.scenes import scripted, touch_stop
from tests.world import World


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return str(path.readlink()).encode()
    return path.read_bytes() if path.is_file() else b""


def fingerprint(*folders: Path) -> str:
    """A hash of every path, mode, link and content below, .git and all."""
    told = hashlib.sha256()
    for folder in folders:
        for path in sorted([folder, *folder.rglob("*")]):
            told.update(f"{path} {path.lstat().st_mode:o} ".encode())
            told.update(_content(path))
    return told.hexdigest()


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders of the command go."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.parametrize("used", [False, True], ids=["fresh", "used"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_a_dry_run_writes_nothing_anywhere_in_the_repository(
    world: World, scratch: Path, used: bool, more: tuple[str, ...]
) -> None:
    world.config()
    world.issue("1")
    world.issue("2", title="Second")
    if used:
        world.autonomy("run", "--issue", "2", "--sandbox", "none")
    before = fingerprint(world.root, scratch)
    said = world.autonomy("run", "--dry-run", "--sandbox", "none", "--max-issues", "10", *more)
    assert fingerprint(world.root, scratch) == before
    assert "+Good day, world" in said


def test_a_dry_run_shows_issue_mission_steps_and_the_whole_diff(world: World) -> None:
    world.config()
    world.issue("1")
    said = world.autonomy("run", "--dry-run", "--sandbox", "none")
    for part in (
        "#1",
        "mission replace-text",
        "step 1  replace",
        "-Hello, world",
        "+Good day, world",
        "nothing was written",
    ):
        assert part in said, part
    (told,) = json.loads(world.autonomy("run", "--dry-run", "--json", "--sandbox", "none"))
    assert (told["task"], told["mission"], told["findings"]) == (".#1", "replace-text", [])


def test_a_dry_run_tells_what_the_guards_would_say(world: World) -> None:
    scripted(world, "leak_secret")
    said = world.autonomy("run", "--dry-run", "--sandbox", "none")
    assert "high  secrets  settings.ini:1" in said
    assert "IOSFODNN7" not in said


def test_a_dry_run_of_an_agent_that_fails_says_so_and_is_no_failure(world: World) -> None:
    scripted(world, "exit 3")
    assert "would end: failed" in world.autonomy("run", "--dry-run", "--sandbox", "none")


def test_a_dry_run_heeds_a_stop(world: World) -> None:
    scripted(world, "write a.txt one")
    touch_stop(world)
    assert world.call("run", "--dry-run", "--sandbox", "none").returncode == 5


def test_looking_at_the_issues_writes_nothing_either(world: World, scratch: Path) -> None:
    world.config()
    world.issue("1")
    before = fingerprint(world.root, scratch)
    world.autonomy("issue", "list", "--json")
    world.autonomy("status", "--json")
    world.autonomy("config", "show")
    world.autonomy("mission", "list")
    assert fingerprint(world.root, scratch) == before


def test_looking_at_what_cannot_be_opened_leaves_nothing_behind_either(world: World, scratch: Path) -> None:
    database = world.root / ".agent-workspace/autonomy.db"
    database.parent.mkdir()
    database.write_bytes(b"not a database" * 1000)
    assert world.call("issue", "list").returncode == 4
    database.unlink()
    world.git("branch", "-m", "main", "one")
    world.git("branch", "two")
    world.issue("1")
    assert world.call("issue", "list").returncode == 2
    assert list(scratch.iterdir()) == []


def test_a_dry_run_without_a_key_says_why_nothing_would_begin_and_what_to_do(world: World) -> None:
    world.config()
    world.mission("think", "goal: Do it.\nagent: anthropic\ntools: [read]\nlimits: {usd: 1}\n")
    world.issue("1", labels=("priority:high", "mission:think"))
    said = world.autonomy("run", "--dry-run", "--sandbox", "none")
    assert "agent anthropic cannot work here" in said
    assert "ANTHROPIC_API_KEY" in said
    assert "Dry run: 0 of 1 open issues" in said
    by_hand = world.autonomy("mission", "run", "think", "--dry-run", "--sandbox", "none")
    assert "a run could not begin here" in by_hand
    assert "ANTHROPIC_API_KEY" in by_hand


def test_the_list_of_issues_tells_the_agent_and_what_depends_on_it(world: World) -> None:
    world.config()
    world.mission("think", "goal: Do it.\nagent: anthropic\ntools: [read]\nlimits: {usd: 1}\n")
    world.issue("1", labels=("priority:high", "mission:think"))
    listed = world.autonomy("issue", "list")
    assert "agent" in listed.splitlines()[0]
    assert "anthropic" in listed
    (row,) = json.loads(world.autonomy("issue", "list", "--json"))
    assert (row["agent"], row["eligible"]) == ("anthropic", False)
    (other,) = json.loads(world.autonomy("issue", "list", "--json", "--agent", "script"))
    assert other["agent"] == "script"
    assert "ANTHROPIC_API_KEY" not in other["why"]
