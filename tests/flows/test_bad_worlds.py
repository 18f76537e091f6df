"""Bad input at the real command line: a message that says what happened and what to do, the right code, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from tests.flows.scenes import begin, events, files_of, scripted
from tests.world import PASSING, World


def refused(world: World, code: int, *said: str, args: tuple[str, ...] = ()) -> str:
    """A run that ends with that code, says these words, a next step, and no traceback; what it said."""
    ended = world.call("run", "--sandbox", "none", *args)
    assert ended.returncode == code, ended.stdout + ended.stderr
    for word in (*said, "Next: "):
        assert word in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def emptied(world: World, *git: str) -> None:
    """The world's folder with another repository in it, or none."""
    shutil.rmtree(world.root)
    world.root.mkdir()
    if git:
        world.git(*git)


# --- the repository ------------------------------------------------------------------------------------------------


def test_what_is_not_a_folder(world: World) -> None:
    refused(world, 2, "is not a folder", args=("--repo", str(world.root / "hello.txt")))
    refused(world, 2, "is not a folder", args=("--repo", str(world.root / "nowhere")))


def test_what_is_not_a_repository(world: World) -> None:
    emptied(world)
    refused(world, 2, "is not in a git repository", "git init")


def test_a_bare_repository(world: World) -> None:
    emptied(world, "init", "-q", "--bare")
    refused(world, 2, "is a bare repository")


def test_inside_the_git_folder(world: World) -> None:
    refused(world, 2, "inside a .git folder", args=("--repo", str(world.root / ".git")))


def test_a_repository_without_a_commit(world: World) -> None:
    emptied(world, "init", "-q", "-b", "main")
    refused(world, 2, "has no commit yet", "Commit something")


def test_no_default_branch(world: World) -> None:
    world.git("branch", "one")
    world.git("branch", "-m", "main", "two")
    refused(world, 2, "no default branch", "git config init.defaultBranch")
    world.git("config", "init.defaultBranch", "two")
    world.autonomy("run")


def test_a_branch_that_is_no_commit_any_more(world: World) -> None:
    (world.root / ".git/refs/heads/main").write_text("0" * 39 + "1\n")
    refused(world, 4, "git ")


def test_a_detached_head_works(world: World) -> None:
    world.issue("1")
    world.git("checkout", "-q", "--detach")
    world.autonomy("run", "--sandbox", "none")
    assert world.outcomes() == {".#1": "handed_off"}
    assert world.git("rev-parse", f"{world.branches()[0]}^") == world.git("rev-parse", "main")


def clone(world: World, *words: str) -> World:
    """A clone of the world beside it."""
    other = copy(world)
    other.root, other.reported, other._opened = world.root.parent / "clone", [], []
    world.git("-c", "protocol.file.allow=always", "clone", "-q", *words, f"file://{world.root}", str(other.root))
    return other


def test_a_shallow_clone_works(world: World) -> None:
    world.write("hello.txt", "Hello, second\n")
    world.commit("second")
    shallow = clone(world, "--depth", "1")
    shallow.issue("1")
    shallow.autonomy("run", "--sandbox", "none")
    (branch,) = shallow.branches()
    assert shallow.git("show", f"{branch}:hello.txt") == "Good day, second"
    assert shallow.git("rev-parse", "--is-shallow-repository") == "true"


def test_a_linked_work_tree_shares_its_repositorys_records(world: World) -> None:
    world.git("worktree", "add", "-q", "-b", "side", str(world.root.parent / "side"))
    world.issue("1")
    shutil.copytree(world.root / ".autonomy", world.root.parent / "side/.autonomy")
    world.autonomy("run", "--sandbox", "none", "--repo", str(world.root.parent / "side"))
    assert world.outcomes() == {".#1": "handed_off"}


def test_submodules_are_left_alone(world: World) -> None:
    library = World(world.root.parent / "library", {"lib.txt": "Hello, library\n"})
    world.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "lib")
    world.commit("submodule")
    world.issue("1")
    world.autonomy("run", "--sandbox", "none")
    (branch,) = world.branches()
    assert world.git("ls-tree", branch, "lib") == world.git("ls-tree", "main", "lib")
    assert (world.root / "lib/lib.txt").read_text() == "Hello, library\n"


def test_large_file_pointers_stay_pointers(world: World) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12345\n"
    world.write("big.bin", pointer)
    world.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    world.commit("large")
    world.git("config", "filter.lfs.smudge", "false")
    world.git("config", "filter.lfs.clean", "false")
    world.git("config", "filter.lfs.required", "true")
    world.issue("1")
    world.autonomy("run", "--sandbox", "none")
    (branch,) = world.branches()
    assert world.git("cat-file", "blob", f"{branch}:big.bin") == pointer.strip()
    assert world.git("diff-tree", "-r", "--name-only", "main", branch).split() == ["hello.txt", "other.txt"]


# --- configuration, missions, issues -------------------------------------------------------------------------------

CONFIGS = {
    "broken": ("checks: [\n", "autonomy.yml:"),
    "unknown key": ("max_isues: 3\n", "max_issues"),
    "duplicate key": ("max_issues: 3\nmax_issues: 4\n", "autonomy.yml:2"),
    "wrong type": ("max_issues: many\n", "autonomy.yml:1"),
    "a truth as a number": ("max_issues: true\n", "autonomy.yml:1"),
    "too many": ("max_issues: 99\n", "autonomy.yml:1"),
    "not a mapping": ("- one\n", "autonomy.yml:1"),
    "no text": ("\udcff\udcfe", "autonomy.yml"),
    "two documents": ("max_issues: 1\n---\nmax_issues: 2\n", "autonomy.yml:"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_configuration_that_is_wrong_names_file_line_and_fix(world: World, kind: str) -> None:
    text, said = CONFIGS[kind]
    (world.root / ".github").mkdir()
    (world.root / ".github/autonomy.yml").write_bytes(text.encode("utf-8", "surrogateescape"))
    world.issue("1")
    refused(world, 2, said)
    assert not (world.root / ".agent-workspace").exists()


def test_broken_issues_and_missions_stop_nobody_else(world: World) -> None:
    world.config(PASSING)
    world.mission("broken", "goal: [\n")
    world.issue("1", labels=("priority:high", "mission:broken"))
    world.issue("2")
    world.issue("3", labels=("priority:high", "mission:none-such"))
    bad = {"4": "", "5": "---\ntitle: [\n---\n", "6": "---\ntitle: a\ntitle: b\n---\n", "7": "---\ntitle: open"}
    for name, text in bad.items():
        world.write(f".autonomy/issues/{name}.md", text)
    (world.root / ".autonomy/issues/8.md").write_bytes(b"---\ntitle: \xff\n---\n")
    (world.root / ".autonomy/issues/9.md").symlink_to("/etc/passwd")
    world.write(".autonomy/issues/bad name.md", "---\ntitle: a\n---\n")
    (world.root / ".autonomy/issues/10.md").mkdir()
    ended = world.call("run", "--sandbox", "none", "--json", "--max-issues", "10")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert [run["task"] for run in told["runs"]] == [".#2"]
    assert {one["where"] for one in told["unreadable"]} == {
        *(f"{name}.md" for name in (4, 5, 6, 7, 8, 9, 10)),
        "bad name.md",
    }
    assert all(one["says"] and one["fix"] for one in told["unreadable"])
    assert {one["id"] for one in told["not_chosen"]} == {"1", "3"}
    text = Path(world.root / told["summary"]).read_text()
    assert "4.md" in text
    assert "root:" not in text


def test_an_agent_that_does_not_exist(world: World) -> None:
    world.issue("1", labels=("priority:high", "mission:replace-text", "agent:nobody"))
    assert "unknown agent nobody; the agents are planner" in world.autonomy("run", "--sandbox", "none")
    world.issue("1")
    refused(world, 2, "unknown agent nobody", "planner, script, command", args=("--agent", "nobody"))
    assert world.branches() == []


def test_a_full_queue_names_what_is_left_out(world: World) -> None:
    world.config(PASSING + "queue_capacity: 1\n")
    world.issue("1")
    world.issue("2")
    assert "queue full" in world.autonomy("run", "--sandbox", "none", "--max-issues", "10")
    assert world.outcomes() == {".#1": "handed_off"}
    assert "queue full" not in world.autonomy("run", "--sandbox", "none", "--max-issues", "10")


# --- disks, databases, other processes -----------------------------------------------------------------------------


def test_a_damaged_database_is_named_and_kept(world: World) -> None:
    world.issue("1")
    world.autonomy("run", "--sandbox", "none")
    database = world.root / ".agent-workspace/autonomy.db"
    database.write_bytes(b"not a database" * 1000)
    said = refused(world, 4, "is damaged", "mv ")
    assert str(database) in said
    assert database.read_bytes() == b"not a database" * 1000
    assert len(world.branches()) == 1


def test_a_store_that_cannot_be(world: World) -> None:
    ended = world.call("run", env={"AUTONOMY_STORE": "mysql://nowhere"})
    assert ended.returncode == 2
    assert "Next: " in ended.stderr
    ended = world.call("run", env={"AUTONOMY_STORE": str(world.root / "hello.txt" / "all.db")})
    assert ended.returncode == 4
    assert "Next: " in ended.stderr


def as_nobody(world: World, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command line without the powers of root, in a world that belongs to that user but for what is asked."""
    words = [sys.executable, "-m", "autonomy_pack", *args]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("running as root, and there is no setpriv to become somebody else")
        words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *words]
    home = world.root.parent / "home"
    env = {
        **os.environ,
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name) for name in ("CACHE", "STATE", "CONFIG")},
    }
    return subprocess.run(words, cwd=world.root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def owned() -> Iterator[World]:
    """A world that another user owns and can reach."""
    folder = Path(tempfile.mkdtemp(prefix="autonomy-world-"))
    world = World(folder / "repo")
    world.issue("1")
    (folder / "home").mkdir()
    _give_away(folder)
    yield world
    world.close()
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False)
    shutil.rmtree(folder)


def _give_away(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534, follow_symlinks=False)
    folder.chmod(0o755)


def made(world: World) -> list[Path]:
    """The branches we made, read without git, which does not trust another user's repository."""
    return list((world.root / ".git/refs/heads").glob("agent/planner/*"))


def _reachable(world: World) -> None:
    said = as_nobody(world, "--version")
    if said.returncode:
        pytest.skip(f"another user cannot start our interpreter here: {said.stderr.strip()[-200:]}")


def test_a_folder_of_records_that_cannot_be_written(owned: World) -> None:
    _reachable(owned)
    workspace = owned.root / ".agent-workspace"
    workspace.mkdir()
    _give_away(owned.root.parent)
    workspace.chmod(0o555)
    ended = as_nobody(owned, "run")
    assert ended.returncode == 4, ended.stderr
    assert "this user may write in it" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert made(owned) == []
    workspace.chmod(0o755)
    owned.autonomy("run", "--sandbox", "none")
    assert len(made(owned)) == 1


def test_a_repository_that_cannot_be_written(owned: World) -> None:
    _reachable(owned)
    owned.root.chmod(0o555)
    ended = as_nobody(owned, "run")
    assert ended.returncode == 4, ended.stderr
    assert "Next: Give this user permission" in ended.stderr


FULL = """set -e
mount -t tmpfs -o size=96k tmpfs "$1/.agent-workspace"
cd "$1"
shift
set +e
"$@"
code=$?
ls .agent-workspace >&2
exit $code
"""


def test_a_full_disk(world: World) -> None:
    """A tiny disk of its own, mounted where only this one process tree sees it."""
    probe = (
        subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False) if shutil.which("unshare") else None
    )
    if probe is None or probe.returncode:
        pytest.skip("this user may not make a mount namespace here")
    world.issue("1")
    (world.root / ".agent-workspace").mkdir()
    words = ["unshare", "-m", "--propagation", "private", "sh", "-c", FULL, "sh", str(world.root)]
    words += [sys.executable, "-m", "autonomy_pack", "run", "--sandbox", "none"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "disk" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((world.root / ".agent-workspace").iterdir()) == []
    world.autonomy("run", "--sandbox", "none")
    assert len(world.branches()) == 1


def test_two_runs_at_once_both_finish_and_do_no_task_twice(world: World) -> None:
    world.config(PASSING)
    for number in range(1, 6):
        world.issue(str(number))
    both = [begin(world), begin(world)]
    for one in both:
        said, _ = one.communicate(timeout=60)
        assert one.returncode == 0, said
    world.run()
    assert len(events(world, "handoff.made")) == 5
    assert len(events(world, "task.claimed")) == 5


def test_a_reader_that_goes_away_is_no_failure(world: World) -> None:
    world.issue("1")
    words = f"{sys.executable} -m autonomy_pack run --sandbox none | true"
    subprocess.run(["sh", "-c", words], cwd=world.root, check=True, capture_output=True)
    world.run()
    assert world.outcomes() == {".#1": "handed_off"}


def test_a_change_beside_uncommitted_work_leaves_it_alone(world: World) -> None:
    scripted(world, "write a.txt one")
    world.write("hello.txt", "uncommitted\n")
    said = world.autonomy("run", "--sandbox", "none")
    assert "Uncommitted changes are left alone" in said
    assert (world.root / "hello.txt").read_text() == "uncommitted\n"
    assert "a.txt" in files_of(world, world.branches()[0])
