"""Pull requests: every refusal of making one, heads that move with their branch, merges, reviews, waiting runs."""

from __future__ import annotations

from typing import Any

import pytest

from hub import Hub, Repo
from hub.asking import Asking

SITE = "/repos/acme/site"


@pytest.fixture
def ask(hub: Hub, repo: Repo) -> Asking:
    repo.commit({"n.txt": "n\n"}, branch="agent/x", by="ada")
    return Asking(hub, hub.token("ada"))


def body(**more: Any) -> dict[str, Any]:
    return {"head": "agent/x", "base": "main", "title": "A change", "body": "Closes #1", "draft": True, **more}


def test_a_pull_request_is_made_once_found_by_its_head_and_moves_with_its_branch(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    made = ask.post(f"{SITE}/pulls", body())
    assert (made.status_code, made.json()["draft"], made.json()["head"]["sha"]) == (201, True, repo.head("agent/x"))
    again = ask.post(f"{SITE}/pulls", body())
    assert again.json()["errors"][0]["message"] == "A pull request already exists for acme:agent/x."
    new = repo.commit({"m.txt": "m\n"}, branch="agent/x")
    (found,) = ask.get(f"{SITE}/pulls?head=acme:agent/x&state=all").json()
    assert (found["number"], found["head"]["sha"]) == (1, new)
    assert ask.get(f"{SITE}/pulls?head=acme:agent/y&state=all").json() == []
    assert [row["filename"] for row in ask.get(f"{SITE}/pulls/1/files").json()] == ["m.txt", "n.txt"]
    assert repo.refs("refs/pull/") == {"refs/pull/1/head": new}
    assert hub.violations == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"head": "agent/none"}, "head"),
        ({"base": "none"}, "base"),
        ({"head": "main"}, "No commits between main and main"),
        ({"head": "eve:agent/x"}, "head"),
        ({"body": "x" * 65537}, "body is too long (maximum is 65536 characters)"),
    ],
)
def test_a_wrong_pull_request_is_refused_by_name(
    hub: Hub, repo: Repo, ask: Asking, wrong: dict[str, Any], says: str
) -> None:
    refused = ask.post(f"{SITE}/pulls", body(**wrong))
    error = refused.json()["errors"][0]
    assert (refused.status_code, error.get("message") or error["field"]) == (422, says)
    assert repo.pulls == []
    assert hub.violations == []


def test_without_common_history_there_is_no_pull_request(hub: Hub, repo: Repo, ask: Asking) -> None:
    alone = repo.write_commit(repo.git.write_files({}), [], "alone", hub.by("ada"))
    repo.branch("alone", alone)
    assert "no history in common" in ask.post(f"{SITE}/pulls", body(head="alone")).text


def test_actions_may_be_forbidden_to_make_pull_requests(hub: Hub, repo: Repo, ask: Asking) -> None:
    repo.settings.actions_may_create_pulls = False
    job = Asking(hub, hub.job_token("acme/site", {"publish": {"pull-requests": "write"}}), "publish")
    refused = job.post(f"{SITE}/pulls", body())
    assert refused.status_code == 403
    assert refused.json()["message"] == "GitHub Actions is not permitted to create or approve pull requests."
    assert ask.post(f"{SITE}/pulls", body()).status_code == 201


def test_runs_of_a_workflow_tokens_pull_request_wait_for_a_person(hub: Hub, repo: Repo) -> None:
    repo.commit({".github/workflows/ci.yml": "on: [push, pull_request]\njobs: {}\n"}, by="ada")
    repo.commit({"n.txt": "n\n"}, branch="agent/x", by="github-actions[bot]")
    before = len(repo.runs)
    job = Asking(hub, hub.job_token("acme/site", {"publish": {"pull-requests": "write", "actions": "read"}}), "publish")
    assert job.post(f"{SITE}/pulls", body()).status_code == 201
    (run,) = repo.runs[before:]
    assert (run.event, run.status, run.conclusion) == ("pull_request", "completed", "action_required")
    (shown,) = job.get(f"{SITE}/actions/runs?event=pull_request&status=action_required").json()["workflow_runs"]
    assert shown["id"] == run.id
    assert Asking(hub, hub.token("ada")).post(f"{SITE}/actions/runs/{run.id}/approve").status_code == 201
    assert run.status == "queued"
    assert hub.violations == []


def test_merging_closes_what_the_body_names_and_freezes_the_head(hub: Hub, repo: Repo, ask: Asking) -> None:
    issue = repo.issue()
    ask.post(f"{SITE}/pulls", body())
    head = repo.head("agent/x")
    repo.merge(2, "root")
    shown = ask.get(f"{SITE}/pulls/2").json()
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "root")
    assert (issue.state, issue.reason) == ("closed", "completed")
    ask.delete(f"{SITE}/git/refs/heads/agent/x")
    assert ask.get(f"{SITE}/pulls/2").json()["head"]["sha"] == head
    assert repo.file("n.txt") == "n\n"
    assert hub.violations == []


def test_deleting_the_branch_closes_and_a_closed_one_makes_room_for_another(hub: Hub, repo: Repo, ask: Asking) -> None:
    ask.post(f"{SITE}/pulls", body())
    head = repo.head("agent/x")
    ask.delete(f"{SITE}/git/refs/heads/agent/x")
    assert ask.get(f"{SITE}/pulls/1").json()["state"] == "closed"
    assert ask.patch(f"{SITE}/pulls/1", {"state": "open"}).status_code == 422
    ask.post(f"{SITE}/git/refs", {"ref": "refs/heads/agent/x", "sha": head})
    assert ask.post(f"{SITE}/pulls", body()).json()["number"] == 2
    assert hub.violations == []


def test_reviewers_must_be_collaborators_and_nobody_reviews_his_own(hub: Hub, repo: Repo, ask: Asking) -> None:
    ask.post(f"{SITE}/pulls", body())
    asked = f"{SITE}/pulls/1/requested_reviewers"
    assert [row["login"] for row in ask.post(asked, {"reviewers": ["root"]}).json()["requested_reviewers"]] == ["root"]
    assert ask.post(asked, {"reviewers": ["ada"]}).status_code == 422
    assert ask.post(asked, {"reviewers": ["eve"]}).status_code == 422
    assert [row["login"] for row in ask.get(asked).json()["users"]] == ["root"]
    assert ask.post(f"{SITE}/pulls/1/reviews", {"event": "APPROVE"}).status_code == 422
    assert Asking(hub, hub.token("root")).post(f"{SITE}/pulls/1/reviews", {"event": "APPROVE"}).status_code == 200
    assert [row["state"] for row in ask.get(f"{SITE}/pulls/1/reviews").json()] == ["APPROVED"]
    assert hub.violations == []


def test_a_pull_request_of_a_fork_is_not_found_by_our_branch_of_the_same_name(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    fork = hub.repo("eve/site", fork=True)
    fork.commit({"evil.txt": "x"}, branch="agent/x")
    made = repo.open_pull(head="agent/x", by="eve", head_repo=fork)
    assert ask.get(f"{SITE}/pulls?head=acme:agent/x&state=all").json() == []
    shown = ask.get(f"{SITE}/pulls/{made.number}").json()
    assert shown["head"]["repo"]["full_name"] == "eve/site"
    assert ask.post(f"{SITE}/pulls", body()).status_code == 201
