"""A branch, its commit and its pull request in one request; labels; and who may not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from hub import Hub, Repo
from hub.test_graphql_rules import Asking, kinds

INSTALL = """mutation($ref: CreateRefInput!, $commit: CreateCommitOnBranchInput!, $pull: CreatePullRequestInput!) {
  a: createRef(input: $ref) { ref { id name } clientMutationId }
  b: createCommitOnBranch(input: $commit) { commit { oid signature { isValid } } ref { target { oid } } }
  c: createPullRequest(input: $pull) { pullRequest { id number isDraft headRefOid state } } }"""
CALLER = ".github/workflows/autonomy.yml"
FLEET = {"contents": "write", "workflows": "write", "pull-requests": "write", "issues": "write"}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.organization("acme")
        made.repo("acme/site", {"README.md": "x\n", "old.txt": "old\n"})
        made.user("ada", permission={"acme/site": "write"})
        made.user("bob")
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


@pytest.fixture
def ada(hub: Hub) -> Asking:
    return Asking(hub, hub.token("ada"))


def commit(repo: Repo, files: dict[str, str | None], *, branch: str = "main", head: str = "") -> dict[str, Any]:
    """The input of createCommitOnBranch."""
    added = [
        {"path": path, "contents": base64.b64encode(text.encode()).decode()} for path, text in files.items() if text
    ]
    gone = [{"path": path} for path, text in files.items() if text is None]
    return {
        "branch": {"repositoryNameWithOwner": repo.full_name, "branchName": branch},
        "expectedHeadOid": head or repo.head(branch) or repo.head(),
        "message": {"headline": "Install", "body": "Because."},
        "fileChanges": {"additions": added, "deletions": gone},
    }


def committed(ask: Asking, asked: dict[str, Any]) -> dict[str, Any]:
    query = "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { commit { oid } } }"
    return ask(query, i=asked)


def installed(ask: Asking, repo: Repo, **files: str) -> dict[str, Any]:
    """Branch sync, a commit and a pull request in one request."""
    return ask(
        INSTALL,
        ref={"repositoryId": repo.node_id, "name": "refs/heads/sync", "oid": repo.head(), "clientMutationId": "1"},
        commit=commit(repo, files or {CALLER: "on: push\n", "old.txt": None}, branch="sync", head=repo.head()),
        pull={"repositoryId": repo.node_id, "headRefName": "sync", "baseRefName": "main", "title": "T", "draft": True},
    )


def change(ask: Asking, does: str, answer: str, /, **asked: Any) -> dict[str, Any]:
    """One mutation."""
    kind = does[0].upper() + does[1:]
    return ask(f"mutation($i: {kind}Input!) {{ {does}(input: $i) {{ {answer} }} }}", i=asked)


# --- one request


def test_a_branch_a_commit_and_a_pull_request_take_one_request(hub: Hub, repo: Repo, ada: Asking) -> None:
    told = installed(ada, repo)
    assert "errors" not in told
    head = repo.head("sync")
    assert (told["data"]["a"]["ref"]["name"], told["data"]["a"]["clientMutationId"]) == ("sync", "1")
    assert told["data"]["b"] == {
        "commit": {"oid": head, "signature": {"isValid": True}},
        "ref": {"target": {"oid": head}},
    }
    made = told["data"]["c"]["pullRequest"]
    assert (made["number"], made["isDraft"], made["headRefOid"], made["state"]) == (1, True, head, "OPEN")
    assert (repo.file(CALLER, "sync"), repo.file("old.txt", "sync"), repo.file("README.md", "sync")) == (
        "on: push\n",
        None,
        "x\n",
    )
    assert repo.git.commit(head).message == "Install\n\nBecause."
    assert hub.journal[-1].writes


def test_of_several_mutations_one_that_fails_is_null_and_the_others_are_done(repo: Repo, ada: Asking) -> None:
    installed(ada, repo)
    told = installed(ada, repo)
    assert told["data"] == {"a": None, "b": None, "c": {"pullRequest": None}}
    assert [(each["type"], each["path"]) for each in told["errors"]] == [
        ("UNPROCESSABLE", ["a"]),
        ("STALE_DATA", ["b"]),
        ("UNPROCESSABLE", ["c"]),
    ]
    assert told["errors"][0]["message"] == 'A ref named "refs/heads/sync" already exists in the repository.'
    assert told["errors"][2]["message"] == "A pull request already exists for acme:sync."
    query = """mutation($r: ID!) { a: createLabel(input: {repositoryId: $r, name: "x", color: "nope"}) { label { id } }
      b: createLabel(input: {repositoryId: $r, name: "y", color: "ededed"}) { label { name } } }"""
    told = ada(query, r=repo.node_id)
    assert (told["data"], kinds(told)) == ({"a": None, "b": {"label": {"name": "y"}}}, ["UNPROCESSABLE"])


def test_a_commit_lands_only_where_the_branch_was_seen(repo: Repo, ada: Asking) -> None:
    old, new = repo.head(), repo.commit({"z": "z"})
    told = committed(ada, commit(repo, {"a": "a"}, head=old))
    assert (told["data"], kinds(told)) == ({"createCommitOnBranch": None}, ["STALE_DATA"])
    assert told["errors"][0]["message"] == f'Expected branch to point to "{old}" but it did not.  Pull and try again.'
    assert repo.head() == new


def test_a_path_that_is_not_there_cannot_be_deleted(repo: Repo, ada: Asking) -> None:
    told = committed(ada, commit(repo, {"nothing": None}))
    assert kinds(told) == ["NOT_FOUND"]
    assert "does not exist as of commit oid" in told["errors"][0]["message"]


def test_a_branch_that_is_not_there_takes_no_commit(repo: Repo, ada: Asking) -> None:
    assert kinds(committed(ada, commit(repo, {"a": "a"}, branch="none"))) == ["NOT_FOUND"]


@pytest.mark.parametrize("path", ["/a", "a//b", "../a", ".git/config"])
def test_a_commit_takes_no_path_that_git_refuses(repo: Repo, ada: Asking, path: str) -> None:
    assert kinds(committed(ada, commit(repo, {path: "a"}))) == ["UNPROCESSABLE"]


def test_a_file_keeps_its_mode(repo: Repo, ada: Asking) -> None:
    git = repo.git
    tree = git.write_files({"run": ("100755", git.put("blob", b"x"))})
    repo.branch("main", repo.write_commit(tree, [repo.head()], "x", repo.state.by("ada")))
    assert "errors" not in committed(ada, commit(repo, {"run": "y"}))
    entry = git.at(git.commit(repo.head()).tree, "run")
    assert (entry.mode, repo.file("run")) == ("100755", "y")


# --- who may


def test_workflow_files_need_the_workflows_permission_of_an_app(hub: Hub, repo: Repo) -> None:
    less = {**FLEET}
    del less["workflows"]
    told = installed(Asking(hub, hub.app_token("fleet", less)), repo)
    assert "without `workflows` permission" in told["errors"][0]["message"]
    assert repo.file(CALLER, "sync") is None
    repo.move_ref("refs/heads/sync", None, "0" * 40, repo.state.by("ada"))
    assert "errors" not in installed(Asking(hub, hub.app_token("publisher", FLEET)), repo)
    assert repo.file(CALLER, "sync") == "on: push\n"


@pytest.mark.parametrize("missing", ["contents", "pull-requests"])
def test_an_app_does_what_its_permissions_name(hub: Hub, repo: Repo, missing: str) -> None:
    held = {scope: level for scope, level in FLEET.items() if scope != missing}
    told = installed(Asking(hub, hub.app_token("fleet", held)), repo)
    assert "FORBIDDEN" in kinds(told)
    assert repo.pulls == []


def test_readers_and_foreign_jobs_may_not_write(hub: Hub, repo: Repo) -> None:
    hub.repo("acme/other")
    job = hub.job_token("acme/other", {"a": {"contents": "write", "pull-requests": "write"}})
    for ask in (Asking(hub, hub.token("bob")), Asking(hub, job, "a")):
        assert "FORBIDDEN" in kinds(installed(ask, repo))
    assert (list(repo.refs("refs/heads/")), repo.pulls) == (["refs/heads/main"], [])


@pytest.mark.parametrize("flag", ["archived", "disabled", "locked"])
def test_where_nobody_may_write_nothing_is_written(repo: Repo, ada: Asking, flag: str) -> None:
    setattr(repo, flag, True)
    assert kinds(installed(ada, repo)) == ["FORBIDDEN", "NOT_FOUND", "FORBIDDEN"]
    assert kinds(change(ada, "createLabel", "label { id }", repositoryId=repo.node_id, name="x", color="ededed")) == [
        "FORBIDDEN"
    ]


def test_a_protected_branch_is_not_committed_to(repo: Repo, ada: Asking) -> None:
    repo.protect("main", required_reviews=1)
    told = committed(ada, commit(repo, {"a": "a"}))
    assert kinds(told) == ["BRANCH_PROTECTION_RULE_VIOLATION"]
    assert told["errors"][0]["message"] == "Changes must be made through a pull request"
    repo.protections = []
    repo.protect("main", required_signatures=True)
    assert "errors" not in committed(ada, commit(repo, {"a": "a"}))


def test_a_workflow_token_opens_pull_requests_only_where_that_is_allowed(hub: Hub, repo: Repo) -> None:
    repo.settings.actions_may_create_pulls = False
    job = hub.job_token("acme/site", {"a": {"contents": "write", "pull-requests": "write"}})
    told = installed(Asking(hub, job, "a"), repo, a="a")
    assert [each["message"] for each in told["errors"]] == [
        "GitHub Actions is not permitted to create or approve pull requests."
    ]


# --- refs


def test_refs_are_moved_and_deleted_by_their_ids(repo: Repo, ada: Asking) -> None:
    old = repo.head()
    new = repo.commit({"a": "a"}, branch="next")
    made = change(ada, "createRef", "ref { id }", repositoryId=repo.node_id, name="refs/autonomy/labels", oid=old)[
        "data"
    ]["createRef"]["ref"]["id"]
    assert "errors" not in change(ada, "updateRef", "ref { target { oid } }", refId=made, oid=new)
    assert repo.git.ref("refs/autonomy/labels") == new
    assert kinds(change(ada, "updateRef", "ref { id }", refId=made, oid=old)) == ["UNPROCESSABLE"]
    assert "errors" not in change(ada, "deleteRef", "clientMutationId", refId=made)
    assert kinds(change(ada, "deleteRef", "clientMutationId", refId=made)) == ["NOT_FOUND"]


@pytest.mark.parametrize("name", ["heads/x", "refs/heads/a..b", "refs/pull/1/head", "refs/heads/x.lock"])
def test_a_ref_needs_a_name_that_git_takes(repo: Repo, ada: Asking, name: str) -> None:
    told = change(ada, "createRef", "ref { id }", repositoryId=repo.node_id, name=name, oid=repo.head())
    assert kinds(told) == ["UNPROCESSABLE"]


def test_the_default_branch_stays(repo: Repo, ada: Asking) -> None:
    query = '{ repository(owner: "acme", name: "site") { defaultBranchRef { id } } }'
    main = ada(query)["data"]["repository"]["defaultBranchRef"]["id"]
    assert kinds(change(ada, "deleteRef", "clientMutationId", refId=main)) == ["UNPROCESSABLE"]


# --- pull requests


def test_a_pull_request_is_changed_closed_and_reopened(repo: Repo, ada: Asking) -> None:
    made = installed(ada, repo)["data"]["c"]["pullRequest"]["id"]
    told = change(
        ada, "updatePullRequest", "pullRequest { title body } actor { login }", pullRequestId=made, title="N", body="B"
    )
    assert told["data"]["updatePullRequest"] == {"pullRequest": {"title": "N", "body": "B"}, "actor": {"login": "ada"}}
    ready = change(ada, "markPullRequestReadyForReview", "pullRequest { isDraft }", pullRequestId=made)
    draft = change(ada, "convertPullRequestToDraft", "pullRequest { isDraft }", pullRequestId=made)
    flags = [next(iter(each["data"].values()))["pullRequest"]["isDraft"] for each in (ready, draft)]
    assert flags == [False, True]
    change(ada, "closePullRequest", "pullRequest { state }", pullRequestId=made)
    assert repo.pulls[0].state == "closed"
    change(ada, "updatePullRequest", "pullRequest { state }", pullRequestId=made, state="OPEN")
    assert repo.pulls[0].state == "open"


def test_a_pull_request_needs_branches_and_commits(repo: Repo, ada: Asking) -> None:
    asked = {"repositoryId": repo.node_id, "baseRefName": "main", "title": "T"}
    told = change(ada, "createPullRequest", "pullRequest { id }", headRefName="none", **asked)
    assert told["errors"][0]["message"] == (
        "Head sha can't be blank, No commits between main and none, Head ref must be a branch"
    )
    repo.branch("same", repo.head())
    told = change(ada, "createPullRequest", "pullRequest { id }", headRefName="same", **asked)
    assert told["errors"][0]["message"] == "No commits between main and same"


def test_others_pull_requests_are_changed_by_who_may_write(hub: Hub, repo: Repo, ada: Asking) -> None:
    made = installed(ada, repo)["data"]["c"]["pullRequest"]["id"]
    told = change(Asking(hub, hub.token("bob")), "closePullRequest", "pullRequest { id }", pullRequestId=made)
    assert kinds(told) == ["FORBIDDEN"]


# --- labels


def test_labels_are_made_renamed_and_deleted_by_their_ids(repo: Repo, ada: Asking) -> None:
    asked = {"repositoryId": repo.node_id, "name": "Type:Bug", "color": "ff0000", "description": "d"}
    made = change(ada, "createLabel", "label { id name color }", **asked)["data"]["createLabel"]["label"]
    assert (made["name"], made["color"]) == ("Type:Bug", "ff0000")
    told = change(ada, "createLabel", "label { id }", **(asked | {"name": "type:bug"}))
    assert told["errors"][0]["message"] == "Name has already been taken"
    issue = repo.issue(labels=["type:bug"])
    change(ada, "updateLabel", "label { name }", id=made["id"], name="kind:bug", color="00ff00")
    assert [(label.name, label.color, label.description) for label in issue.labels] == [("kind:bug", "00ff00", "d")]
    assert list(repo.labels) == ["kind:bug"]
    assert "errors" not in change(ada, "deleteLabel", "clientMutationId", id=made["id"])
    assert (repo.labels, issue.labels) == ({}, [])
    assert kinds(change(ada, "deleteLabel", "clientMutationId", id=made["id"])) == ["NOT_FOUND"]


@pytest.mark.parametrize("wrong", [{"name": "x" * 51}, {"color": "#ff0000"}, {"description": "x" * 101}])
def test_a_label_has_bounds(repo: Repo, ada: Asking, wrong: dict[str, str]) -> None:
    asked = {"repositoryId": repo.node_id, "name": "n", "color": "ff0000", **wrong}
    assert kinds(change(ada, "createLabel", "label { id }", **asked)) == ["UNPROCESSABLE"]


def test_the_state_of_many_workflows_is_read_by_their_ids(hub: Hub, repo: Repo, ada: Asking) -> None:
    repo.commit({CALLER: "name: A\non: schedule\n"})
    hub.repo("acme/b", {CALLER: "on: schedule\n"})
    ids = [each.node_id for name in ("acme/site", "acme/b") for each in hub.repos[name].workflows()]
    repo.workflows()[0].state = "disabled_inactivity"
    told = ada("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Workflow { state } } }", ids=ids)
    assert told["data"]["nodes"] == [{"state": "DISABLED_INACTIVITY"}, {"state": "ACTIVE"}]
