"""Nothing that a repository or a home folder configures for git runs because of us."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from autonomy_pack.edges import host
from tests.flows.scenes import scripted
from tests.world import World


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a mark beside itself and passes on what it is given."""
    path = tmp_path / "trap"
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/mark\ncat\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def mark(trap: Path) -> Path:
    return trap.parent / "mark"


def test_a_hook_of_the_repository_never_runs(world: World, trap: Path) -> None:
    for name in ("reference-transaction", "pre-commit", "post-checkout", "post-index-change", "post-merge"):
        (world.root / ".git/hooks" / name).symlink_to(trap)
    handed_off_quietly(world, trap)


def handed_off_quietly(world: World, trap: Path) -> None:
    """The world's own set-up uses git as people do, so only what we do afterwards counts."""
    scripted(world, "write a.txt one\nwrite hello.txt two")
    mark(trap).unlink(missing_ok=True)
    world.run()
    world.autonomy("run", "show", "1", "--diff")
    assert not mark(trap).exists()
    assert world.outcomes() == {".#1": "handed_off"}


@pytest.mark.parametrize(
    "key", ["core.fsmonitor", "diff.external", "core.pager", "core.editor", "gpg.program", "credential.helper"]
)
def test_a_program_in_the_repositorys_configuration_never_runs(world: World, trap: Path, key: str) -> None:
    world.git("config", "commit.gpgSign", "true")
    world.git("config", key, str(trap))
    handed_off_quietly(world, trap)


@pytest.mark.parametrize("how", ["clean", "process"])
@pytest.mark.parametrize("name", ["trap", "tr=ap", "Tr.ap"])
def test_a_filter_of_the_repositorys_configuration_never_runs(world: World, trap: Path, name: str, how: str) -> None:
    (world.root / ".gitattributes").write_text(f"* filter={name} diff=trap merge=trap\n")
    world.commit("attributes")
    config = {f"filter.{name}": (how, "smudge"), "diff.trap": ("textconv", "command")}
    for key, parts in config.items():
        for part in parts:
            world.git("config", f"{key}.{part}", str(trap))
    world.git("config", f"filter.{name}.required", "true")
    for path in world.root.glob("*.txt"):  # so that git has to look into them
        path.write_text(path.read_text())
    handed_off_quietly(world, trap)


def test_a_missing_object_is_fetched_from_nowhere(world: World, trap: Path) -> None:
    """A partial clone names a program that sends missing objects."""
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": str(world.root),
        "remote.origin.uploadpack": str(trap),
    }
    for key, text in settings.items():
        world.git("config", key, text)
    oid = world.git("rev-parse", "main:hello.txt")
    (world.root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    world.issue("1")
    world.run()
    world.call("run", "show", "1", "--diff")
    world.call("guard", "check", "--base", "main", "--head", "main")
    assert world.outcomes() == {".#1": "failed"}
    assert not mark(trap).exists()


def test_a_filter_of_the_users_own_configuration_never_runs(world: World, trap: Path) -> None:
    (host.home() / ".gitconfig").write_text(f'[filter "trap"]\n\tclean = {trap}\n\tsmudge = {trap}\n')
    world.write(".gitattributes", "* filter=trap\n")
    world.git("add", ".gitattributes")
    world.git("-c", "filter.trap.clean=cat", "commit", "-q", "-m", "attributes")
    handed_off_quietly(world, trap)


def test_files_arrive_and_leave_byte_by_byte(world: World) -> None:
    """What would rewrite line endings or ignore files for a person says nothing to us."""
    (host.home() / ".gitconfig").write_text("[core]\n\tautocrlf = true\n\texcludesFile = ~/.ignored\n")
    (host.home() / ".ignored").write_text("*\n")
    world.git("config", "core.autocrlf", "true")
    program = "write a.txt one"
    scripted(world, program)
    world.run()
    (branch,) = world.branches()
    assert world.git("cat-file", "-s", f"{branch}:a.txt") == "4"
    assert world.git("cat-file", "-s", f"{branch}:hello.txt") == "13"
