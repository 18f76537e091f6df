"""Set-up of the project: with the job's environment, without anything in it that is ours, the runner's or a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autonomy_pack.edges import host
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import project
from autonomy_pack.flows.actions import setting_up
from tests.world import World


def run(world: World, *programs: tuple[str, ...], folder: str = "") -> list[str]:
    return list(setting_up.run(project.find(world.root), programs, folder))


def test_programs_run_in_order_where_they_were_told_to(world: World) -> None:
    (world.root / "sub").mkdir()
    lines = run(world, ("pwd",), ("sh", "-c", "echo second"), folder="sub")
    assert lines[0] == str(world.root / "sub")
    assert lines[2] == "second"


def test_the_first_that_fails_ends_it_and_is_named(world: World) -> None:
    with pytest.raises(WorldError, match=r"`sh -c exit 7` ended with 7"):
        run(world, ("sh", "-c", "exit 7"), ("touch", "never"))
    assert not (world.root / "never").exists()


def test_no_key_and_no_file_of_the_runner_reaches_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {
        "AUTONOMY_GITHUB_TOKEN": "ghs_abcdefgh",
        "AUTONOMY_LEG": "{}",
        "ACTIONS_RUNTIME_TOKEN": "runtime-token",
        "GITHUB_TOKEN": "ghs_abcdefgh",
        "SOME_API_KEY": "key-of-something",
        "SAME_VALUE": "key-of-something",
        "GITHUB_OUTPUT": "/somewhere",
        "GITHUB_STEP_SUMMARY": "/somewhere",
    }
    for name, value in {**hidden, "GITHUB_PATH": "/its/way/to/add/tools", "KEPT": "yes"}.items():
        monkeypatch.setenv(name, value)
    names = {line.partition("=")[0] for line in run(world, ("env",))}
    assert names & set(hidden) == set()
    assert {"PATH", "KEPT", "GITHUB_PATH"} <= names


@pytest.mark.parametrize("folder", ["missing", "..", "/etc", "link"])
def test_they_begin_nowhere_but_in_the_project(world: World, folder: str) -> None:
    (world.root / "link").symlink_to("/etc")
    with pytest.raises(UsageError, match="working_directory"):
        run(world, ("true",), folder=folder)


def test_the_box_may_read_what_set_up_made_but_no_home(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools" / "1.2" / "bin"
    own = host.home() / ".local" / "bin"
    for folder in (tools, own, tmp_path / "cache"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("RUNNER_TOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(tools), str(own), str(host.home()), "relative", "/usr/bin", "/bin"])
    )
    shown = setting_up.toolchain(project.find(world.root))
    assert set(shown) == {str(world.root), str(tmp_path / "cache"), str(tools.parent), str(own)}
    assert str(host.home()) not in shown
