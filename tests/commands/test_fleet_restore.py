"""`--backup` and `autonomy fleet restore` as a person calls them."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.world import World

PACK = "o/p@" + "a" * 40


def call(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "autonomy_pack", "fleet", *words]
    return subprocess.run(argv, cwd=world.root, capture_output=True, text=True, check=False)


def tree(world: World) -> str:
    world.git("add", "-A")
    return world.git("write-tree")


def test_what_a_backup_kept_comes_back(world: World) -> None:
    before = tree(world)
    made = call(world, "install", "--pack", PACK, "--backup")
    assert made.returncode == 0, made.stderr
    after = tree(world)
    file = re.search(r"What was there is in (\S+)", made.stdout)
    assert file
    dry = call(world, "restore", file[1], "--dry-run")
    assert "Nothing was written." in dry.stdout
    assert tree(world) == after
    ended = call(world, "restore", file[1])
    assert ended.returncode == 0, ended.stderr
    assert "What was there is in" in ended.stdout, "the way back has a way back"
    assert tree(world) == before


def test_a_dry_run_keeps_nothing(world: World) -> None:
    assert call(world, "install", "--pack", PACK, "--backup", "--dry-run").returncode == 0
    assert not (world.root / ".agent-workspace").exists()


def test_a_tag_that_nobody_can_look_up_is_not_called(world: World) -> None:
    ended = call(world, "install", "--pack", PACK, "--pin", "tag", "--enterprise-server")
    assert ended.returncode == 2
    assert "pin tag" in ended.stderr
    made = call(world, "install", "--pack", PACK, "--pin", "tag")
    assert made.returncode == 0, made.stderr
    assert "@v0.1.0\n" in (world.root / ".github/workflows/autonomous-agent-loop.yml").read_text()
