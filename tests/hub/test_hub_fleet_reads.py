"""What a client of a whole organization reads: its repositories page by page, and of each what decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub import Hub, Repo
from hub.test_graphql_rules import Asking, kinds

PAGE = """query($login: String!, $after: String, $order: RepositoryOrder, $archived: Boolean) {
  repositoryOwner(login: $login) { repositories(first: 2, after: $after, orderBy: $order, isArchived: $archived) {
    totalCount pageInfo { hasNextPage endCursor } nodes { name } } } }"""
ONE = 'query {{ repository(owner: "acme", name: "site") {{ {} }} }}'


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.organization("acme")
        made.repo("acme/site", {".github/autonomy/lock.json": "{}\n", ".github/a.bin": b"\0\1", "README.md": "x\n"})
        made.user("ada", permission={"acme/site": "write"})
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


@pytest.fixture
def ada(hub: Hub) -> Asking:
    return Asking(hub, hub.token("ada"))


def listed(ask: Asking, **more: Any) -> list[list[str]]:
    """The names, page by page."""
    pages, after = [], None
    while True:
        told = ask(PAGE, login="acme", after=after, **more)["data"]["repositoryOwner"]["repositories"]
        pages.append([node["name"] for node in told["nodes"]])
        after = told["pageInfo"]["endCursor"]
        if not told["pageInfo"]["hasNextPage"]:
            return pages


def one(ask: Asking, fields: str) -> dict[str, Any]:
    """Fields of acme/site."""
    told = ask(ONE.format(fields))
    assert "errors" not in told, told
    found: dict[str, Any] = told["data"]["repository"]
    return found


def test_an_owners_repositories_come_page_by_page(hub: Hub, ada: Asking) -> None:
    for name in ("b", "c", "a"):
        hub.repo(f"acme/{name}")
    hub.repo("other/x")
    assert listed(ada) == [["site", "b"], ["c", "a"]]
    assert listed(ada, order={"field": "NAME", "direction": "DESC"}) == [["site", "c"], ["b", "a"]]


def test_a_list_holds_what_the_token_sees(hub: Hub, ada: Asking) -> None:
    hub.repo("acme/hidden", private=True)
    job = Asking(hub, hub.job_token("acme/site", {"a": {"contents": "read"}}), "a")
    assert listed(ada) == listed(job) == [["site"]]
    assert listed(Asking(hub, hub.app_token("fleet", {"contents": "read"}))) == [["site", "hidden"]]


def test_a_list_can_be_narrowed(hub: Hub, ada: Asking) -> None:
    hub.repo("acme/old").archived = True
    assert (listed(ada, archived=False), listed(ada, archived=True)) == ([["site"]], [["old"]])


def test_of_a_person_also_those_others_opened_to_them_are_listed(hub: Hub, ada: Asking) -> None:
    hub.repo("ada/own")
    query = '{ user(login: "ada") { a: repositories(first: 9) { nodes { name } } b: repositories(first: 9, ownerAffiliations: [OWNER]) { nodes { name } } } }'
    told = ada(query)["data"]["user"]
    assert [[node["name"] for node in told[key]["nodes"]] for key in "ab"] == [["site", "own"], ["own"]]


def test_an_organization_is_no_person(ada: Asking) -> None:
    assert ada('{ organization(login: "acme") { login } }')["data"]["organization"] == {"login": "acme"}
    assert kinds(ada('{ organization(login: "ada") { login } }')) == ["NOT_FOUND"]


def test_topics_and_flags_of_a_repository(repo: Repo, ada: Asking) -> None:
    repo.topics, repo.disabled, repo.locked = ["api", "go"], True, True
    told = one(ada, "isDisabled isLocked repositoryTopics(first: 5) { nodes { topic { name } } }")
    assert told == {
        "isDisabled": True,
        "isLocked": True,
        "repositoryTopics": {"nodes": [{"topic": {"name": "api"}}, {"topic": {"name": "go"}}]},
    }


def test_a_branch_says_what_binds_who_asks(hub: Hub, repo: Repo, ada: Asking) -> None:
    rule = "defaultBranchRef { refUpdateRule { viewerCanPush requiresSignatures requiredApprovingReviewCount requiredStatusCheckContexts allowsDeletions allowsForcePushes pattern } }"
    assert one(ada, rule)["defaultBranchRef"]["refUpdateRule"] is None
    repo.protect("ma*", pushers=frozenset({"root"}), required_reviews=2, required_checks=("tests",))
    assert one(ada, rule)["defaultBranchRef"]["refUpdateRule"] == {
        "viewerCanPush": False,
        "requiresSignatures": False,
        "requiredApprovingReviewCount": 2,
        "requiredStatusCheckContexts": ["tests"],
        "allowsDeletions": False,
        "allowsForcePushes": False,
        "pattern": "ma*",
    }
    root = Asking(hub, hub.token("root"))
    repo.permit("root", "admin")
    assert one(root, rule)["defaultBranchRef"]["refUpdateRule"]["viewerCanPush"] is True


def test_a_tree_is_read_with_what_lies_in_it(ada: Asking) -> None:
    told = one(
        ada,
        """object(expression: "HEAD:.github") { ... on Tree { oid entries { name type mode path oid size object {
          ... on Blob { isBinary byteSize text } ... on Tree { entries { path object { ... on Blob {
            text byteSize isBinary isTruncated oid } } } } } } } }""",
    )["object"]["entries"]
    assert [(each["name"], each["type"], each["mode"], each["path"], each["size"]) for each in told] == [
        ("a.bin", "blob", 0o100644, ".github/a.bin", 2),
        ("autonomy", "tree", 0o40000, ".github/autonomy", 0),
    ]
    assert told[0]["object"] == {"isBinary": True, "byteSize": 2, "text": None}
    (lock,) = told[1]["object"]["entries"]
    assert lock["path"] == ".github/autonomy/lock.json"
    assert lock["object"] == {
        "text": "{}\n",
        "byteSize": 3,
        "isBinary": False,
        "isTruncated": False,
        "oid": "0967ef424bce6791893e9a57bb952f80fd536e93",
    }


def test_pull_requests_of_a_branch_newest_first(repo: Repo, ada: Asking) -> None:
    for text in ("1", "2"):
        repo.commit({"a": text}, branch="sync")
        repo.open_pull(head="sync", title=text)
        repo.close(1, "ada")
    told = one(
        ada,
        """pullRequests(headRefName: "sync", first: 2, orderBy: {field: CREATED_AT, direction: DESC}) {
          nodes { number state isCrossRepository } }
        ref(qualifiedName: "refs/heads/sync") { associatedPullRequests(first: 5, states: [OPEN]) { nodes { number } } }""",
    )
    assert told["pullRequests"]["nodes"] == [
        {"number": 2, "state": "OPEN", "isCrossRepository": False},
        {"number": 1, "state": "CLOSED", "isCrossRepository": False},
    ]
    assert told["ref"]["associatedPullRequests"]["nodes"] == [{"number": 2}]


def test_the_history_of_a_path_holds_the_commits_that_changed_it(repo: Repo, ada: Asking) -> None:
    first, second = repo.head(), repo.commit({"README.md": "y\n"})
    query = "defaultBranchRef {{ target {{ ... on Commit {{ history(first: 5{}) {{ nodes {{ oid }} }} }} }} }}"

    def oids(more: str) -> list[str]:
        nodes = one(ada, query.format(more))["defaultBranchRef"]["target"]["history"]["nodes"]
        return [node["oid"] for node in nodes]

    assert (oids(""), oids(', path: ".github"')) == ([second, first], [first])
    repo.commit({"z": "z"}, branch="side", parent=first)
    repo.merge(repo.open_pull(head="side").number, "ada")
    assert (len(oids("")), oids(', path: ".github"')) == (4, [first])


def test_the_runs_of_a_commit_tell_which_workflow_failed_to_start(repo: Repo, ada: Asking) -> None:
    repo.commit({".github/workflows/a.yml": "name: Autonomy\non: schedule\njobs: {}\n"})
    repo.start_run("a.yml", event="schedule").finish("startup_failure")
    told = one(
        ada,
        """defaultBranchRef { target { ... on Commit { checkSuites(first: 20) { nodes { conclusion status createdAt
          workflowRun { event createdAt resourcePath workflow { name resourcePath } } } } } } }""",
    )["defaultBranchRef"]["target"]["checkSuites"]["nodes"]
    run = repo.runs[0]
    assert told == [
        {
            "conclusion": "STARTUP_FAILURE",
            "status": "COMPLETED",
            "createdAt": run.created,
            "workflowRun": {
                "event": "schedule",
                "createdAt": run.created,
                "resourcePath": f"/acme/site/actions/runs/{run.id}",
                "workflow": {"name": "Autonomy", "resourcePath": "/acme/site/actions/workflows/a.yml"},
            },
        }
    ]


def test_a_label_says_how_many_bear_it(repo: Repo, ada: Asking) -> None:
    repo.issue(labels=["bug"])
    repo.close(repo.issue(labels=["bug"]).number, "ada")
    repo.commit({"a": "a"}, branch="x")
    repo.label(repo.open_pull(head="x").number, "bug", "ada")
    told = one(
        ada,
        """label(name: "bug") { issues { totalCount } open: issues(first: 5, states: [OPEN]) { nodes { number } }
          pullRequests(first: 5) { nodes { number } } }""",
    )["label"]
    assert told == {
        "issues": {"totalCount": 2},
        "open": {"nodes": [{"number": 1}]},
        "pullRequests": {"nodes": [{"number": 3}]},
    }
