"""GraphQL refuses, counts, fails and moves refs as GitHub does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hub import Fault, Hub, Repo
from hub.gitdir import ZEROS

NAME = '{ repository(owner: "acme", name: "site") { id } }'
MOVE = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site")
        made.user("ada", permission={"acme/site": "write"})
        made.user("bob")
        yield made


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


class Asking:
    """One token, as one job."""

    def __init__(self, hub: Hub, token: str, job: str = "") -> None:
        self.url = hub.graphql_url
        self.headers = {"User-Agent": f"autonomy/0 job/{job}" if job else "tests", "Authorization": f"bearer {token}"}

    def post(self, query: str, **variables: Any) -> requests.Response:
        return requests.post(self.url, json={"query": query, "variables": variables}, headers=self.headers, timeout=30)

    def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        answered = self.post(query, **variables)
        assert answered.status_code == 200
        told: dict[str, Any] = answered.json()
        return told


@pytest.fixture
def ada(hub: Hub) -> Asking:
    return Asking(hub, hub.token("ada"))


def kinds(told: dict[str, Any]) -> list[str]:
    return [error.get("type", "") for error in told.get("errors", [])]


def oid(repo: Repo, message: str, parent: str = "") -> str:
    """An empty-tree commit."""
    return repo.write_commit(repo.git.write_files({}), [parent] if parent else [], message, repo.state.by("ada"))


# --- who may


def test_without_a_token_nothing_is_told(hub: Hub) -> None:
    assert requests.post(hub.graphql_url, json={"query": NAME}, timeout=30).status_code == 401
    assert Asking(hub, "ghp_wrong").post(NAME).status_code == 401


def test_a_private_repository_does_not_exist_for_others(hub: Hub) -> None:
    hub.repo("acme/hidden", private=True)
    query = NAME.replace("site", "hidden")
    told = Asking(hub, hub.token("bob"))(query)
    assert (told["data"], kinds(told)) == ({"repository": None}, ["NOT_FOUND"])
    assert kinds(Asking(hub, hub.job_token("acme/site", {"a": {"contents": "read"}}), "a")(query)) == ["NOT_FOUND"]


def test_a_renamed_repository_is_found_under_its_old_name(hub: Hub, ada: Asking) -> None:
    hub.rename("acme/site", "acme/new")
    assert (
        ada('{ repository(owner: "acme", name: "site") { nameWithOwner } }')["data"]["repository"]["nameWithOwner"]
        == "acme/new"
    )


def test_a_job_gets_what_its_permissions_say_and_their_use_is_noted(hub: Hub) -> None:
    hub.repo("acme/hidden", private=True)
    token = hub.job_token("acme/hidden", {"select": {"issues": "read"}, "run": {"contents": "read"}})
    query = '{ repository(owner: "acme", name: "hidden") { issues(first: 1) { totalCount } } }'
    assert Asking(hub, token, "select")(query)["data"]["repository"]["issues"]["totalCount"] == 0
    told = Asking(hub, token, "run")(query)
    assert (kinds(told), told["errors"][0]["message"]) == (["FORBIDDEN"], "Resource not accessible by integration")
    assert (hub.used.of("select"), hub.used.of("run")) == ({"issues": "read"}, {})


def test_the_permission_of_who_asks_is_said_to_people_only(hub: Hub, ada: Asking) -> None:
    query = '{ repository(owner: "acme", name: "site") { viewerPermission } viewer { login } }'
    assert ada(query)["data"] == {"repository": {"viewerPermission": "WRITE"}, "viewer": {"login": "ada"}}
    assert Asking(hub, hub.token("bob"))(query)["data"]["repository"]["viewerPermission"] == "READ"
    job = Asking(hub, hub.job_token("acme/site", {"a": {}}), "a")(query)
    assert job["data"] == {"repository": {"viewerPermission": None}, "viewer": {"login": "github-actions"}}


# --- what a query may be


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ nonsense", "Parse error"),
        ('{ repository(owner: "acme", name: "site") { nope } }', "Field 'nope' doesn't exist on type 'Repository'"),
        ("query($n: Int!) { rateLimit { cost } node(id: $n) { id } }", "used in position expecting type"),
    ],
)
def test_a_wrong_query_is_refused_whole(ada: Asking, query: str, says: str) -> None:
    told = ada(query)
    assert "data" not in told
    assert says in told["errors"][0]["message"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ('(first: 1, after: "x")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_pages_have_bounds(ada: Asking, arguments: str, kind: str) -> None:
    assert kinds(
        ada(f'{{ repository(owner: "acme", name: "site") {{ issues{arguments} {{ nodes {{ id }} }} }} }}')
    ) == [kind]


def test_a_count_needs_no_bounds(ada: Asking) -> None:
    assert (
        ada('{ repository(owner: "acme", name: "site") { issues { totalCount } } }')["data"]["repository"]["issues"][
            "totalCount"
        ]
        == 0
    )


def test_too_many_possible_nodes_are_refused(ada: Asking) -> None:
    deep = "issues(first: 100) { nodes { labels(first: 100) { nodes { id } } timelineItems(first: 100) { nodes { __typename } } comments(first: 100) { nodes { id } } } }"
    query = " ".join(f"a{number}: {deep}" for number in range(17))
    assert kinds(ada(f'{{ repository(owner: "acme", name: "site") {{ {query} }} }}')) == ["MAX_NODE_LIMIT_EXCEEDED"]


def test_a_field_the_hub_does_not_model_is_a_violation_not_a_silent_null(hub: Hub, ada: Asking) -> None:
    told = ada('{ repository(owner: "acme", name: "site") { lockReason } }')
    assert "does not model Repository.lockReason" in told["errors"][0]["message"]
    assert len(hub.violations) == 1


# --- points


def test_points_follow_the_connections_of_a_query(ada: Asking) -> None:
    query = """query($n: Int = 100) { rateLimit { cost remaining limit used nodeCount } repository(owner: "acme", name: "site") {
      issues(first: $n) { nodes { labels(first: 10) { nodes { name } } timelineItems(first: 20) { nodes { __typename } } } } } }"""
    told = ada(query)["data"]["rateLimit"]
    assert told == {"cost": 2, "remaining": 4998, "limit": 5000, "used": 2, "nodeCount": 100 + 1000 + 2000}
    assert ada(query, n=1)["data"]["rateLimit"]["cost"] == 1


def test_no_points_left_is_an_error_inside_a_good_answer(hub: Hub, repo: Repo) -> None:
    asking = Asking(hub, hub.job_token("acme/site", {"a": {"contents": "read"}}), "a")
    assert asking.post(NAME).headers["X-RateLimit-Limit"] == "1000"
    hub.points["job:acme/site"].remaining = 0
    answered = asking.post(NAME)
    assert (answered.status_code, kinds(answered.json()), "data" in answered.json()) == (200, ["RATE_LIMITED"], False)
    assert (answered.headers["X-RateLimit-Remaining"], answered.headers["X-RateLimit-Resource"]) == ("0", "graphql")
    hub.clock.move(3601)
    assert asking(NAME)["data"]["repository"]["id"] == repo.node_id


def test_points_are_counted_apart_from_requests(hub: Hub) -> None:
    token = hub.token("ada")
    Asking(hub, token)(NAME)
    assert hub.rate(token).used == 0


# --- what goes wrong


def test_a_limit_an_error_and_half_an_answer_can_be_ordered(hub: Hub, ada: Asking) -> None:
    hub.faults.add(Fault("graphql_limit"), Fault("graphql_error", nth=2), Fault("graphql_partial", nth=3))
    limited, wrong, partial = ada.post(NAME), ada.post(NAME), ada.post(NAME)
    assert (limited.status_code, kinds(limited.json())) == (200, ["RATE_LIMITED"])
    assert (wrong.status_code, wrong.json()["data"]) == (502, None)
    assert wrong.json()["errors"][0]["message"].startswith("Something went wrong while executing your query.")
    assert (partial.status_code, partial.json()["data"]) == (200, {"repository": None})
    assert partial.json()["errors"][0]["path"] == ["repository"]
    assert ada(NAME)["data"]["repository"]["id"]
    assert hub.faults.left == []


# --- moving refs


def moved(asking: Asking, repo: Repo, *updates: tuple[str, str | None, str], force: bool = False) -> dict[str, Any]:
    """updateRefs with (name, before, after)."""
    listed = [
        {"name": name, "afterOid": after, "force": force, **({} if before is None else {"beforeOid": before})}
        for name, before, after in updates
    ]
    return asking(MOVE, input={"repositoryId": repo.node_id, "refUpdates": listed})


def test_refs_move_all_or_none(repo: Repo, ada: Asking) -> None:
    a, b = oid(repo, "a"), oid(repo, "b")
    assert "errors" not in moved(ada, repo, ("refs/autonomy/x", ZEROS, a), ("refs/heads/new", ZEROS, repo.head()))
    told = moved(ada, repo, ("refs/autonomy/y", ZEROS, b), ("refs/autonomy/x", ZEROS, b))
    assert kinds(told) == ["UNPROCESSABLE"]
    assert repo.refs("refs/autonomy/") == {"refs/autonomy/x": a}
    assert "refs/heads/new" in repo.refs()


def test_a_ref_moves_only_from_where_it_was_seen(repo: Repo, ada: Asking) -> None:
    a = oid(repo, "a")
    b = oid(repo, "b", a)
    moved(ada, repo, ("refs/autonomy/x", ZEROS, a))
    assert kinds(moved(ada, repo, ("refs/autonomy/x", b, b))) == ["UNPROCESSABLE"]
    assert "errors" not in moved(ada, repo, ("refs/autonomy/x", a, b))
    assert "errors" not in moved(ada, repo, ("refs/autonomy/x", b, ZEROS))
    assert repo.refs("refs/autonomy/") == {}


def test_a_move_that_loses_commits_must_be_forced(repo: Repo, ada: Asking) -> None:
    a, b = oid(repo, "a"), oid(repo, "b")
    moved(ada, repo, ("refs/autonomy/x", ZEROS, a))
    assert kinds(moved(ada, repo, ("refs/autonomy/x", a, b))) == ["UNPROCESSABLE"]
    assert "errors" not in moved(ada, repo, ("refs/autonomy/x", a, b), force=True)


@pytest.mark.parametrize(
    ("name", "after"), [("heads/x", "a" * 40), ("refs/heads/x", "a" * 40), ("refs/heads/x", "nothing")]
)
def test_refs_need_full_names_and_objects_that_exist(repo: Repo, ada: Asking, name: str, after: str) -> None:
    before = repo.refs()
    assert "errors" in moved(ada, repo, (name, ZEROS, after))
    assert repo.refs() == before


def test_moving_refs_needs_write(hub: Hub, repo: Repo) -> None:
    update = ("refs/autonomy/x", ZEROS, oid(repo, "a"))
    token = hub.job_token("acme/site", {"reads": {"contents": "read"}, "writes": {"contents": "write"}})
    assert kinds(moved(Asking(hub, hub.token("bob")), repo, update)) == ["FORBIDDEN"]
    assert kinds(moved(Asking(hub, token, "reads"), repo, update)) == ["FORBIDDEN"]
    assert "errors" not in moved(Asking(hub, token, "writes"), repo, update)
    repo.archived = True
    assert kinds(moved(Asking(hub, token, "writes"), repo, ("refs/autonomy/y", ZEROS, update[2]))) == ["FORBIDDEN"]


def test_what_binds_a_push_binds_a_move_too(hub: Hub, repo: Repo) -> None:
    old = repo.commit({".github/workflows/x.yml": "on: push\n"}, branch="moved")
    token = hub.job_token("acme/site", {"publish": {"contents": "write"}})
    told = moved(Asking(hub, token, "publish"), repo, ("refs/heads/agent/x", ZEROS, old))
    assert "without `workflows` permission" in told["errors"][0]["message"]
    repo.protect("main", required_checks=("tests",))
    new = repo.write_commit(repo.git.commit(repo.head()).tree, [repo.head()], "x", repo.state.by("ada"))
    assert kinds(moved(Asking(hub, hub.token("ada")), repo, ("refs/heads/main", repo.head(), new))) == ["UNPROCESSABLE"]


def test_of_many_who_create_the_same_ref_one_wins(hub: Hub, repo: Repo) -> None:
    token, won = hub.token("ada"), []

    def race(message: str) -> None:
        if "errors" not in moved(Asking(hub, token), repo, ("refs/autonomy/x", ZEROS, oid(repo, message))):
            won.append(message)

    racers = [threading.Thread(target=race, args=(str(number),)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1


def test_a_moved_branch_moves_its_pull_request(repo: Repo, ada: Asking) -> None:
    old = repo.commit({"a": "b"}, branch="agent/x")
    pull = repo.open_pull(head="agent/x", by="ada")
    new = repo.write_commit(repo.git.commit(old).tree, [old], "more", repo.state.by("ada"))
    moved(ada, repo, ("refs/heads/agent/x", old, new))
    assert repo.pull_head(pull) == new
