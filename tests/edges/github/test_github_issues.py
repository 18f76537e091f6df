"""Issues as GitHub has them: everything that decides who may steer, in a number of requests that can be counted."""

from __future__ import annotations

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.errors import WorldError
from hub import Fault, Hub, Repo

BRANCH = "agent/planner/1-12345678-x"


def test_an_issue_is_read_whole(hub: Hub, repo: Repo, github: GitHub) -> None:
    made = repo.issue(
        "Rename", "old → new", author="eve", labels=[("priority:high", "ada"), ("lane:docs", "ada")],
        at="2026-01-02T03:04:05Z",
    )  # fmt: skip
    repo.edit(1, "eve", body="old → newer")
    repo.edit(1, "eve", title="Rename it")
    (one,) = github.issues()
    assert (one.id, one.title, one.body, one.state) == ("1", "Rename it", "old → newer", "open")
    assert (one.author, one.author_id) == ("eve", hub.user("eve").id)
    assert one.labels == ("priority:high", "lane:docs")
    assert one.created == "2026-01-02T03:04:05.000000Z"
    assert one.node == made.node_id
    by = {labeling.label: labeling for labeling in one.labelings or ()}
    assert {name: (event.actor, event.actor_id) for name, event in by.items()} == {
        "priority:high": ("ada", hub.user("ada").id),
        "lane:docs": ("ada", hub.user("ada").id),
    }
    renamed = made.events[-1].at
    assert one.edited == f"{renamed[:19]}.000000Z"
    assert one.edited > by["priority:high"].at


def test_the_newest_event_of_a_label_counts(repo: Repo, github: GitHub) -> None:
    repo.issue(labels=[("priority:high", "ada")])
    repo.unlabel(1, "priority:high", "ada")
    newest = repo.label(1, "priority:high", "eve")
    assert newest is not None
    (one,) = github.issues()
    (labeling,) = one.labelings or ()
    assert labeling.actor == "eve"
    exact = github.issue("1")
    assert exact is not None
    assert [(event.actor, event.event) for event in exact.labelings or ()] == [("eve", str(newest.id))]


def test_a_label_event_of_an_app_names_it(hub: Hub, repo: Repo, github: GitHub) -> None:
    hub.app("labeler")
    repo.issue(labels=[("priority:high", "labeler[bot]")])
    bulk, exact = github.issues()[0], github.issue("1")
    assert exact is not None
    assert (bulk.labelings or ())[0].actor.endswith("[bot]")
    assert (exact.labelings or ())[0].actor == (bulk.labelings or ())[0].actor


def test_pull_requests_are_linked_and_are_no_issues(repo: Repo, github: GitHub) -> None:
    repo.issue()
    repo.commit({"a": "b"}, branch=BRANCH, by="ada")
    pull = repo.open_pull(head=BRANCH, by="ada", body="Closes #1")
    issues = github.issues()
    assert [one.id for one in issues] == ["1"]
    (linked,) = issues[0].pulls
    assert (linked.number, linked.branch, linked.head, linked.state) == (pull.number, BRANCH, repo.head(BRANCH), "open")
    assert linked.same_repository


def test_what_is_gone_moved_or_a_pull_request_is_no_issue(hub: Hub, repo: Repo, github: GitHub) -> None:
    for _ in range(3):
        repo.issue()
    repo.commit({"a": "b"}, branch=BRANCH)
    repo.open_pull(head=BRANCH)
    repo.delete_issue(2)
    repo.transfer(3, hub.repo("acme/other"))
    assert [one.id for one in github.fresh(["1", "2", "3", "4", "99", "x"])] == ["1"]
    assert [github.issue(number) for number in ("2", "3", "4", "99")] == [None] * 4


def test_an_issue_that_goes_away_between_two_reads_is_none(repo: Repo, github: GitHub) -> None:
    repo.issue(labels=[("priority:high", "ada")])
    (one,) = github.issues()
    repo.delete_issue(1)
    assert github.with_events(one) is None


def test_closed_issues_are_not_listed(repo: Repo, github: GitHub) -> None:
    repo.issue()
    repo.issue(state="closed")
    assert [one.id for one in github.issues()] == ["1"]


@pytest.mark.parametrize("name", ["a, b", "🚀 ship it", "ü/ß?#%", "x" * 50])
def test_a_label_of_any_name_is_read_put_on_and_taken_off(repo: Repo, github: GitHub, name: str) -> None:
    repo.make_label(name)
    repo.issue()
    github.label(1, [name])
    assert github.issues()[0].labels == (name,)
    github.label(1, [], [name])
    assert repo.issues[1].labels == []


def test_a_body_of_the_greatest_length_is_read_whole(repo: Repo, github: GitHub) -> None:
    repo.issue(body="ü" * 65_536)
    assert github.issues()[0].body == "ü" * 65_536


def test_an_empty_body_is_empty_text(repo: Repo, github: GitHub) -> None:
    repo.issue(body=None)
    assert github.issues()[0].body == ""


def test_only_an_issue_that_has_more_costs_more(repo: Repo, github: GitHub) -> None:
    repo.issue(labels=[("priority:high", "ada")])
    for _ in range(130):
        repo.label(1, "noise", "eve")
        repo.unlabel(1, "noise", "eve")
    repo.issue(labels=[("priority:low", "ada")])
    first, second = github.issues()
    assert [one.label for one in first.labelings or ()] == ["priority:high"]
    assert [one.label for one in second.labelings or ()] == ["priority:low"]
    assert github.requests == 2
    exact = github.issue("1")
    assert exact is not None
    assert [one.label for one in exact.labelings or ()] == ["priority:high"]


def test_renames_without_end_cost_no_request(repo: Repo, github: GitHub) -> None:
    repo.issue(author="eve", labels=[("priority:high", "ada")])
    for number in range(120):
        repo.edit(1, "eve", title=f"T {number}")
    (one,) = github.issues()
    assert (github.requests, one.labelings) == (1, ())
    repo.unlabel(1, "priority:high", "ada")
    repo.label(1, "priority:high", "ada")
    (one,) = github.issues()
    assert (github.requests, [event.actor for event in one.labelings or ()]) == (2, ["ada"])


def test_an_issue_without_a_priority_label_costs_no_request_of_its_own(repo: Repo, github: GitHub) -> None:
    repo.issue(author="eve", labels=[("bug", "ada")])
    for _ in range(60):
        repo.label(1, "noise", "ada")
        repo.unlabel(1, "noise", "ada")
    repo.label(1, "mission:fix", "ada")
    for _ in range(60):
        repo.label(1, "noise", "ada")
        repo.unlabel(1, "noise", "ada")
    github.issues()
    assert github.requests == 1


def test_a_thousand_issues_are_read_in_ten_requests(hub: Hub, repo: Repo, client) -> None:
    for number in range(1000):
        repo.issue(f"Issue {number}", labels=[("priority:high", "ada")])
    github = client(patience=10.0)
    github.look()
    issues = github.issues()
    assert len(issues) == 1000
    assert all(one.labelings for one in issues)
    assert github.requests <= 11
    github.fresh([one.id for one in issues[:3]])
    before = github.requests
    for one in issues[:3]:
        assert github.with_events(one)
    assert github.requests - before == 3


def test_nothing_changed_costs_one_request(repo: Repo, github: GitHub) -> None:
    repo.issue()
    before = github.look()
    assert github.look() == before
    assert github.requests == 2
    repo.comment(1, "something", "eve")
    assert github.look() != before


def test_ten_thousand_labels_cost_nothing_where_they_are_not_asked_for(repo: Repo, github: GitHub) -> None:
    for number in range(10_000):
        repo.make_label(f"label {number}")
    repo.issue()
    github.label(1, ["label 9999"])
    assert github.requests == 2


def test_a_host_without_graphql_is_read_by_rest(hub: Hub, repo: Repo, client) -> None:
    repo.commit({".github/autonomy.yml": "mode: supervised\n", ".agent-workspace/STOP": ""})
    repo.issue("T", "B", author="eve", labels=[("priority:high", "ada")])
    repo.commit({"a": "b"}, branch=BRANCH)
    repo.open_pull(head=BRANCH)
    hub.has_graphql = False
    github = client()
    look = github.look()
    assert (look.default_branch, look.head, look.stop) == ("main", repo.head(), True)
    assert look.files == {".github/autonomy.yml": "mode: supervised\n"}
    (one,) = github.issues()
    assert (one.id, one.labels, one.edited) == ("1", ("priority:high",), "")
    assert [event.actor for event in one.labelings or ()] == ["ada"]
    repo.edit(1, "eve", body="something else")
    exact = github.issue("1")
    assert exact is not None
    assert exact.edited > (exact.labelings or ())[0].at


def test_permissions_belong_to_accounts_not_to_names(hub: Hub, repo: Repo, client) -> None:
    ada = hub.user("ada").id
    github = client()
    assert github.permission("ada") == "write"
    assert github.permission("ADA") == "write"
    assert github.requests == 1
    assert github.permission("eve") == "read"
    assert github.permission("nobody") == "none"
    assert github.permission("") == "none"
    assert github.permission_of(ada, "ada") == "write"
    assert github.permission_of(ada + 1, "ada") == "none"
    assert github.permission_of(0, "ada") == "none"
    hub.user("grace", permission={"acme/site": "write"})
    hub.delete_user("ada")
    hub.user("ada", permission={"acme/site": "admin"})
    assert client(token=hub.token("grace")).permission_of(ada, "ada") == "none"


@pytest.mark.parametrize("level", ["admin", "maintain", "write", "triage", "read"])
def test_every_level_is_told_apart(hub: Hub, repo: Repo, github: GitHub, level: str) -> None:
    hub.user("grace", permission={"acme/site": level})
    assert github.permission("grace") == level


def test_a_look_tells_all_that_governs(hub: Hub, repo: Repo, github: GitHub) -> None:
    repo.commit({
        ".github/autonomy.yml": "mode: supervised\n", ".github/autonomy/missions/a/b.yml": "goal: ü\n",
        ".github/other.yml": "x", ".agent-workspace/STOP": "",
    })  # fmt: skip
    repo.issue(at="2026-01-02T03:04:05Z")
    github.create_ref("refs/autonomy/state", "digest of the last look\n", "2026-01-01T00:00:00.000000Z")
    look = github.look()
    assert (look.default_branch, look.head) == ("main", repo.head())
    assert look.files == {
        ".github/autonomy.yml": "mode: supervised\n",
        ".github/autonomy/missions/a/b.yml": "goal: ü\n",
    }
    assert look.stop
    assert look.open_count == 1
    assert look.updated == "2026-01-02T03:04:05.000000Z"
    assert look.state.strip() == "digest of the last look"
    assert (look.archived, look.fork, look.private, look.viewer) == (False, False, False, "write")


def test_a_policy_that_cannot_be_read_whole_is_none(repo: Repo, github: GitHub) -> None:
    repo.commit({".github/autonomy.yml": b"\xff\x00binary"})
    with pytest.raises(WorldError, match="cannot be read as text"):
        github.look()
    repo.commit({".github/autonomy.yml": None, ".github/autonomy/a/b/c/d.yml": "x"})
    with pytest.raises(WorldError, match="nested too deep"):
        github.look()


def test_a_query_too_big_for_github_is_asked_in_smaller_parts(hub: Hub, repo: Repo, github: GitHub) -> None:
    for _ in range(60):
        repo.issue()
    hub.faults.add(Fault("html502", "graphql", times=5))
    assert len(github.issues()) == 60


def test_a_label_that_was_put_on_by_a_deleted_account_has_no_actor(hub: Hub, repo: Repo, github: GitHub) -> None:
    hub.user("gone", permission={"acme/site": "write"})
    repo.issue(labels=[("priority:high", "gone")])
    hub.delete_user("gone")
    exact = github.issue("1")
    assert exact is not None
    assert all(github.permission_of(event.actor_id, event.actor) == "none" for event in exact.labelings or ())
