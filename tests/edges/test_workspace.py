import os
import stat
from pathlib import Path

import pytest
from tests.world import World

from autonomy_pack.edges import git, workspace
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.project import find


def opened(world: World, tmp_path: Path) -> workspace.Workspace:
    return workspace.open_workspace(find(world.root).git_dir, tmp_path / "space", world.git("rev-parse", "main"))


def committed(space: workspace.Workspace) -> str:
    return workspace.commit(space, workspace.tree(space), "m", "A <a@a.invalid>")


def test_the_work_folder_holds_the_base_and_no_repository(world: World, tmp_path: Path) -> None:
    space = opened(world, tmp_path)
    assert sorted(path.name for path in space.work.iterdir()) == ["hello.txt", "other.txt"]
    assert workspace.tree(space) == workspace.base_tree(space)


def test_a_result_travels_as_a_bundle_and_arrives_whole(world: World, tmp_path: Path) -> None:
    space = opened(world, tmp_path)
    (space.work / "new.txt").write_text("new\n")
    head = committed(space)
    sha256 = workspace.bundle(space, tmp_path / "b")
    workspace.unbundle(tmp_path / "b", sha256, head, into=find(world.root).git_dir)
    assert world.git("show", f"{head}:new.txt") == "new"
    assert world.git("rev-parse", f"{head}^") == world.git("rev-parse", "main")


def test_a_bundle_that_is_not_the_recorded_one_is_refused(world: World, tmp_path: Path) -> None:
    space = opened(world, tmp_path)
    (space.work / "new.txt").write_text("new\n")
    head = committed(space)
    sha256 = workspace.bundle(space, tmp_path / "b")
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes() + b"x")
    with pytest.raises(WorldError, match="not the bundle"):
        workspace.unbundle(tmp_path / "b", sha256, head, into=find(world.root).git_dir)


def test_what_the_agent_makes_of_git_in_its_folder_means_nothing(world: World, tmp_path: Path) -> None:
    """Hooks, configuration and filters that were planted must not run: each would leave a mark."""
    space = opened(world, tmp_path)
    mark = tmp_path / "mark"
    hook = f"#!/bin/sh\ntouch {mark}\n"
    planted = space.work / ".git"
    (planted / "hooks").mkdir(parents=True)
    for name in ("pre-commit", "post-checkout", "post-index-change", "reference-transaction"):
        (planted / "hooks" / name).write_text(hook)
        (planted / "hooks" / name).chmod(0o755)
    (planted / "HEAD").write_text("ref: refs/heads/main\n")
    (planted / "config").write_text(f'[core]\n\tfsmonitor = touch {mark}\n[filter "x"]\n\tclean = touch {mark}\n')
    (space.work / ".gitattributes").write_text("* filter=x diff=x\n")
    (space.work / "new.txt").write_text("new\n")
    head = committed(space)
    assert not mark.exists()
    names = git.text(git.run("ls-tree", "-r", "--name-only", head, at=space.git_dir)).split("\n")
    assert names == [".gitattributes", "hello.txt", "new.txt", "other.txt"]


def test_hooks_of_the_users_repository_never_run(world: World, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        hook = world.root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    space = opened(world, tmp_path)
    (space.work / "new.txt").write_text("new\n")
    head = committed(space)
    sha256 = workspace.bundle(space, tmp_path / "b")
    at = find(world.root).git_dir
    workspace.unbundle(tmp_path / "b", sha256, head, into=at)
    git.run("update-ref", "refs/heads/x", head, at=at)
    assert not mark.exists()


def test_files_made_unreadable_are_judged_all_the_same(world: World, tmp_path: Path) -> None:
    space = opened(world, tmp_path)
    (space.work / "dir").mkdir()
    (space.work / "dir" / "secret").write_text("x\n")
    (space.work / "dir" / "secret").chmod(0)
    (space.work / "dir").chmod(0)
    names = git.text(git.run("ls-tree", "-r", "--name-only", workspace.tree(space), at=space.git_dir))
    assert "dir/secret" in names


def test_a_shallow_repository_works_too(world: World, tmp_path: Path) -> None:
    world.write("hello.txt", "second\n")
    world.commit("second")
    clone = tmp_path / "clone"
    world.git("clone", "-q", "--depth", "1", f"file://{world.root}", str(clone))
    at = find(clone).git_dir
    base = git.text(git.run("rev-parse", "HEAD", at=at))
    space = workspace.open_workspace(at, tmp_path / "space", base)
    (space.work / "new.txt").write_text("new\n")
    head = committed(space)
    sha256 = workspace.bundle(space, tmp_path / "b")
    workspace.unbundle(tmp_path / "b", sha256, head, into=at)
    assert git.text(git.run("rev-parse", f"{head}^", at=at)) == base


def test_clearing_removes_what_was_made_unwritable(world: World, tmp_path: Path) -> None:
    space = opened(world, tmp_path)
    (space.work / "dir").mkdir()
    (space.work / "dir" / "file").write_text("x")
    (space.work / "dir").chmod(stat.S_IRUSR)
    workspace.clear(space)
    assert not space.folder.exists()
    assert os.listdir(tmp_path) == ["repo"]  # noqa: PTH208
