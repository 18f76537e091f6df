"""Thousands of repositories that cost next to nothing and answer like any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Hub, Repo
from hub.asking import Asking as Rest
from hub.asking import Git
from hub.gitdir import ZEROS
from hub.test_graphql_rules import Asking
from hub.test_hub_fleet_writes import CALLER, installed

FILES = {"README.md": "x\n", ".github/autonomy/lock.json": "{}\n"}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.organization("acme")
        yield made
        assert made.violations == []


@pytest.fixture
def many(hub: Hub) -> list[Repo]:
    names = [f"acme/r{number}" for number in range(300)]
    return hub.repos_like(names, FILES, permissions={"ada": "write"}, labels={"bug": "ff0000"}, topics=["api"])


@pytest.fixture
def one(many: list[Repo]) -> Repo:
    return many[7]


def on_disk(repo: Repo) -> bool:
    return repo.git.path.exists()


def test_they_have_the_same_files_and_commits_of_their_own(hub: Hub, many: list[Repo]) -> None:
    trees = {repo.git.commit(repo.head()).tree for repo in many}
    assert (len(trees), len({repo.head() for repo in many}), len({repo.id for repo in many})) == (1, 300, 300)
    assert many[1].file("README.md") == "x\n"
    assert {repo.created for repo in many} == {many[0].created}
    many[0].topics.append("go")
    assert (many[0].topics, many[1].topics, list(many[1].labels)) == (["api", "go"], ["api"], ["bug"])


def test_a_page_of_a_hundred_needs_no_disk(hub: Hub, many: list[Repo]) -> None:
    query = """{ repositoryOwner(login: "acme") { repositories(first: 100) { nodes { viewerPermission
      labels(first: 5) { nodes { name } } object(expression: "HEAD:.github") { oid ... on Tree { entries { name } } } } } } }"""
    nodes = Asking(hub, hub.token("ada"))(query)["data"]["repositoryOwner"]["repositories"]["nodes"]
    assert len(nodes) == 100
    assert nodes[0]["viewerPermission"] == "WRITE"
    assert nodes[0]["object"]["entries"] == [{"name": "autonomy"}]
    assert not any(map(on_disk, many))


def test_an_install_needs_no_disk_and_touches_one_repository(hub: Hub, many: list[Repo], one: Repo) -> None:
    told = installed(Asking(hub, hub.token("ada")), one, **{CALLER: "on: push\n"})
    assert "errors" not in told
    assert (one.file(CALLER, "sync"), len(one.pulls), one.pulls[0].number) == ("on: push\n", 1, 1)
    assert many[8].head("sync") == ""
    # What is put into one is not in the others.
    assert many[8].git.read(one.head("sync")) is None
    assert not on_disk(one)


def test_git_finds_everything_when_it_comes(hub: Hub, one: Repo, tmp_path: Path) -> None:
    token = hub.token("ada")
    installed(Asking(hub, token), one, **{CALLER: "on: push\n"})
    git = Git(tmp_path / "clone", token)
    assert git("clone", "-q", "-b", "sync", f"{hub.server_url}/{one.full_name}.git", ".").returncode == 0
    assert on_disk(one)
    assert (git.folder / CALLER).read_text() == "on: push\n"
    made = git.commit({"b": "b"})
    assert git("push", "-q", "origin", "sync").returncode == 0
    assert one.head("sync") == made == one.pull_head(one.pulls[0])
    assert one.git.git("fsck", "--strict").returncode == 0
    # And goes on as one on the disk.
    assert one.commit({"c": "c"}) == one.head()


def test_its_refs_move_all_or_none(one: Repo) -> None:
    head, other = one.head(), one.write_commit(one.git.commit(one.head()).tree, [], "o", one.state.by("ada"))
    assert one.git.move([("refs/x/a", ZEROS, head), ("refs/x/b", other, head)]) != ""
    assert one.refs("refs/x/") == {}
    assert one.git.move([("refs/x/a", ZEROS, head)]) == ""
    for move in [
        ("refs/x/a", ZEROS, head),
        ("refs/x/a/b", ZEROS, head),
        ("refs/x", ZEROS, head),
        ("refs/x/c", None, "a" * 40),
    ]:
        assert one.git.move([move]) != ""
    assert one.git.move([("refs/x/a", head, other), ("refs/x/d", ZEROS, head)]) == ""
    assert one.refs("refs/x/") == {"refs/x/a": other, "refs/x/d": head}
    assert one.git.move([("refs/x/a", other, ZEROS)]) == ""
    assert one.git.ref("refs/x/a") is None


def test_rest_reads_a_tree_of_it(hub: Hub, one: Repo) -> None:
    ask = Rest(hub, hub.token("ada"))
    told = ask.get(f"/repos/{one.full_name}/git/trees/main?recursive=1").json()["tree"]
    assert [(row["path"], row["mode"], row["type"], row.get("size")) for row in told] == [
        (".github", "040000", "tree", None),
        (".github/autonomy", "040000", "tree", None),
        (".github/autonomy/lock.json", "100644", "blob", 3),
        ("README.md", "100644", "blob", 2),
    ]
    assert ask.get(f"/repos/{one.full_name}").json()["topics"] == ["api"]
    assert not on_disk(one)


@pytest.mark.parametrize("flag", ["archived", "disabled", "locked"])
def test_git_pushes_nothing_where_nobody_may_write(hub: Hub, one: Repo, tmp_path: Path, flag: str) -> None:
    git = Git(tmp_path / "clone", hub.token("ada"))
    assert git("clone", "-q", f"{hub.server_url}/{one.full_name}.git", ".").returncode == 0
    setattr(one, flag, True)
    before = one.head()
    git.commit({"b": "b"})
    assert git("push", "-q", "origin", "main").returncode != 0
    assert one.head() == before
