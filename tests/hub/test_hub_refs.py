"""Refs: git decides; the API and pushes see the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hub import Hub, Repo
from hub.asking import Asking, Git
from hub.gitdir import ZEROS

REFS = "/repos/acme/site/git/refs"


def test_of_twelve_parallel_creates_of_one_ref_one_wins_and_eleven_hear_that_it_exists(hub: Hub, repo: Repo) -> None:
    ask = Asking(hub, hub.token("ada"))
    body = {"ref": "refs/autonomy/lease/x", "sha": repo.head()}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask.post(REFS, body), range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 11
    assert {answer.json()["message"] for answer in answers if answer.status_code == 422} == {"Reference already exists"}
    assert repo.refs("refs/autonomy/") == {"refs/autonomy/lease/x": repo.head()}
    assert hub.violations == []


def test_a_push_and_an_api_create_of_one_ref_cannot_both_win(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    ask, git = Asking(hub, hub.token("ada")), Git(tmp_path / "c", hub.token("ada"))
    url = f"{hub.server_url}/acme/site.git"
    assert git("clone", "-q", url, ".").returncode == 0
    mine = git.commit({"n.txt": "n\n"})
    for number in range(4):
        ref = f"refs/autonomy/lease/{number}"
        with ThreadPoolExecutor(2) as pool:
            pushed = pool.submit(git, "push", "-q", f"--force-with-lease={ref}:", url, f"{mine}:{ref}")
            asked = pool.submit(ask.post, REFS, {"ref": ref, "sha": repo.head()})
        won = [asked.result().status_code == 201, pushed.result().returncode == 0]
        assert sorted(won) == [False, True]
        assert repo.refs(ref) == {ref: repo.head() if won[0] else mine}


def test_a_ref_is_moved_only_forward_unless_forced_and_deleted_once(hub: Hub, repo: Repo) -> None:
    first = repo.head()
    second = repo.commit({"b.txt": "b\n"})
    ask = Asking(hub, hub.token("ada"))
    assert ask.post(REFS, {"ref": "refs/heads/x", "sha": second}).status_code == 201
    back = ask.patch(f"{REFS}/heads/x", {"sha": first})
    assert (back.status_code, back.json()["message"]) == (422, "Update is not a fast forward")
    assert ask.patch(f"{REFS}/heads/x", {"sha": first, "force": True}).status_code == 200
    assert ask.patch(f"{REFS}/heads/x", {"sha": second}).json()["object"]["sha"] == second
    assert ask.get("/repos/acme/site/git/ref/heads/x").json()["object"]["sha"] == second
    assert [ask.delete(f"{REFS}/heads/x").status_code for _ in range(2)] == [204, 422]
    assert hub.violations == []


def test_a_ref_needs_a_full_name_and_an_object_that_exists(hub: Hub, repo: Repo) -> None:
    ask = Asking(hub, hub.token("ada"))
    for ref, sha in (("heads/x", repo.head()), ("refs/x", repo.head()), ("refs/heads/a..b", repo.head()),
                     ("refs/heads/x", "1" * 40), ("refs/heads/x", "main"), ("refs/pull/1/head", repo.head())):  # fmt: skip
        assert ask.post(REFS, {"ref": ref, "sha": sha}).status_code == 422, ref
    assert list(repo.refs()) == ["refs/heads/main"]


def test_a_commit_of_the_empty_tree_without_a_parent_can_be_made_and_claimed_with(hub: Hub, repo: Repo) -> None:
    ask = Asking(hub, hub.token("ada"))
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    who = {"name": "Autonomy Pack", "email": "autonomy@autonomy.invalid", "date": "2026-01-02T03:04:05Z"}
    body = {"tree": empty, "message": "{}", "parents": [], "author": who, "committer": who}
    answers = [ask.post("/repos/acme/site/git/commits", body).json()["sha"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert ask.post(REFS, {"ref": "refs/autonomy/lease/x", "sha": answers[0]}).status_code == 201
    made = repo.git.commit(answers[0])
    assert made
    assert (made.tree, made.parents, made.message) == (empty, (), "{}")
    assert repo.move_ref("refs/autonomy/lease/x", ZEROS, repo.head(), hub.by("ada")) != ""
    assert hub.violations == []
