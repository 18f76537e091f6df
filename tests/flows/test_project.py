"""Which repository is meant, what it is based on, and what it may not bring along."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows.project import find, find_base
from tests.world import World


def test_records_that_came_with_the_repository_are_refused(world: World) -> None:
    world.write(".agent-workspace/autonomy.db", "a stranger's")
    world.git("add", "--force", ".agent-workspace")
    with pytest.raises(UsageError, match="belongs to the repository"):
        find(world.root)


def test_a_workspace_that_is_a_link_is_refused(world: World) -> None:
    (world.root / ".agent-workspace").symlink_to("/tmp")
    with pytest.raises(UsageError, match="belongs to the repository"):
        find(world.root)


def test_a_stop_may_be_tracked(world: World) -> None:
    world.write(".agent-workspace/STOP", "")
    world.git("add", "--force", ".agent-workspace")
    assert find(world.root).root == world.root


def test_the_workspace_is_that_of_the_main_work_tree(world: World) -> None:
    world.git("worktree", "add", "-q", "../linked", "-b", "linked")
    place = find(world.root.parent / "linked")
    assert place.workspace == world.root / ".agent-workspace"
    assert place.root == world.root.parent / "linked"


@pytest.mark.parametrize(
    ("steps", "branch"),
    [
        ([], "main"),
        (["branch -m main trunk"], "trunk"),
        (["branch -m main trunk", "branch other", "config init.defaultBranch trunk"], "trunk"),
        (["branch master"], "main"),
        (["branch -m main master", "branch other"], "master"),
        (["branch dev", "update-ref refs/remotes/origin/dev HEAD", "symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/dev"], "dev"),
        (["checkout -q --detach"], "main"),
        (["checkout -q -b feature"], "main"),
    ],
)  # fmt: skip
def test_work_begins_at_the_default_branch(world: World, steps: list[str], branch: str) -> None:
    for step in steps:
        world.git(*step.split())
    assert find_base(find(world.root)).branch == branch


def test_several_branches_without_a_default_are_asked_about(world: World) -> None:
    world.git("branch", "-m", "main", "a")
    world.git("branch", "b")
    with pytest.raises(UsageError, match="no default branch"):
        find_base(find(world.root))


def test_uncommitted_work_is_noticed(world: World) -> None:
    assert not find_base(find(world.root)).dirty
    world.write("hello.txt", "changed\n")
    assert find_base(find(world.root)).dirty
