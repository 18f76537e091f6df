"""The box of a session: the strongest there is, never weaker than asked for, none only by a person's word."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from autonomy_pack.edges import host
from autonomy_pack.flows import box
from autonomy_pack.model import Config
from autonomy_pack.sandboxes import SANDBOXES
from tests.flows.scenes import events, scripted
from tests.world import PASSING, World

needs_box = pytest.mark.skipif(bool(SANDBOXES["bubblewrap"].missing()), reason=SANDBOXES["bubblewrap"].missing())


@pytest.fixture
def bare(tmp_path: Path, world: World) -> dict[str, str]:
    """An environment whose PATH has git and a shell, and no bubblewrap; the world's command line knows no Landlock."""
    world.through = (sys.executable, str(Path(__file__).parents[1] / "sandboxes" / "no_walls.py"))
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "sh", "python3", "touch"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return {"PATH": str(folder)}


def levels(world: World) -> list[str]:
    return [event.data["sandbox"] for event in events(world, "run.started")]


def test_a_level_that_cannot_be_had_is_refused_not_weakened(world: World, bare: dict[str, str]) -> None:
    world.issue("1")
    ended = world.call("run", "--sandbox", "L2", env=bare)
    assert ended.returncode == 2
    assert "bubblewrap is not installed" in ended.stderr
    assert levels(world) == []


def test_an_unknown_level_is_an_error(world: World) -> None:
    for asked in ("L3", "NONE", "l2", "yes"):
        assert world.call("run", "--sandbox", asked).returncode == 2, asked


@pytest.mark.parametrize("way", ["flag", "variable", "file"])
def test_in_github_actions_nobody_can_say_none(world: World, way: str) -> None:
    world.issue("1")
    job = {"GITHUB_ACTIONS": "true"}
    if way == "file":
        place = world.root.parent / "config" / "autonomy"
        place.mkdir(parents=True)
        (place / "config.yml").write_text("sandbox: none\n")
        job["XDG_CONFIG_HOME"] = str(place.parent)
    if way == "variable":
        job["AUTONOMY_SANDBOX"] = "none"
    words = ("--sandbox", "none") if way == "flag" else ()
    ended = world.call("run", "--forge", "local", *words, env=job)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "sandbox none is refused in GitHub Actions" in ended.stderr
    assert "token" in ended.stderr
    assert levels(world) == []


def test_without_a_box_only_the_planner_works_and_runs_no_programs(world: World, bare: dict[str, str]) -> None:
    world.issue("1")
    world.autonomy("run", env=bare)
    assert levels(world) == ["L0"]
    assert world.outcomes() == {".#1": "handed_off"}
    summary = next(world.root.rglob("AUTONOMOUS_SESSION_*.md")).read_text()
    assert "sandbox L0" in summary
    assert "Programs were not run: bubblewrap is not installed" in summary


@pytest.mark.parametrize("what", ["checks", "steps", "agent"])
def test_without_a_box_nothing_that_runs_programs_is_chosen(world: World, bare: dict[str, str], what: str) -> None:
    mark = world.root.parent / "mark"
    world.config(f'checks: [{{name: tests, run: [touch, "{mark}"]}}]\n' if what == "checks" else "max_issues: 1\n")
    step = f'run: [touch, "{mark}"]' if what == "steps" else "write: {path: a.txt, text: one}"
    steps = (
        f"agent: script\nconstraints: ['write_outside {mark}']\n"
        if what == "agent"
        else f"tools: [run, write]\nsteps:\n  - {step}\n"
    )
    world.mission("free", f"goal: Do it.\n{steps}")
    world.issue("1", labels=("priority:high", "mission:free"), body="")
    said = world.autonomy("run", env=bare)
    assert "need a sandbox" in said
    assert not mark.exists()
    assert levels(world) == []


def test_a_label_that_names_an_agent_is_no_way_around_the_box(world: World, bare: dict[str, str]) -> None:
    mark = world.root.parent / "mark"
    labels = ("priority:high", "mission:replace-text", "agent:script")
    world.issue(
        "1", labels=labels, body=f"### Find\n\nHello\n\n### Replace with\n\nBye\n\n### Script\n\nwrite_outside {mark}\n"
    )
    world.autonomy("run", env=bare, ok=None)
    assert not mark.exists()


def test_a_repository_may_not_say_none(world: World) -> None:
    world.config("sandbox: none\n")
    ended = world.call("run")
    assert ended.returncode == 2
    assert "sandbox" in ended.stderr
    assert "autonomy.yml:1" in ended.stderr


def test_a_person_may_say_none_and_every_summary_shows_it(world: World) -> None:
    world.issue("1")
    said = world.autonomy("run", env={"AUTONOMY_SANDBOX": "none"})
    assert "a person chose this" in said
    assert levels(world) == ["none"]
    assert "a person chose to run without a box" in next(world.root.rglob("AUTONOMOUS_SESSION_*.md")).read_text()
    body = next((world.root / ".agent-workspace/handoffs").glob("*.md")).read_text()
    assert "sandbox none" in body


needs_landlock = pytest.mark.skipif(bool(SANDBOXES["landlock"].missing()), reason=SANDBOXES["landlock"].missing())


@needs_landlock
def test_a_person_may_take_l1_and_the_summary_says_what_it_leaves_open(world: World) -> None:
    world.issue("1")
    # Nobody may enter pytest's own folders, and begun by root the agent is nobody.
    with tempfile.TemporaryDirectory() as cache:
        Path(cache).chmod(0o711)
        world.autonomy("run", "--sandbox", "L1", env={"XDG_CACHE_HOME": cache})
    assert levels(world) == ["L1"]
    assert "In this sandbox a program can see that files" in next(world.root.rglob("AUTONOMOUS_SES*.md")).read_text()


@needs_box
def test_a_configurations_word_is_the_least_that_will_do() -> None:
    assert box.choose(Config(sandbox="L1"), None).level == "L2"
    assert box.choose(Config(sandbox="L2"), None).level == "L2"


def test_the_least_that_will_do_is_never_undercut(world: World, bare: dict[str, str]) -> None:
    for least in ("L1", "L2"):
        world.config(f"sandbox: {least}\n")
        ended = world.call("run", env=bare)
        assert (ended.returncode, f"sandbox {least} cannot be had here" in ended.stderr) == (2, True), ended.stderr


def test_the_doctor_tells_of_every_sandbox(world: World, bare: dict[str, str]) -> None:
    ended = world.call("doctor", "--json", env=bare)
    told = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert [one["name"] for one in told["sandboxes"]] == [name for name in SANDBOXES if name != "none"]
    assert all(one["missing"] for one in told["sandboxes"])
    lacking = [one for one in told["lacks"] if one["rule"] == "sandbox"]
    assert len(lacking) == 3
    assert all(one["fix"] for one in lacking)


@needs_box
def test_the_doctor_does_not_lack_what_is_not_needed(world: World) -> None:
    told = json.loads(world.call("doctor", "--json").stdout)
    assert "sandbox L2 by bubblewrap" in told["fine"]
    assert [one for one in told["lacks"] if one["rule"] == "sandbox"] == []


def test_the_flag_wins_over_the_environment_and_both_over_the_configuration() -> None:
    assert box.choose(Config(sandbox="L2"), "none").level == "none"


@needs_box
def test_a_boxed_agent_reaches_nothing_outside(world: World) -> None:
    outside, secret = world.root.parent / "outside", host.home() / "secret"
    secret.write_text("hush\n")
    scripted(world, f"write a.txt one\nwrite_outside {outside}\nread_file {secret}")
    world.run(sandbox="L2")
    assert levels(world) == ["L2"]
    assert not outside.exists()
    (transcript,) = world.root.rglob("transcript.jsonl")
    assert "hush" not in transcript.read_text()


@needs_box
def test_a_boxed_check_reaches_nothing_outside(world: World) -> None:
    outside = world.root.parent / "outside"
    checks = f'checks: [{{name: tests, run: [sh, -c, "touch {outside}; true"]}}]\n'
    scripted(world, "write a.txt one", checks=checks)
    world.run(sandbox="L2")
    assert world.outcomes() == {".#1": "handed_off"}
    assert not outside.exists()


@needs_box
def test_auto_takes_the_strongest(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run(sandbox="auto")
    assert levels(world) == ["L2"]
