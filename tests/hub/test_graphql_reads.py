"""What GraphQL tells of repositories, issues, pull requests and git is what the hub holds, in GitHub's words."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub import Hub, Repo

Asked = Callable[..., dict[str, Any]]
EVENTS = """query($n: Int!, $types: [IssueTimelineItemsItemType!]) { repository(owner: "acme", name: "site") { issue(number: $n) {
  timelineItems(first: 50, itemTypes: $types) { totalCount nodes { __typename
    ... on LabeledEvent { createdAt actor { __typename login ... on User { databaseId } ... on Bot { databaseId } } label { name } }
    ... on UnlabeledEvent { label { name } } ... on RenamedTitleEvent { previousTitle currentTitle }
    ... on CrossReferencedEvent { willCloseTarget source { ... on PullRequest { number } ... on Issue { number } } }
    ... on ConnectedEvent { subject { ... on PullRequest { number } } } } } } } }"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site", files={"README.md": "# site\n", ".github/autonomy.yml": "version: 1\n"})
        made.user("ada", permission={"acme/site": "write"})
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


@pytest.fixture
def ask(hub: Hub) -> Asked:
    token = hub.token("ada")

    def asked(query: str, *, by: str = token, job: str = "", **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Authorization": f"bearer {by}", "User-Agent": f"test job/{job}" if job else "test"}
        with urllib.request.urlopen(urllib.request.Request(hub.graphql_url, data=body, headers=headers)) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    return asked


def one(ask: Asked, fields: str, **more: Any) -> Any:
    """Fields of the repository."""
    told = ask(f'{{ repository(owner: "acme", name: "site") {{ {fields} }} }}', **more)
    assert "errors" not in told, told
    return told["data"]["repository"]


def test_a_look_reads_branch_files_and_state_at_once(repo: Repo, ask: Asked) -> None:
    commit = repo.write_commit(repo.git.write_files({}), [], "state of things", repo.state.by("ada"))
    repo.move_ref("refs/autonomy/state", None, commit, repo.state.by("ada"))
    told = one(
        ask,
        """isArchived isFork isPrivate viewerPermission nameWithOwner
        defaultBranchRef { name target { oid ... on Commit { tree { oid } } } }
        file: object(expression: "HEAD:.github/autonomy.yml") { oid ... on Blob { text isBinary isTruncated byteSize } }
        folder: object(expression: "main:.github") { ... on Tree { entries { name type mode object { oid } } } }
        stop: object(expression: "HEAD:.agent-workspace/STOP") { oid }
        state: ref(qualifiedName: "refs/autonomy/state") { target { ... on Commit { message } } }""",
    )
    head = repo.head()
    assert told["defaultBranchRef"] == {
        "name": "main",
        "target": {"oid": head, "tree": {"oid": repo.git.commit(head).tree}},
    }
    assert told["file"] == {
        "oid": repo.git.at(repo.git.commit(head).tree, ".github/autonomy.yml").oid,
        "text": "version: 1\n", "isBinary": False, "isTruncated": False, "byteSize": 11,
    }  # fmt: skip
    assert told["folder"]["entries"][0] | {"object": 0} == {
        "name": "autonomy.yml",
        "type": "blob",
        "mode": 0o100644,
        "object": 0,
    }
    assert (told["stop"], told["state"]["target"]["message"], told["viewerPermission"]) == (
        None,
        "state of things",
        "WRITE",
    )


def test_binary_and_huge_files_are_not_told_whole(repo: Repo, ask: Asked) -> None:
    repo.commit({"b.bin": b"\0\1", "big.txt": "x" * 600_000})
    told = one(
        ask,
        'b: object(expression: "HEAD:b.bin") { ... on Blob { text isBinary } } big: object(expression: "HEAD:big.txt") { ... on Blob { text isTruncated } }',
    )
    assert told["b"] == {"text": None, "isBinary": True}
    assert (len(told["big"]["text"]), told["big"]["isTruncated"]) == (512_000, True)


def test_an_issue_has_its_labels_author_and_times(repo: Repo, ask: Asked) -> None:
    issue = repo.issue(title="T", body="B", author="ada", labels=[("priority:high", "ada"), "lane:a, b ☃"])
    told = one(
        ask,
        "issue(number: 1) { id databaseId title body state createdAt updatedAt lastEditedAt locked author { login ... on User { databaseId } } labels(first: 9) { nodes { name } } }",
    )
    assert told["issue"]["labels"]["nodes"] == [{"name": "priority:high"}, {"name": "lane:a, b ☃"}]
    assert told["issue"] | {"labels": 0} == {
        "id": issue.node_id, "databaseId": issue.id, "title": "T", "body": "B", "state": "OPEN", "createdAt": issue.created,
        "updatedAt": issue.updated, "lastEditedAt": None, "locked": False, "labels": 0,
        "author": {"login": "ada", "databaseId": repo.state.users["ada"].id},
    }  # fmt: skip


def test_label_events_name_their_actor_but_neither_app_nor_database_id(repo: Repo, ask: Asked) -> None:
    repo.issue(author="ada", labels=[("bug", "github-actions[bot]")])
    (event,) = ask(EVENTS, n=1, types=["LABELED_EVENT"])["data"]["repository"]["issue"]["timelineItems"]["nodes"]
    assert event["actor"] == {"__typename": "Bot", "login": "github-actions", "databaseId": 41898282}
    for missing in ("databaseId", "performedViaGithubApp { slug }", "app { slug }"):
        refused = ask(
            f'{{ repository(owner: "acme", name: "site") {{ issue(number: 1) {{ timelineItems(first: 1) {{ nodes {{ ... on LabeledEvent {{ {missing} }} }} }} }} }} }}'
        )
        assert "doesn't exist on type 'LabeledEvent'" in refused["errors"][0]["message"]


def test_what_a_deleted_account_did_has_no_actor(hub: Hub, repo: Repo, ask: Asked) -> None:
    repo.issue(author="gone", labels=[("bug", "gone")])
    hub.delete_user("gone")
    (event,) = ask(EVENTS, n=1, types=["LABELED_EVENT"])["data"]["repository"]["issue"]["timelineItems"]["nodes"]
    assert (event["actor"], one(ask, "issue(number: 1) { author { login } }")["issue"]["author"]) == (None, None)


def test_the_timeline_tells_removals_renames_and_references(repo: Repo, ask: Asked) -> None:
    repo.issue(title="Old", author="ada", labels=[("bug", "ada")])
    repo.unlabel(1, "bug", "ada")
    repo.edit(1, "ada", title="New")
    repo.commit({"a": "b"}, branch="agent/x")
    repo.open_pull(head="agent/x", body="Closes #1", by="ada")
    types = ["LABELED_EVENT", "UNLABELED_EVENT", "RENAMED_TITLE_EVENT", "CROSS_REFERENCED_EVENT", "CONNECTED_EVENT"]
    nodes = ask(EVENTS, n=1, types=types)["data"]["repository"]["issue"]["timelineItems"]["nodes"]
    assert [node["__typename"] for node in nodes] == [
        "LabeledEvent",
        "UnlabeledEvent",
        "RenamedTitleEvent",
        "CrossReferencedEvent",
    ]
    assert nodes[2] | {"__typename": 0} == {"previousTitle": "Old", "currentTitle": "New", "__typename": 0}
    assert nodes[3] | {"__typename": 0} == {"willCloseTarget": True, "source": {"number": 2}, "__typename": 0}


def test_last_edited_is_of_the_body_and_a_title_has_its_event(repo: Repo, ask: Asked) -> None:
    repo.issue(title="Old", body="a", author="ada")
    repo.edit(1, "ada", title="New")
    assert one(ask, "issue(number: 1) { lastEditedAt }")["issue"]["lastEditedAt"] is None
    repo.edit(1, "ada", body="b")
    assert one(ask, "issue(number: 1) { lastEditedAt }")["issue"]["lastEditedAt"] == repo.issues[1].edited


def test_pull_requests_are_not_issues_and_are_found_by_head(repo: Repo, ask: Asked) -> None:
    repo.issue(author="ada")
    repo.commit({"a": "b"}, branch="agent/x")
    repo.open_pull(head="agent/x", title="P", body="Closes #1", by="ada", draft=True)
    told = one(
        ask,
        """issues(first: 9) { totalCount } none: pullRequests(first: 9, headRefName: "nope") { totalCount }
        pullRequests(first: 9, headRefName: "agent/x", states: [OPEN]) { nodes { number isDraft headRefOid state
          closingIssuesReferences(first: 9) { nodes { number } } commits(first: 9) { totalCount } files(first: 9) { nodes { path additions } } } }
        issue(number: 1) { closedByPullRequestsReferences(first: 9) { nodes { number } } }""",
    )
    assert (told["issues"]["totalCount"], told["none"]["totalCount"]) == (1, 0)
    assert told["pullRequests"]["nodes"] == [
        {"number": 2, "isDraft": True, "headRefOid": repo.head("agent/x"), "state": "OPEN",
         "closingIssuesReferences": {"nodes": [{"number": 1}]}, "commits": {"totalCount": 1},
         "files": {"nodes": [{"path": "a", "additions": 1}]}}
    ]  # fmt: skip
    assert told["issue"]["closedByPullRequestsReferences"]["nodes"] == [{"number": 2}]
    repo.merge(2, "ada")
    assert one(ask, "pullRequest(number: 2) { state merged } issue(number: 1) { state stateReason }") == {
        "pullRequest": {"state": "MERGED", "merged": True}, "issue": {"state": "CLOSED", "stateReason": "COMPLETED"},
    }  # fmt: skip


def test_pages_hold_together_while_issues_come_and_go(repo: Repo, ask: Asked) -> None:
    for number in range(7):
        repo.issue(title=str(number), author="ada")
    query = 'query($c: String) { repository(owner: "acme", name: "site") { issues(first: 3, after: $c, states: OPEN) { totalCount pageInfo { hasNextPage endCursor } nodes { number } } } }'
    first = ask(query)["data"]["repository"]["issues"]
    repo.close(1, "ada")
    second = ask(query, c=first["pageInfo"]["endCursor"])["data"]["repository"]["issues"]
    assert [node["number"] for page in (first, second) for node in page["nodes"]] == [1, 2, 3, 4, 5, 6]
    last = ask(query, c=second["pageInfo"]["endCursor"])["data"]["repository"]["issues"]
    assert (last["pageInfo"]["hasNextPage"], last["totalCount"]) == (False, 6)


def test_pages_may_be_read_from_the_end(repo: Repo, ask: Asked) -> None:
    repo.issue(author="ada", labels=[f"l{number}" for number in range(5)])
    query = 'query($c: String) { repository(owner: "acme", name: "site") { issue(number: 1) { timelineItems(last: 2, before: $c, itemTypes: [LABELED_EVENT]) { pageInfo { hasPreviousPage startCursor } nodes { ... on LabeledEvent { label { name } } } } } } }'
    seen, cursor, more = [], None, True
    while more:
        page = ask(query, c=cursor)["data"]["repository"]["issue"]["timelineItems"]
        seen = [node["label"]["name"] for node in page["nodes"]] + seen
        more, cursor = page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["startCursor"]
    assert seen == ["l0", "l1", "l2", "l3", "l4"]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ("states: CLOSED", [3]),
        ('filterBy: {labels: ["BUG"]}', [1]),
        ('filterBy: {createdBy: "bob"}', [2]),
        ("orderBy: {field: CREATED_AT, direction: DESC}", [3, 2, 1]),
        ("orderBy: {field: UPDATED_AT, direction: ASC}", [2, 3, 1]),
    ],
)
def test_issues_are_filtered_and_ordered(repo: Repo, ask: Asked, arguments: str, numbers: list[int]) -> None:
    repo.issue(author="ada", labels=[("bug", "ada")])
    repo.issue(author="bob")
    repo.issue(author="ada", state="closed")
    repo.comment(1, "hello", "ada")
    assert [
        node["number"]
        for node in one(ask, f"issues(first: 9, {arguments}) {{ nodes {{ number }} }}")["issues"]["nodes"]
    ] == numbers


def test_deleted_and_transferred_issues_are_not_found(hub: Hub, repo: Repo, ask: Asked) -> None:
    for _ in range(3):
        repo.issue(author="ada")
    repo.delete_issue(1)
    repo.transfer(2, hub.repo("acme/other"))
    for number in (1, 2, 4):
        told = ask('query($n: Int!) { repository(owner: "acme", name: "site") { issue(number: $n) { id } } }', n=number)
        assert (told["data"]["repository"]["issue"], told["errors"][0]["type"]) == (None, "NOT_FOUND")
    assert one(ask, "issues(first: 9) { totalCount }")["issues"]["totalCount"] == 1


def test_things_are_found_by_node_id_and_unknown_ones_are_null_beside_the_others(repo: Repo, ask: Asked) -> None:
    issue, workflow = repo.issue(author="ada"), repo.workflow("loop.yml")
    workflow.state = "disabled_manually"
    query = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Issue { number } ... on Workflow { state } } }"
    )
    told = ask(query, ids=[issue.node_id, "I_nothing", workflow.node_id])
    assert told["data"]["nodes"] == [
        {"__typename": "Issue", "id": issue.node_id, "number": 1}, None,
        {"__typename": "Workflow", "id": workflow.node_id, "state": "DISABLED_MANUALLY"},
    ]  # fmt: skip
    assert [(error["type"], error["path"]) for error in told["errors"]] == [("NOT_FOUND", ["nodes", 1])]


def test_checks_of_a_commit_come_to_one_verdict(repo: Repo, ask: Asked) -> None:
    fields = 'object(expression: "HEAD") { ... on Commit { statusCheckRollup { state contexts(first: 9) { nodes { __typename ... on CheckRun { name conclusion } } } } } }'
    assert one(ask, fields)["object"]["statusCheckRollup"] is None
    repo.check("tests", repo.head(), conclusion="success")
    repo.set_status(repo.head(), "success", "ctx", "ada")
    assert one(ask, fields)["object"]["statusCheckRollup"]["state"] == "SUCCESS"
    repo.check("tests", repo.head(), conclusion="failure")
    rollup = one(ask, fields)["object"]["statusCheckRollup"]
    assert (rollup["state"], [node["__typename"] for node in rollup["contexts"]["nodes"]]) == (
        "FAILURE",
        ["CheckRun", "StatusContext"],
    )


def test_search_understands_the_qualifiers_of_a_command_line(repo: Repo, ask: Asked) -> None:
    repo.issue(title="Fix the fence", author="ada", labels=[("bug", "ada")])
    repo.issue(title="Other", author="bob", labels=[("bug", "ada")])
    query = "query($q: String!) { search(first: 9, type: ISSUE, query: $q) { issueCount nodes { ... on Issue { number } } } }"
    told = ask(query, q='repo:acme/site state:open type:issue label:"bug" author:@me ( fence )')["data"]["search"]
    assert told == {"issueCount": 1, "nodes": [{"number": 1}]}


def test_runs_of_a_commit_say_how_they_ended(repo: Repo, ask: Asked) -> None:
    repo.start_run("loop.yml").finish("startup_failure")
    repo.start_run("ci.yml")
    fields = "checkSuites(first: 9) { nodes { status conclusion workflowRun { workflow { name } } } }"
    told = one(ask, f"defaultBranchRef {{ target {{ ... on Commit {{ {fields} }} }} }}")["defaultBranchRef"]["target"]
    assert [(suite["status"], suite["conclusion"]) for suite in told["checkSuites"]["nodes"]] == [
        ("COMPLETED", "STARTUP_FAILURE"), ("IN_PROGRESS", None),
    ]  # fmt: skip
