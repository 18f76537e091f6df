"""Every kind of fault, what of the write it leaves behind, and barriers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from hub import KINDS, Fault, Hub, Repo
from hub.asking import Asking

SITE = "/repos/acme/site"
COMMENTS = f"{SITE}/issues/1/comments"
ANSWERED = {
    "500": 500, "html502": 502, "secondary403": 403, "secondary403_retry": 403, "429": 429, "429_retry": 429,
    "409": 409, "422": 422, "expired": 401,
}  # fmt: skip
SILENT = {"die_before": False, "die_after": True, "cut_body": True}


@pytest.fixture
def ask(hub: Hub, repo: Repo) -> Asking:
    repo.issue("T")
    return Asking(hub, hub.token("ada"))


def test_every_kind_is_tried_here() -> None:
    inside = {"graphql_limit", "graphql_error", "graphql_partial", "graphql_secondary", "stale_head"}
    assert {*ANSWERED, *SILENT, "timeout", "stale_read", *inside} == KINDS


@pytest.mark.parametrize("kind", sorted(ANSWERED))
def test_an_answered_fault_leaves_nothing_behind_and_strikes_once(hub: Hub, repo: Repo, ask: Asking, kind: str) -> None:
    hub.faults.add(Fault(kind, "POST .*/comments"))
    assert ask.get(f"{SITE}/issues/1").status_code == 200
    struck = ask.post(COMMENTS, {"body": "hi"})
    assert struck.status_code == ANSWERED[kind]
    assert ("Retry-After" in struck.headers) == kind.endswith("_retry")
    assert struck.headers["Content-Type"].startswith("text/html" if kind == "html502" else "application/json")
    assert repo.comments(1) == []
    assert hub.journal[-1].fault == kind
    assert ask.post(COMMENTS, {"body": "hi"}).status_code == (401 if kind == "expired" else 201)
    assert hub.faults.left == []
    assert hub.violations == []


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_a_broken_connection_may_hide_a_write_that_was_done(hub: Hub, repo: Repo, ask: Asking, kind: str) -> None:
    hub.faults.add(Fault(kind, "POST .*/comments"))
    with pytest.raises(requests.RequestException):
        ask.post(COMMENTS, {"body": "hi"})
    assert len(repo.comments(1)) == SILENT[kind]
    assert ask.get(COMMENTS).status_code == 200


def test_a_time_out_says_nothing_for_as_long_as_the_client_waits(hub: Hub, repo: Repo) -> None:
    repo.issue("T")
    hub.faults.add(Fault("timeout"))
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{hub.api_url}{SITE}", timeout=0.2)
    assert hub.journal[-1].status == 0


def test_a_stale_read_tells_what_was_true_before(hub: Hub, repo: Repo, ask: Asking) -> None:
    assert ask.get(COMMENTS).json() == []
    ask.post(COMMENTS, {"body": "hi"})
    hub.faults.add(Fault("stale_read", "GET .*/comments"))
    assert ask.get(COMMENTS).json() == []
    assert [row["body"] for row in ask.get(COMMENTS).json()] == ["hi"]


def test_faults_count_the_requests_they_match_and_come_in_a_row(hub: Hub, repo: Repo, ask: Asking) -> None:
    hub.faults.add(Fault("500", f"GET {SITE}$", nth=2, times=2))
    assert [ask.get(SITE).status_code for _ in range(4)] == [200, 500, 500, 200]
    with pytest.raises(ValueError, match="unknown kind"):
        Fault("earthquake")


def test_git_is_struck_as_well(hub: Hub, repo: Repo) -> None:
    hub.faults.add(Fault("html502", "GET .*info/refs"))
    open_one = hub.repo("acme/open")
    url = f"{hub.server_url}/acme/open.git/info/refs?service=git-upload-pack"
    assert [requests.get(url, timeout=30).status_code for _ in range(2)] == [502, 200]
    assert open_one.head().encode() in requests.get(url, timeout=30).content


def test_a_barrier_holds_one_request_until_the_test_lets_it_pass(hub: Hub, repo: Repo, ask: Asking) -> None:
    barrier = hub.hold("POST .*/comments")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask.post, COMMENTS, {"body": "hi"})
        assert barrier.reached()
        assert repo.comments(1) == []
        repo.label(1, "autonomy:stop", "root")
        barrier.release()
        assert asked.result().status_code == 201
    assert [comment.created > repo.issues[1].events[0].at for comment in repo.comments(1)] == [True]
    assert not hub.hold("POST .*/none").reached(timeout=0.01)


def test_a_hub_ends_although_somebody_waits_at_a_barrier() -> None:
    with Hub() as hub:
        hub.repo("acme/site")
        barrier = hub.hold("GET")
        asking = threading.Thread(target=Asking(hub).get, args=(SITE,), daemon=True)
        asking.start()
        assert barrier.reached()
    asking.join(10)
    assert not asking.is_alive()


def test_faults_and_barriers_can_be_for_one_job_only(hub: Hub, repo: Repo) -> None:
    token = hub.job_token("acme/site", {"run": {"contents": "read"}, "publish": {"contents": "read"}})
    run, publish = Asking(hub, token, "run"), Asking(hub, token, "publish")
    hub.faults.add(Fault("500", job="publish"))
    barrier = hub.hold("GET", job="publish")
    barrier.release()
    assert [ask.get(SITE).status_code for ask in (run, publish, publish)] == [200, 500, 200]
    assert barrier.reached(timeout=0)


def test_a_stale_read_of_graphql_tells_what_was_true_before_too(hub: Hub, repo: Repo) -> None:
    repo.issue("T")
    body = {"query": '{repository(owner: "acme", name: "site") {issue(number: 1) {title}}}'}
    headers = {"Authorization": f"Bearer {hub.token('ada')}"}

    def title() -> str:
        found = requests.post(hub.graphql_url, json=body, headers=headers, timeout=30).json()
        return str(found["data"]["repository"]["issue"]["title"])

    assert title() == "T"
    repo.edit(1, "ada", title="New")
    hub.faults.add(Fault("stale_read", "graphql"))
    assert [title(), title()] == ["T", "New"]
