"""Setting a repository up: what is written works at once, what was there stays."""

from __future__ import annotations

from pathlib import Path

from autonomy_pack.flows import project, trust
from tests.world import World


def test_what_init_writes_works_at_once(world: World) -> None:
    world.autonomy("init")
    world.autonomy("config", "validate")
    (choice,) = world.run().survey.choices
    assert choice.id == "1"
    assert world.call("run", "--sandbox", "none").returncode == 0


def test_init_keeps_what_a_person_had(world: World) -> None:
    world.write(".github/autonomy.yml", "max_issues: 3\n")
    world.issue("1", title="Mine")
    before = (world.root / ".autonomy/issues/1.md").read_text()
    world.autonomy("init")
    assert (world.root / ".github/autonomy.yml").read_text() == "max_issues: 3\n"
    assert (world.root / ".autonomy/issues/1.md").read_text() == before


def test_init_trusts_only_what_it_wrote_itself(world: World) -> None:
    world.write(".github/autonomy.yml", "checks: [{name: evil, run: [evil]}]\n")
    world.autonomy("init")
    assert not trust.is_trusted(project.find(world.root))
    assert world.call("run").returncode == 3


def test_init_follows_no_link_out_of_the_repository(world: World) -> None:
    outside = world.root.parent / "outside"
    outside.mkdir()
    (world.root / ".autonomy").mkdir()
    (world.root / ".autonomy/issues").symlink_to(outside)
    assert world.call("init").returncode == 2
    assert list(outside.iterdir()) == []


def test_a_second_init_changes_nothing(world: World) -> None:
    world.autonomy("init")
    before = {
        path: path.read_bytes() for path in Path(world.root).rglob("*") if path.is_file() and ".git/" not in str(path)
    }
    world.autonomy("init")
    assert {path: path.read_bytes() for path in before} == before


def test_runtime_files_are_ignored_without_touching_the_users_gitignore(world: World) -> None:
    world.write(".gitignore", "mine\n")
    world.commit("ignore")
    world.autonomy("init")
    world.autonomy("run", "--sandbox", "none")
    assert (world.root / ".gitignore").read_text() == "mine\n"
    assert ".agent-workspace" not in world.git("status", "--porcelain")
    assert (world.root / ".git/info/exclude").read_text().count(".agent-workspace/") == 1
