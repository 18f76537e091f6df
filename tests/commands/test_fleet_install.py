"""`autonomy fleet install` in a clone as a person calls it."""

from __future__ import annotations

from tests.world import World

LOOP = ".github/workflows/autonomous-agent-loop.yml"
PINNED = f"acme/autonomy-pack@{'a' * 40}"


def test_it_writes_the_workflows_that_call_ours_and_keeps_a_persons(world: World) -> None:
    mine = world.write(".github/workflows/autonomy-decide.yml", "name: mine\n")
    world.autonomy("fleet", "install", "--pack", PINNED, "--runs-on", "self-hosted", "--runs-on", "linux")
    loop = (world.root / LOOP).read_text()
    assert PINNED.replace("@", "/.github/workflows/autonomous-agent-loop.yml@") in loop
    assert 'runs_on: \'["self-hosted", "linux"]\'' in loop
    assert "schedule" not in loop.partition("jobs:")[0]
    assert mine.read_text() == "name: mine\n"


def test_callers_are_pinned_to_a_commit_and_to_nothing_else(world: World) -> None:
    for given in ("acme/autonomy-pack", "acme/autonomy-pack@v1", "autonomy-pack@" + "a" * 40):
        assert world.call("fleet", "install", "--pack", given).returncode == 2
    assert not (world.root / ".github/workflows").exists()


def test_it_names_the_option_that_is_wrong_and_says_what_comes_next(world: World) -> None:
    for words, told in (
        (("--pack", "acme/pack@v1"), "--pack: v1 cannot"),
        (("--pack", PINNED, "--runs-on", "a b"), "--runs-on: a b cannot"),
    ):
        ended = world.call("fleet", "install", *words)
        assert ended.returncode == 2
        assert told in ended.stderr
        assert "[" not in ended.stderr
    said = world.autonomy("fleet", "install", "--pack", PINNED)
    assert "autonomy init --labels" in said
    assert "mission:NAME" in said


def test_once_more_with_another_commit_brings_every_caller_there(world: World) -> None:
    world.autonomy("fleet", "install", "--pack", PINNED, "--allow-continuous", "--schedule", "7 * * * *")
    world.autonomy("fleet", "install", "--pack", PINNED.replace("a" * 40, "b" * 40))
    text = (world.root / LOOP).read_text()
    assert text.count("b" * 40) == 2
    assert "a" * 40 not in text
