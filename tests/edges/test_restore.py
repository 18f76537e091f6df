"""Kept work is put back whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.world import World

from autonomy_pack.edges import restore, workspace
from autonomy_pack.edges.workspace import Workspace


@pytest.fixture
def kept(world: World) -> tuple[str, str]:
    """(base, head) of a change that edits, adds, deletes and makes executable."""
    world.write("folder/old name.txt", "old\n")
    base = world.commit("base")
    world.write("hello.txt", "changed\n")
    world.write("new/ü\n.txt", "new\n").chmod(0o755)
    (world.root / "folder/old name.txt").unlink()
    head = world.commit("work")
    world.git("reset", "-q", "--hard", base)
    return base, head


def space(world: World, folder: Path, base: str) -> Workspace:
    return workspace.open_workspace(world.root / ".git", folder, base)


def test_everything_the_change_did_is_there_again(world: World, tmp_path: Path, kept: tuple[str, str]) -> None:
    base, head = kept
    made = space(world, tmp_path / "space", base)
    assert restore.put_back(made, base, head)
    assert workspace.tree(made) == world.git("rev-parse", f"{head}^{{tree}}")
    assert os.access(made.work / "new/ü\n.txt", os.X_OK)


def test_on_a_base_that_moved_elsewhere_both_are_there(world: World, tmp_path: Path, kept: tuple[str, str]) -> None:
    base, head = kept
    world.write("third.txt", "third\n")
    made = space(world, tmp_path / "space", world.commit("elsewhere"))
    assert restore.put_back(made, base, head)
    assert (made.work / "third.txt").read_text() == "third\n"
    assert (made.work / "hello.txt").read_text() == "changed\n"
    assert not (made.work / "folder").exists()


def test_on_a_base_that_moved_under_it_nothing_is_touched(world: World, tmp_path: Path, kept: tuple[str, str]) -> None:
    base, head = kept
    world.write("hello.txt", "mine\n")
    now = world.commit("under it")
    made = space(world, tmp_path / "space", now)
    assert not restore.put_back(made, base, head)
    assert workspace.tree(made) == workspace.base_tree(made)


def test_objects_that_are_gone_are_no_error(world: World, tmp_path: Path, kept: tuple[str, str]) -> None:
    made = space(world, tmp_path / "space", kept[0])
    assert not restore.put_back(made, kept[0], "0" * 40)
    assert workspace.tree(made) == workspace.base_tree(made)
