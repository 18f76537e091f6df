"""git itself against the hub: clone, push, and the rules that refuse a push in GitHub's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import Fault, Hub, Repo
from hub.asking import Asking, Git

WORKFLOW = "on: [push, pull_request]\njobs: {}\n"


@pytest.fixture
def url(hub: Hub, repo: Repo) -> str:
    return f"{hub.server_url}/acme/site.git"


def clone(hub: Hub, folder: Path, permissions: dict[str, dict[str, str]], job: str = "publish") -> Git:
    git = Git(folder, hub.job_token("acme/site", permissions), job)
    ended = git("clone", "-q", f"{hub.server_url}/acme/site.git", ".")
    assert ended.returncode == 0, ended.stderr
    return git


def test_what_is_pushed_is_what_the_api_shows_and_the_journal_names_the_job(
    hub: Hub, repo: Repo, tmp_path: Path
) -> None:
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    head = git.commit({"n.txt": "n\n"})
    ended = git("push", "-q", "--atomic", "origin", "HEAD:refs/heads/agent/x", "HEAD:refs/autonomy/lease/x")
    assert ended.returncode == 0, ended.stderr
    assert repo.refs("refs/a") == {"refs/autonomy/lease/x": head}
    ask = Asking(hub, hub.token("ada"))
    assert ask.get("/repos/acme/site/git/ref/heads/agent/x").json()["object"]["sha"] == head
    (pushed,) = hub.requests("POST .*git-receive-pack")
    assert (pushed.job, pushed.auth, pushed.status) == ("publish", "github-actions[bot]", 200)
    assert hub.used.of("publish") == {"contents": "write"}


def test_an_atomic_push_moves_all_refs_or_none(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    git.commit({"n.txt": "n\n"})
    repo.move_ref("refs/autonomy/lease/x", None, repo.head(), hub.by("ada"))
    lease = "--force-with-lease=refs/autonomy/lease/x:"
    ended = git("push", "--atomic", lease, "origin", "HEAD:refs/heads/agent/x", "HEAD:refs/autonomy/lease/x")
    assert ended.returncode == 1
    assert repo.refs("refs/heads/agent") == {}


def test_a_read_only_job_may_fetch_and_not_push(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    git = clone(hub, tmp_path / "c", {"run": {"contents": "read"}}, "run")
    git.commit({"n.txt": "n\n"})
    ended = git("push", "origin", "HEAD:refs/heads/agent/x")
    assert "Permission to acme/site.git denied to github-actions[bot]" in ended.stderr
    assert hub.used.of("run") == {"contents": "read"}


def test_a_stranger_does_not_learn_that_a_private_repository_exists(
    hub: Hub, repo: Repo, url: str, tmp_path: Path
) -> None:
    assert "Repository not found" in Git(tmp_path / "e", hub.token("eve"))("ls-remote", url).stderr
    assert Git(tmp_path / "n")("ls-remote", url).returncode == 128
    assert Git(tmp_path / "a", hub.token("ada"))("ls-remote", url).returncode == 0


def test_a_workflow_token_cannot_push_a_workflow_that_differs_from_the_default_branch(
    hub: Hub, repo: Repo, tmp_path: Path
) -> None:
    repo.commit({".github/workflows/ci.yml": WORKFLOW})
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    git.commit({"n.txt": "n\n"})
    assert git("push", "-q", "origin", "HEAD:refs/heads/agent/same").returncode == 0
    # The default branch moves on: the same base is no longer the same workflow.
    repo.commit({".github/workflows/ci.yml": WORKFLOW + "# newer\n"}, by="root")
    git.commit({"m.txt": "m\n"})
    for ref in ("refs/heads/agent/moved", "refs/autonomy/pending/1"):
        ended = git("push", "origin", f"HEAD:{ref}")
        assert ended.returncode == 1
        assert "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml`" in ended.stderr
    ask = Asking(hub, hub.job_token("acme/site", {"publish": {"contents": "write"}}), "publish")
    old = repo.head("agent/same")
    assert ask.post("/repos/acme/site/git/refs", {"ref": "refs/heads/z", "sha": old}).status_code == 403
    # A person may; and a commit without workflows takes none away.
    assert Git(git.folder, hub.token("ada"))("push", "-q", "origin", "HEAD:refs/heads/agent/moved").returncode == 0
    assert (
        ask.post("/repos/acme/site/git/commits", {"tree": repo.git.write_files({}), "message": "state"}).status_code
        == 201
    )


def test_a_protected_branch_refuses_by_name(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    repo.protect("main", pushers=frozenset({"root"}))
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    git.commit({"n.txt": "n\n"})
    ended = git("push", "origin", "HEAD:main", "HEAD:refs/heads/agent/x", "--atomic")
    assert "GH006: Protected branch update failed for refs/heads/main" in ended.stderr
    assert "main (protected branch hook declined)" in ended.stderr
    assert list(repo.refs()) == ["refs/heads/main"]


def test_where_signatures_are_required_only_commits_that_the_hub_signed_get_in(
    hub: Hub, repo: Repo, tmp_path: Path
) -> None:
    repo.protect("agent/*", required_signatures=True)
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    git.commit({"n.txt": "n\n"})
    ended = git("push", "origin", "HEAD:refs/heads/agent/x")
    assert "Commits must have verified signatures" in ended.stderr
    # The way around: the objects elsewhere, the commit made again by the API, then the branch.
    assert git("push", "-q", "origin", "HEAD:refs/autonomy/objects/1").returncode == 0
    ask = Asking(hub, hub.job_token("acme/site", {"publish": {"contents": "write"}}), "publish")
    tree = git("rev-parse", "HEAD^{tree}").stdout.strip()
    made = ask.post("/repos/acme/site/git/commits", {"tree": tree, "parents": [repo.head()], "message": "m"}).json()
    assert made["verification"]["verified"]
    body = {"ref": "refs/heads/agent/x", "sha": made["sha"]}
    assert ask.post("/repos/acme/site/git/refs", body).status_code == 201
    assert hub.violations == []


def test_an_archived_repository_takes_no_push_and_a_renamed_one_redirects(
    hub: Hub, repo: Repo, url: str, tmp_path: Path
) -> None:
    git = clone(hub, tmp_path / "c", {"publish": {"contents": "write"}})
    git.commit({"n.txt": "n\n"})
    repo.archived = True
    assert "archived so it is read-only" in git("push", "origin", "HEAD:refs/heads/x").stderr
    hub.rename("acme/site", "acme/new")
    assert Git(tmp_path / "a", hub.token("ada"))("ls-remote", url).returncode == 0


def test_objects_can_be_fetched_by_their_id_and_without_blobs(hub: Hub, repo: Repo, url: str, tmp_path: Path) -> None:
    git = Git(tmp_path / "c", hub.token("ada"))
    git("init", "-q", ".")
    ended = git("fetch", "-q", "--depth=1", "--filter=blob:none", url, repo.head())
    assert ended.returncode == 0, ended.stderr


def test_a_push_from_a_shallow_clone_is_read_like_any_other(hub: Hub, repo: Repo, url: str, tmp_path: Path) -> None:
    repo.commit({"b.txt": "b\n"})
    git = Git(tmp_path / "c", hub.token("ada"))
    assert git("clone", "-q", "--depth=1", url, ".").returncode == 0
    head = git.commit({"n.txt": "n\n"})
    ended = git("push", "-q", "origin", "HEAD:refs/heads/x")
    assert ended.returncode == 0, ended.stderr
    assert repo.head("x") == head
    repo.protect("x", pushers=frozenset())
    git.commit({"m.txt": "m\n"})
    assert "protected branch hook declined" in git("push", "origin", "HEAD:refs/heads/x").stderr


def test_a_listing_of_refs_can_be_stale(hub: Hub, repo: Repo, url: str, tmp_path: Path) -> None:
    git, old = Git(tmp_path / "c", hub.token("ada")), repo.head()
    assert old in git("ls-remote", url, "refs/heads/main").stdout
    new = repo.commit({"b.txt": "b\n"})
    hub.faults.add(Fault("stale_read", "git-upload-pack"))
    assert old in git("ls-remote", url, "refs/heads/main").stdout
    assert new in git("ls-remote", url, "refs/heads/main").stdout
