"""Who may do what: jobs by the permissions they declare, people by their role, everybody by what is public."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import Hub, Repo
from hub.asking import Asking, Git

SITE = "/repos/acme/site"
WORKFLOW = """
permissions: {}
jobs:
  select: {permissions: {contents: write, issues: write, pull-requests: read, actions: read}}
  run: {permissions: {contents: read, issues: read}}
  publish: {permissions: {contents: write, issues: write, pull-requests: write, checks: write}}
"""


def test_a_job_may_do_what_it_declares_and_not_what_another_job_declares(hub: Hub, repo: Repo) -> None:
    number = repo.issue(labels=[("bug", "ada")]).number
    token = hub.job_token("acme/site", WORKFLOW)
    select, run = Asking(hub, token, "select"), Asking(hub, token, "run")
    assert select.post(f"{SITE}/issues/{number}/comments", {"body": "hi"}).status_code == 201
    refused = run.post(f"{SITE}/issues/{number}/comments", {"body": "hi"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "issues=write"
    assert run.get(f"{SITE}/issues/{number}").status_code == 200
    assert Asking(hub, token, "")("GET", f"{SITE}/issues/{number}").status_code == 403
    assert Asking(hub, token, "other").get(f"{SITE}/issues/{number}").status_code == 403
    assert hub.violations == []


def test_the_hub_remembers_the_highest_level_of_each_scope_that_a_job_used(hub: Hub, repo: Repo) -> None:
    number = repo.issue().number
    ask = Asking(hub, hub.job_token("acme/site", WORKFLOW), "publish")
    ask.get(f"{SITE}/issues/{number}")
    assert hub.used.of("publish") == {"issues": "read"}
    ask.post(f"{SITE}/issues/{number}/comments", {"body": "hi"})
    ask.get(f"{SITE}/git/ref/heads/main")
    ask.get(SITE)
    ask.get(f"{SITE}/actions/runs")  # refused, so not used
    assert hub.used.of("publish") == {"issues": "write", "contents": "read"}
    assert hub.used.of("run") == {}


def test_comments_and_labels_on_a_pull_request_take_either_scope(hub: Hub, repo: Repo) -> None:
    repo.commit({"n.txt": "n"}, branch="x")
    pull, issue = repo.open_pull(head="x"), repo.issue()
    ask = Asking(hub, hub.job_token("acme/site", {"gate": {"pull-requests": "write"}}), "gate")
    assert ask.post(f"{SITE}/issues/{pull.number}/comments", {"body": "hi"}).status_code == 201
    assert ask.post(f"{SITE}/issues/{issue.number}/comments", {"body": "hi"}).status_code == 403
    assert hub.used.of("gate") == {"pull-requests": "write"}


def test_what_is_public_can_be_read_without_a_scope_but_not_written(hub: Hub) -> None:
    repo = hub.repo("acme/open")
    ask = Asking(hub, hub.job_token("acme/open", {"run": {}}), "run")
    assert ask.get("/repos/acme/open/issues").status_code == 200
    assert ask.post("/repos/acme/open/git/refs", {"ref": "refs/heads/x", "sha": repo.head()}).status_code == 403
    assert Asking(hub).get("/repos/acme/open").status_code == 200
    assert Asking(hub).post("/repos/acme/open/issues", {"title": "x"}).status_code == 401
    assert hub.used.of("run") == {"issues": "read"}


def test_a_workflow_token_never_reads_variables_and_knows_no_other_repository(hub: Hub, repo: Repo) -> None:
    hub.repo("acme/other", private=True)
    repo.variables["AUTONOMY_STOP"] = "1"
    ask = Asking(hub, hub.job_token("acme/site", {"select": {"contents": "write", "actions": "write"}}), "select")
    assert ask.get(f"{SITE}/actions/variables/AUTONOMY_STOP").status_code == 403
    assert ask.get("/repos/acme/other").status_code == 404
    assert ask.get("/user").status_code == 403
    person = Asking(hub, hub.token("ada"))
    assert person.get(f"{SITE}/actions/variables/AUTONOMY_STOP").json()["value"] == "1"
    assert hub.violations == []


@pytest.mark.parametrize(
    ("login", "seen", "labelled", "pushed"),
    [("ada", 200, 200, 201), ("tri", 200, 200, 403), ("rea", 200, 403, 403), ("eve", 404, 404, 404)],
)
def test_people_do_what_their_role_allows(
    hub: Hub, repo: Repo, login: str, seen: int, labelled: int, pushed: int
) -> None:
    repo.permit("tri", "triage")
    repo.permit("rea", "read")
    number, ask = repo.issue().number, Asking(hub, hub.token(login))
    assert ask.get(f"{SITE}/issues/{number}").status_code == seen
    assert ask.post(f"{SITE}/issues/{number}/labels", {"labels": ["bug"]}).status_code == labelled
    body = {"ref": "refs/heads/x", "sha": repo.head()}
    assert ask.post(f"{SITE}/git/refs", body).status_code == pushed


def test_a_role_is_told_as_the_permission_it_amounts_to(hub: Hub, repo: Repo) -> None:
    repo.permit("mai", "maintain")
    ask = Asking(hub, hub.token("ada"))
    told = {
        login: ask.get(f"{SITE}/collaborators/{login}/permission").json() for login in ("root", "ada", "mai", "eve")
    }
    assert {login: (each["permission"], each["role_name"]) for login, each in told.items()} == {
        "root": ("admin", "admin"), "ada": ("write", "write"), "mai": ("write", "maintain"), "eve": ("none", "none"),
    }  # fmt: skip
    assert ask.get(f"{SITE}/collaborators/nobody/permission").status_code == 404
    hub.delete_user("eve")
    assert ask.get("/users/eve").status_code == 404
    assert hub.user("eve").id != told["eve"]["user"]["id"]
    assert hub.violations == []


def test_an_expired_token_is_bad_credentials_from_one_call_to_the_next(hub: Hub, repo: Repo) -> None:
    token = hub.token("ada")
    ask = Asking(hub, token)
    assert ask.get(SITE).status_code == 200
    hub.expire(token)
    assert (ask.get(SITE).status_code, ask.get(SITE).json()["message"]) == (401, "Bad credentials")
    assert hub.violations == []


def test_an_archived_repository_reads_and_refuses_writes(hub: Hub, repo: Repo) -> None:
    repo.archived = True
    ask = Asking(hub, hub.token("ada"))
    assert ask.get(SITE).json()["archived"]
    refused = ask.post(f"{SITE}/issues", {"title": "x"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Repository was archived so is read-only.")


def test_an_unknown_scope_in_a_workflow_is_an_error_of_the_test(hub: Hub, repo: Repo) -> None:
    with pytest.raises(ValueError, match="pull-request"):
        hub.job_token("acme/site", {"run": {"pull-request": "write"}})


def test_a_checkout_that_does_not_name_its_job_may_fetch_and_nothing_else(hub: Hub, repo: Repo, tmp_path: Path) -> None:
    git = Git(tmp_path / "c", hub.job_token("acme/site", WORKFLOW))
    assert git("clone", "-q", f"{hub.server_url}/acme/site.git", ".").returncode == 0
    git.commit({"n.txt": "n"})
    assert (
        "Permission to acme/site.git denied to github-actions[bot]" in git("push", "origin", "HEAD:refs/heads/x").stderr
    )


def test_a_blocked_repository_is_451(hub: Hub, repo: Repo) -> None:
    repo.blocked = True
    assert Asking(hub, hub.token("ada")).get(SITE).status_code == 451
    assert hub.violations == []
