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


def test_init_writes_the_workflows_that_call_ours_and_keeps_a_persons(world: World) -> None:
    pinned = f"acme/autonomy-pack@{'a' * 40}"
    mine = world.write(".github/workflows/autonomy-decide.yml", "name: mine\n")
    world.autonomy("init", "--github", pinned, "--runs-on", "self-hosted", "--runs-on", "linux")
    loop = (world.root / ".github/workflows/autonomous-agent-loop.yml").read_text()
    assert pinned.replace("@", "/.github/workflows/autonomous-agent-loop.yml@") in loop
    assert 'runs_on: \'["self-hosted", "linux"]\'' in loop
    assert mine.read_text() == "name: mine\n"
    assert not (world.root / ".github/autonomy.yml").exists()


def test_init_pins_callers_to_a_commit_and_to_nothing_else(world: World) -> None:
    for given in ("acme/autonomy-pack", "acme/autonomy-pack@v1", "autonomy-pack@" + "a" * 40):
        assert world.call("init", "--github", given).returncode == 2
    assert not (world.root / ".github/workflows").exists()


def test_init_names_the_option_that_is_wrong_and_says_what_it_keeps(world: World) -> None:
    for words, told in (
        (("--github", "acme/pack@v1"), "--github: v1 cannot"),
        (("--github", f"acme/pack@{'a' * 40}", "--runs-on", "a b"), "--runs-on: a b cannot"),
    ):
        ended = world.call("init", *words)
        assert ended.returncode == 2
        assert told in ended.stderr
        assert "[" not in ended.stderr
    said = world.autonomy("init", "--github", f"acme/pack@{'a' * 40}")
    assert "autonomy init --labels" in said
    assert "mission:NAME" in said
    assert " # v" not in (world.root / ".github/workflows/autonomous-agent-loop.yml").read_text()
    again = world.autonomy("init", "--github", f"acme/pack@{'b' * 40}")
    assert "autonomous-agent-loop.yml calls another commit" in again
