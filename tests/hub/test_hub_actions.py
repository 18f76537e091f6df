"""Workflows, runs, artifacts, checks, statuses and files by path."""

from __future__ import annotations

import base64

import pytest
import requests

from hub import Hub, Repo
from hub.asking import Asking

SITE = "/repos/acme/site"
LOOP = "name: Loop\non: [workflow_dispatch, schedule]\njobs: {}\n"


@pytest.fixture
def ask(hub: Hub, repo: Repo) -> Asking:
    repo.commit({".github/workflows/loop.yml": LOOP}, by="root")
    return Asking(hub, hub.token("ada"))


def test_a_workflow_is_found_by_file_and_switched_off_and_on(hub: Hub, repo: Repo, ask: Asking) -> None:
    shown = ask.get(f"{SITE}/actions/workflows/loop.yml").json()
    assert (shown["name"], shown["state"], shown["path"]) == ("Loop", "active", ".github/workflows/loop.yml")
    assert ask.put(f"{SITE}/actions/workflows/{shown['id']}/disable").status_code == 204
    assert ask.get(f"{SITE}/actions/workflows/loop.yml").json()["state"] == "disabled_manually"
    assert repo.workflow("loop.yml").state == "disabled_manually"
    refused = ask.post(f"{SITE}/actions/workflows/loop.yml/dispatches", {"ref": "main"})
    assert "disabled workflow" in refused.json()["message"]
    assert ask.put(f"{SITE}/actions/workflows/loop.yml/enable").status_code == 204
    assert (
        ask.post(f"{SITE}/actions/workflows/loop.yml/dispatches", {"ref": "main", "inputs": {"issue": "1"}}).status_code
        == 204
    )
    assert (repo.runs[-1].event, repo.runs[-1].status, repo.runs[-1].inputs) == (
        "workflow_dispatch",
        "queued",
        {"issue": "1"},
    )
    assert ask.get(f"{SITE}/actions/workflows/none.yml").status_code == 404
    assert [row["path"] for row in ask.get(f"{SITE}/actions/workflows").json()["workflows"]] == [shown["path"]]
    assert hub.violations == []


def test_a_run_is_over_when_completed_or_when_a_higher_attempt_began(hub: Hub, repo: Repo, ask: Asking) -> None:
    run = repo.start_run("loop.yml", event="schedule")
    path = f"{SITE}/actions/runs/{run.id}"
    assert (ask.get(path).json()["status"], ask.get(path).json()["run_attempt"]) == ("in_progress", 1)
    run.rerun()
    assert ask.get(path).json()["run_attempt"] == 2
    assert ask.get(f"{path}/attempts/1").json()["status"] == "completed"
    run.finish()
    assert (ask.get(path).json()["status"], ask.get(path).json()["conclusion"]) == ("completed", "success")
    assert ask.get(f"{SITE}/actions/runs/1").status_code == 404
    run.jobs.append({"id": 7, "name": "select", "conclusion": "success"})
    assert [row["name"] for row in ask.get(f"{path}/jobs").json()["jobs"]] == ["select"]
    assert hub.violations == []


def test_an_artifact_is_listed_for_its_run_and_its_bytes_lie_elsewhere_without_a_token(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    run = repo.start_run("loop.yml")
    made = repo.artifacts.add(run.id, "attempt-1", b"PK-bytes")
    repo.artifacts.add(run.id + 1, "attempt-1", b"other")
    (row,) = ask.get(f"{SITE}/actions/runs/{run.id}/artifacts").json()["artifacts"]
    assert (row["name"], row["size_in_bytes"], row["expired"]) == ("attempt-1", 8, False)
    moved = ask.get(f"{SITE}/actions/artifacts/{row['id']}/zip")
    where = moved.headers["Location"]
    assert (moved.status_code, moved.content, where.startswith(hub.server_url)) == (302, b"", False)
    assert requests.get(where, timeout=30).content == b"PK-bytes"
    assert requests.get(where, headers={"Authorization": "Bearer x"}, timeout=30).status_code == 403
    assert requests.get(where.partition("?")[0], timeout=30).status_code == 404
    made.expired = True
    assert ask.get(f"{SITE}/actions/artifacts/{row['id']}/zip").status_code == 410
    assert hub.violations == []


def test_check_runs_are_made_by_apps_and_only_the_newest_of_a_name_is_listed(hub: Hub, repo: Repo, ask: Asking) -> None:
    body = {"name": "autonomy/handoff", "head_sha": repo.head(), "status": "completed", "conclusion": "success",
            "output": {"title": "T", "summary": "S"}}  # fmt: skip
    assert ask.post(f"{SITE}/check-runs", body).status_code == 403
    job = Asking(hub, hub.job_token("acme/site", {"publish": {"checks": "write"}}), "publish")
    first, second = (job.post(f"{SITE}/check-runs", body).json() for _ in range(2))
    assert (first["app"]["id"], first["output"]["summary"]) == (15368, "S")
    rows = job.get(f"{SITE}/commits/{repo.head()}/check-runs?check_name=autonomy/handoff").json()
    assert [row["id"] for row in rows["check_runs"]] == [second["id"]]
    assert job.get(f"{SITE}/commits/main/check-runs?filter=all").json()["total_count"] == 2
    assert job.patch(f"{SITE}/check-runs/{second['id']}", {"conclusion": "failure"}).json()["conclusion"] == "failure"
    assert job.post(f"{SITE}/check-runs", {**body, "head_sha": "1" * 40}).status_code == 422
    assert hub.violations == []


def test_statuses_are_combined_by_context(hub: Hub, repo: Repo, ask: Asking) -> None:
    for state in ("pending", "success"):
        assert ask.post(f"{SITE}/statuses/{repo.head()}", {"state": state, "context": "ci"}).status_code == 201
    combined = ask.get(f"{SITE}/commits/main/status").json()
    assert (combined["state"], combined["total_count"]) == ("success", 1)
    assert hub.violations == []


def test_a_file_is_written_over_only_by_who_knows_it_and_deleted_the_same_way(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    path, stop = f"{SITE}/contents/.agent-workspace/STOP", base64.b64encode(b"why\n").decode()
    made = ask.put(path, {"message": "Stop", "content": stop})
    assert made.status_code == 201
    assert repo.file(".agent-workspace/STOP") == "why\n"
    assert ask.put(path, {"message": "Stop", "content": stop}).status_code == 422
    assert ask.put(path, {"message": "Stop", "content": stop, "sha": "1" * 40}).status_code == 409
    shown = ask.get(path).json()
    assert base64.b64decode(shown["content"]) == b"why\n"
    assert [row["name"] for row in ask.get(f"{SITE}/contents/.agent-workspace").json()] == ["STOP"]
    assert ask.delete(path, {"message": "Go", "sha": shown["sha"]}).status_code == 200
    assert ask.get(path).status_code == 404
    assert made.json()["commit"]["verification"]["verified"]
    assert hub.violations == []


def test_a_protected_default_branch_refuses_files_and_a_workflow_token_workflows(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    body = {"message": "m", "content": base64.b64encode(b"x").decode()}
    job = Asking(hub, hub.job_token("acme/site", {"publish": {"contents": "write"}}), "publish")
    assert job.put(f"{SITE}/contents/.github/workflows/new.yml", body).status_code == 403
    assert job.put(f"{SITE}/contents/new.txt", body).status_code == 201
    repo.protect("main", pushers=frozenset({"root"}))
    assert ask.put(f"{SITE}/contents/other.txt", body).status_code == 409
    assert ask.get(f"{SITE}/branches/main").json()["protected"]
    assert hub.violations == []


def test_trees_commits_and_comparisons_are_gits_own(hub: Hub, repo: Repo, ask: Asking) -> None:
    base = repo.head()
    blob = ask.post(f"{SITE}/git/blobs", {"content": "b\n"}).json()["sha"]
    rows = [
        {"path": "d/b.txt", "mode": "100755", "type": "blob", "sha": blob},
        {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = ask.post(f"{SITE}/git/trees", {"base_tree": base, "tree": rows}).json()["sha"]
    made = ask.post(f"{SITE}/git/commits", {"tree": tree, "parents": [base], "message": "m"}).json()["sha"]
    ask.post(f"{SITE}/git/refs", {"ref": "refs/heads/x", "sha": made})
    shown = ask.get(f"{SITE}/git/trees/x?recursive=1").json()["tree"]
    assert ("d/b.txt", "100755", "blob") in [(row["path"], row["mode"], row["type"]) for row in shown]
    compared = ask.get(f"{SITE}/compare/main...x").json()
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("ahead", 1, 0)
    assert {row["filename"]: row["status"] for row in compared["files"]} == {"README.md": "removed", "d/b.txt": "added"}
    assert ask.get(f"{SITE}/compare/x...main").json()["status"] == "behind"
    repo.commit({"c.txt": "c"})
    assert ask.get(f"{SITE}/compare/main...x").json()["status"] == "diverged"
    assert ask.get(f"{SITE}/compare/none...x").status_code == 404
    assert base64.b64decode(ask.get(f"{SITE}/git/blobs/{blob}").json()["content"]) == b"b\n"
    assert [file["filename"] for file in ask.get(f"{SITE}/commits/x").json()["files"]] == ["README.md", "d/b.txt"]
    assert hub.violations == []


def test_a_workflow_token_makes_no_tree_with_a_workflow_of_its_own(hub: Hub, repo: Repo, ask: Asking) -> None:
    job = Asking(hub, hub.job_token("acme/site", {"publish": {"contents": "write"}}), "publish")
    row = {"path": ".github/workflows/loop.yml", "mode": "100644", "type": "blob"}
    head = repo.git.commit(repo.head())
    assert head
    same = repo.git.at(head.tree, row["path"])
    assert same
    assert job.post(f"{SITE}/git/trees", {"tree": [{**row, "sha": same.oid}]}).status_code == 201
    assert job.post(f"{SITE}/git/trees", {"tree": [{**row, "content": "on: push\n"}]}).status_code == 403
    assert ask.post(f"{SITE}/git/trees", {"tree": [{**row, "content": "on: push\n"}]}).status_code == 201
    assert hub.violations == []
