"""Backups in a real clone: install, edit, sync, restore, and the tree is byte for byte what it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import project
from autonomy_pack.flows.fleet import backups, clone
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.plan import Act
from tests.flows.fleet.test_clone import LOOP, put
from tests.world import World

OLD = Inputs(pack="o/p", sha="a" * 40, version="0.1.0", agent="claude", cron="7 * * * *")
NEW = replace(OLD, sha="b" * 40, private=True, repair=True)


def tree(world: World) -> str:
    world.git("add", "-A")
    return world.git("write-tree")


def test_after_a_restore_every_byte_is_as_it_was(world: World) -> None:
    place = project.find(world.root)
    world.write("Makefile", "all:\n\techo hi")
    put(world, OLD)
    loop = world.root / LOOP
    loop.write_text(loop.read_text().replace("name: Autonomous agent loop", "name: Ours") + "# mine")
    before = tree(world)
    steps = clone.install(place, NEW)
    file = backups.keep(place, steps)
    assert file.is_relative_to(world.root / ".agent-workspace/backups")
    clone.apply(place, steps, lambda _: None)
    assert tree(world) != before
    clone.apply(place, backups.restore(place, file), lambda _: None)
    assert tree(world) == before


def test_a_sync_that_was_cut_off_goes_back_too(world: World) -> None:
    place = project.find(world.root)
    put(world, OLD)
    before = tree(world)
    steps = clone.install(place, NEW)
    file = backups.keep(place, steps)
    clone.apply(place, steps[:4], lambda _: None)
    clone.apply(place, backups.restore(place, file), lambda _: None)
    assert tree(world) == before


def test_an_install_goes_back_to_the_empty_place(world: World) -> None:
    place, before = project.find(world.root), tree(world)
    steps = clone.install(place, OLD)
    first, second = backups.keep(place, steps), backups.keep(place, steps)
    assert first != second
    clone.apply(place, steps, lambda _: None)
    clone.apply(place, backups.restore(place, first), lambda _: None)
    assert tree(world) == before


def test_nothing_is_written_through_a_link(world: World, tmp_path: Path) -> None:
    place = project.find(world.root)
    put(world, OLD)
    file = backups.keep(place, clone.install(place, NEW))
    (tmp_path / "target").write_text("theirs\n")
    (world.root / LOOP).unlink()
    (world.root / LOOP).symlink_to(tmp_path / "target")
    acts = {step.path: step.act for step in backups.restore(place, file)}
    assert acts[LOOP] is Act.KEEP


@pytest.mark.parametrize(
    ("old", "new"), [('"Makefile"', '".git/config"'), ('"version": 1', '"version": 2'), ("{", "[")]
)
def test_a_file_that_is_no_backup_is_refused(world: World, old: str, new: str) -> None:
    place = project.find(world.root)
    file = backups.keep(place, clone.install(place, OLD))
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(UsageError):
        backups.restore(place, file)
    with pytest.raises(UsageError, match="no file"):
        backups.restore(place, world.root / "none.json")


def test_a_large_backup_is_read_too(world: World) -> None:
    place = project.find(world.root)
    world.write(".github/autonomy.yml", "# long\n" * 60_000)
    file = backups.keep(place, clone.install(place, OLD))
    assert not any(step.changes for step in backups.restore(place, file))
