"""Waits that are told, those who do not keep them, and how much one may make in a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import Fault, Hub, Repo
from hub.asking import Asking as Rest
from hub.test_graphql_rules import NAME, Asking, kinds
from hub.test_hub_fleet_writes import commit, committed


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site", {"README.md": "x\n"})
        made.user("ada", permission={"acme/site": "write"})
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


@pytest.fixture
def ada(hub: Hub) -> Asking:
    return Asking(hub, hub.token("ada", "ghp_ada"))


# --- waits


@pytest.mark.parametrize("kind", ["secondary403_retry", "429_retry", "graphql_secondary"])
def test_who_comes_back_inside_a_wait_is_noted(hub: Hub, ada: Asking, kind: str) -> None:
    hub.faults.add(Fault(kind, retry_after=30))
    ada.post(NAME)
    assert hub.impatient == []
    ada.post(NAME)
    Rest(hub, "ghp_ada").get("/repos/acme/site")
    Asking(hub, hub.token("bob")).post(NAME)
    hub.clock.move(30)
    ada.post(NAME)
    assert [request.line for request in hub.impatient] == ["POST /api/graphql", "GET /repos/acme/site"]
    assert hub.impatient[0].at > hub.journal[0].at > 0


def test_a_wait_may_be_a_fraction_of_a_second(hub: Hub, ada: Asking) -> None:
    hub.faults.add(Fault("429_retry", retry_after=0.25))
    assert ada.post(NAME).headers["Retry-After"] == "0.25"
    hub.clock.move(0.3)
    ada.post(NAME)
    assert hub.impatient == []


def test_an_empty_account_is_a_wait_until_its_reset_of_that_resource_only(hub: Hub, ada: Asking) -> None:
    ada.post(NAME)
    hub.points["ghp_ada"].remaining = 0
    ada.post(NAME)
    assert hub.impatient == []
    Rest(hub, "ghp_ada").get("/repos/acme/site")
    assert hub.impatient == []
    ada.post(NAME)
    assert len(hub.impatient) == 1
    hub.clock.move(3601)
    ada.post(NAME)
    assert len(hub.impatient) == 1


def test_the_last_request_of_an_hour_tells_the_wait(hub: Hub) -> None:
    ask = Rest(hub, hub.token("ada", "ghp_ada"))
    ask.get("/repos/acme/site")
    hub.rate("ghp_ada").remaining = 1
    assert ask.get("/repos/acme/site").status_code == 200
    ask.get("/rate_limit")
    assert hub.impatient == []
    assert ask.get("/repos/acme/site").status_code == 403
    assert len(hub.impatient) == 1


# --- faults of GraphQL


def test_a_secondary_limit_may_come_inside_a_good_answer(hub: Hub, ada: Asking) -> None:
    hub.faults.add(Fault("graphql_secondary", retry_after=2), Fault("graphql_secondary", nth=2, retry_after=0))
    Rest(hub, "ghp_ada").get("/repos/acme/site")
    told, silent = ada.post(NAME), ada.post(NAME)
    assert (told.status_code, told.headers["Retry-After"], "data" in told.json()) == (200, "2", False)
    assert "secondary rate limit" in told.json()["errors"][0]["message"]
    assert (silent.status_code, "Retry-After" in silent.headers) == (200, False)
    assert hub.faults.left == []


def test_somebody_may_be_faster_once(hub: Hub, repo: Repo, ada: Asking) -> None:
    hub.faults.add(Fault("stale_head"))
    assert "errors" not in ada(NAME)
    asked = commit(repo, {"a": "a"})
    assert kinds(committed(ada, asked)) == ["STALE_DATA"]
    assert "errors" not in committed(ada, asked)
    assert hub.faults.left == []


# --- content


def test_more_content_than_a_minute_takes_is_refused(hub: Hub, repo: Repo, ada: Asking) -> None:
    hub.content_limit = (2, 3)
    ask = Rest(hub, "ghp_ada")
    assert ask.post("/repos/acme/site/labels", {"name": "a", "color": "ededed"}).status_code == 201
    assert "errors" not in committed(ada, commit(repo, {"a": "a"}))
    refused = ask.post("/repos/acme/site/labels", {"name": "b", "color": "ededed"})
    assert (refused.status_code, 50 < int(refused.headers["Retry-After"]) <= 60) == (403, True)
    assert "secondary rate limit" in refused.json()["message"]
    # Reading, deleting and others go on.
    assert ask.get("/repos/acme/site").status_code == 200
    assert ask.delete("/repos/acme/site/labels/a").status_code == 204
    hub.clock.move(60)
    assert "errors" not in committed(ada, commit(repo, {"a": "b"}))
    hub.clock.move(60)
    refused = ask.post("/repos/acme/site/labels", {"name": "b", "color": "ededed"})
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 3000) == (403, True)
    hub.clock.move(3600)
    assert ask.post("/repos/acme/site/labels", {"name": "b", "color": "ededed"}).status_code == 201
    assert list(repo.labels) == ["b"]


def test_a_request_with_many_mutations_counts_once(hub: Hub, repo: Repo, ada: Asking) -> None:
    hub.content_limit = (1, 500)
    one = 'createLabel(input: {{repositoryId: "{}", name: "{}", color: "ededed"}}) {{ label {{ id }} }}'
    many = " ".join(f"m{number}: {one.format(repo.node_id, number)}" for number in range(20))
    assert "errors" not in ada(f"mutation {{ {many} }}")
    assert len(repo.labels) == 20
    assert ada.post(f"mutation {{ {many} }}").status_code == 403
