"""Many repositories: read by pages, each written by one request, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autonomy_pack.edges.github.fleet import Fleet
from autonomy_pack.edges.github.pace import Pace
from autonomy_pack.edges.github.pushing import Stale
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.targets import BRANCH, PLAN, Push, Target, object_id
from hub import Fault, Hub, Repo

HASH = "7" * 64
GRAPHQL = "POST /api/graphql"


@pytest.fixture
def site(hub: Hub) -> Repo:
    hub.user("ada")
    made = hub.repo("acme/site", {"README.md": "x", "Makefile": "all:\n", ".github/autonomy/agents/claude.md": "hi\n"})
    made.permit("ada", "write")
    return made


@pytest.fixture
def fleet(hub: Hub, site: Repo) -> Iterator[Fleet]:
    made = open_fleet(hub)
    yield made
    made.close()


def open_fleet(hub: Hub, token: str = "") -> Fleet:
    pace = Pace(0.0, 10_000, 10_000)
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    return Fleet("acme", token=token or hub.token("ada"), pace=pace, reserve=0, patience=0.5, **urls)


def first(fleet: Fleet, **ways: bool) -> Target:
    return next(iter(fleet.targets(**ways)))


def proposal(target: Target, **more: object) -> Push:
    made = Push(
        target=target,
        branch=BRANCH,
        at=target.tip or target.head,
        was=target.tip,
        texts={".github/autonomy.yml": "version: 1\n"},
        gone=("Makefile",),
        headline="Install",
        message=f"Why.\n\n{PLAN}: {HASH}",
        title="Install the pack",
        body="Look.",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_page_tells_what_a_plan_needs(fleet: Fleet, site: Repo) -> None:
    site.topics.append("python")
    target = first(fleet, labels=True, runs=True)
    assert (target.name, target.branch, target.head, target.permission) == ("acme/site", "main", site.head(), "write")
    assert target.blobs == {
        "README.md": object_id("x"),
        "Makefile": object_id("all:\n"),
        ".github/autonomy/agents/claude.md": object_id("hi\n"),
    }
    assert (target.topics, target.lock, target.tip, target.proposal) == (("python",), None, "", None)
    assert target.labels == {}
    assert target.runs is not None
    assert target.runs.finished == 0


def test_pages_follow_each_other(hub: Hub, fleet: Fleet) -> None:
    for number in range(4):
        hub.repo(f"acme/r{number}")
    fleet._size = 2
    assert [one.name for one in fleet.targets()] == ["acme/site", *(f"acme/r{number}" for number in range(4))]
    assert fleet.requests == 3


def test_a_page_that_github_cannot_answer_is_halved(hub: Hub, fleet: Fleet) -> None:
    hub.faults.add(Fault("graphql_error", GRAPHQL, times=5))
    assert first(fleet).name == "acme/site"
    assert fleet._size == 50


def test_texts_come_by_their_ids(fleet: Fleet) -> None:
    target = first(fleet)
    assert fleet.texts({target.id: target.blobs.values()}) == {
        object_id("x"): "x", object_id("all:\n"): "all:\n", object_id("hi\n"): "hi\n",
    }  # fmt: skip


def test_a_file_in_another_encoding_is_no_text(fleet: Fleet, site: Repo) -> None:
    site.commit({"Makefile": "all:\n\techo caf\xe9\n".encode("latin-1")})
    target = first(fleet)
    assert fleet.texts({target.id: [target.blobs["Makefile"]]}) == {target.blobs["Makefile"]: None}


def test_a_proposal_is_one_request(hub: Hub, fleet: Fleet, site: Repo) -> None:
    target = first(fleet)
    done = fleet.push(proposal(target))
    assert len(hub.requests(writes=True)) == 1
    (pull,) = site.pulls
    assert (pull.title, pull.pull and pull.pull.head, done.url) == (
        "Install the pack",
        BRANCH,
        f"{hub.server_url}/acme/site/pull/1",
    )
    assert site.file(".github/autonomy.yml", BRANCH) == "version: 1\n"
    assert site.file("Makefile", BRANCH) is None
    assert site.file("Makefile") == "all:\n"
    now = first(fleet)
    assert (now.tip, now.plan) == (done.commit, HASH)
    assert now.proposal is not None
    assert now.proposal.state == "open"


@pytest.mark.parametrize("kind", ["die_after", "cut_body", "500", "die_before", "html502", "secondary403_retry"])
def test_a_lost_answer_makes_nothing_twice(hub: Hub, fleet: Fleet, site: Repo, kind: str) -> None:
    push = proposal(first(fleet))
    hub.faults.add(Fault(kind, GRAPHQL, retry_after=0))
    done = fleet.push(push)
    assert len(site.pulls) == 1
    assert done.url.endswith("/pull/1")
    assert site.git.log(f"main..{BRANCH}") == [done.commit]


def test_an_open_proposal_is_brought_up_to_date(fleet: Fleet, site: Repo) -> None:
    fleet.push(proposal(first(fleet)))
    now = first(fleet)
    assert now.proposal is not None
    more = proposal(now, texts={"b": "2\n"}, gone=(), title="Update", proposal=now.proposal.id, draft=True)
    done = fleet.push(more)
    (pull,) = site.pulls
    assert (pull.title, done.url) == ("Update", now.proposal.url)
    assert pull.pull is not None
    assert pull.pull.draft


def test_a_branch_that_moved_is_told(fleet: Fleet, site: Repo) -> None:
    target = first(fleet)
    site.commit({"c": "3"})
    with pytest.raises(Stale):
        fleet.push(proposal(target, branch="", was=target.head, title=""))


def test_a_pull_request_from_a_fork_is_not_ours(hub: Hub, fleet: Fleet, site: Repo) -> None:
    hub.user("eve")
    site.branch(BRANCH, site.head())
    made = site.open_pull(head=BRANCH, base="main", title="t", body="b", by="eve")
    assert made.pull is not None
    made.pull.head_repo = "eve/site"
    assert first(fleet).proposal is None


def test_strangers_cannot_crowd_our_pull_request_out(hub: Hub, fleet: Fleet, site: Repo) -> None:
    hub.user("eve")
    done = fleet.push(proposal(first(fleet)))
    for name in ("x1", "x2", "x3", "x4"):
        site.branch(name, site.head())
        made = site.open_pull(head=name, base="main", title="t", body="b", by="eve")
        assert made.pull is not None
        made.pull.head, made.pull.head_repo = BRANCH, "eve/site"
    now = first(fleet)
    assert now.proposal is not None
    assert now.proposal.url == done.url


def test_who_may_not_write_is_told(hub: Hub, site: Repo) -> None:
    hub.user("eve")
    fleet = open_fleet(hub, hub.token("eve"))
    with pytest.raises(WorldError, match="acme/site"):
        fleet.push(proposal(first(fleet)))


def test_no_owner_is_a_mistake(hub: Hub) -> None:
    hub.user("ada")
    urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
    with pytest.raises(UsageError):
        next(Fleet("nobody", token=hub.token("ada"), **urls).targets())
    with pytest.raises(UsageError):
        Fleet("a/b", token="x", **urls)
    with pytest.raises(UsageError, match="not sent"):
        Fleet("acme", token="x", api_url="http://example.org", graphql_url="http://example.org", server_url="")


def test_the_pace_keeps_both_windows() -> None:
    pace = Pace(1.0, per_minute=2, per_hour=3)
    pace._at.extend([0.0, 10.0])
    assert pace.wait(20.0) == 40.0
    pace._at.append(70.0)
    assert pace.wait(140.0) == 3460.0


def test_the_pace_falls_at_a_refusal_and_rises_again() -> None:
    pace = Pace(1.0)
    pace.refused()
    pace.refused()
    assert pace._gap == 4.0
    for _ in range(200):
        pace.went_well()
    assert pace._gap == 1.0


def test_a_thousand_proposals_take_about_two_hours() -> None:
    assert Pace().least(1) == 0
    assert 7200 <= Pace().least(1000) <= 7300
    assert Pace(0.0, 10**6, 10**6).least(1000) < 1


@pytest.mark.parametrize("kind", ["", "die_after", "500"])
def test_a_branch_that_was_left_behind_is_begun_anew(hub: Hub, fleet: Fleet, site: Repo, kind: str) -> None:
    fleet.push(proposal(first(fleet)))
    site.close(1, "ada")
    site.commit({"later": "1"})
    now = first(fleet)
    hub.faults.add(*([Fault(kind, GRAPHQL)] if kind else []))
    fleet.push(proposal(now, at=now.head, was=now.tip, texts={"b": "2\n"}, gone=(), message=f"{PLAN}: {'8' * 64}"))
    assert [pull.state for pull in site.pulls] == ["closed", "open"]
    assert len(site.git.log(f"main..{BRANCH}")) == 1
    assert site.file("later", BRANCH) == "1"


def test_writes_go_one_by_one_as_the_pace_says(hub: Hub, fleet: Fleet) -> None:
    hub.repo("acme/other").permit("ada", "write")
    fleet.pace = Pace(0.25)
    for target in list(fleet.targets()):
        fleet.push(proposal(target, gone=()))
    first_write, second_write = (request.at for request in hub.requests(writes=True))
    assert second_write - first_write >= 0.2
