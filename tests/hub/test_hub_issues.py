"""Issues, their labels with actors and Apps, their edits, comments, and where they went."""

from __future__ import annotations

import pytest

from hub import Hub, Repo
from hub.asking import Asking

SITE = "/repos/acme/site"


@pytest.fixture
def ask(hub: Hub, repo: Repo) -> Asking:
    return Asking(hub, hub.token("ada"))


def test_each_label_has_its_event_with_actor_app_and_its_own_later_time(hub: Hub, repo: Repo, ask: Asking) -> None:
    hub.clock.set("2026-01-02T03:04:05Z")
    issue = repo.issue("T", author="eve", labels=[("priority:high", "ada"), ("mission:docs", "deployer[bot]")])
    job = Asking(hub, hub.job_token("acme/site", {"select": {"issues": "write"}}), "select")
    job.post(f"{SITE}/issues/{issue.number}/labels", {"labels": ["status:agent-assigned"]})
    rows = ask.get(f"{SITE}/issues/{issue.number}/events").json()
    told = [
        (row["label"]["name"], row["actor"]["login"], (row["performed_via_github_app"] or {}).get("slug"))
        for row in rows
    ]
    assert told == [
        ("priority:high", "ada", None),
        ("mission:docs", "deployer[bot]", "deployer"),
        ("status:agent-assigned", "github-actions[bot]", "github-actions"),
    ]
    assert [row["created_at"] for row in rows] == [
        "2026-01-02T03:04:06Z",
        "2026-01-02T03:04:07Z",
        "2026-01-02T03:04:08Z",
    ]
    assert len({row["id"] for row in rows}) == 3
    assert min(row["id"] for row in rows) > 2**32
    assert rows[2]["actor"]["id"] == 41898282
    assert hub.violations == []


def test_a_label_put_on_twice_is_one_event_and_put_on_again_another(hub: Hub, repo: Repo, ask: Asking) -> None:
    number = repo.issue(labels=[("bug", "ada")]).number
    ask.post(f"{SITE}/issues/{number}/labels", {"labels": ["BUG"]})
    assert ask.delete(f"{SITE}/issues/{number}/labels/bug").json() == []
    assert ask.delete(f"{SITE}/issues/{number}/labels/bug").status_code == 404
    ask.post(f"{SITE}/issues/{number}/labels", {"labels": ["bug"]})
    events = [event.kind for event in repo.issues[number].events]
    assert events == ["labeled", "unlabeled", "labeled"]
    assert hub.violations == []


def test_labels_match_in_any_case_and_are_refused_twice(hub: Hub, repo: Repo, ask: Asking) -> None:
    assert ask.post(f"{SITE}/labels", {"name": "a, b 🎉", "color": "ff0000"}).status_code == 201
    again = ask.post(f"{SITE}/labels", {"name": "A, B 🎉", "color": "ff0000"})
    assert again.json()["errors"] == [{"resource": "Label", "code": "already_exists", "field": "name"}]
    assert ask.post(f"{SITE}/labels", {"name": "x" * 51, "color": "ff0000"}).status_code == 422
    assert ask.post(f"{SITE}/labels", {"name": "y", "color": "#ff0000"}).status_code == 422
    assert ask.get(f"{SITE}/labels/a%2C%20B%20%F0%9F%8E%89").json()["name"] == "a, b 🎉"
    assert ask.patch(f"{SITE}/labels/a%2C%20b%20%F0%9F%8E%89", {"new_name": "c"}).json()["name"] == "c"
    assert ask.delete(f"{SITE}/labels/C").status_code == 204
    assert repo.labels == {}
    assert hub.violations == []


def test_pages_link_by_the_number_of_the_repository(hub: Hub, repo: Repo, ask: Asking) -> None:
    for number in range(250):
        repo.make_label(f"l{number}")
    first = ask.get(f"{SITE}/labels?per_page=100")
    assert f'<{hub.api_url}/repositories/{repo.id}/labels?per_page=100&page=2>; rel="next"' in first.headers["Link"]
    last = ask.get(first.links["last"]["url"].removeprefix(hub.api_url))
    assert (len(first.json()), len(last.json())) == (100, 50)
    assert "next" not in last.links
    assert len(ask.get(f"{SITE}/labels").json()) == 30
    assert hub.violations == []


def test_a_new_title_is_an_event_and_a_new_body_an_edit(hub: Hub, repo: Repo, ask: Asking) -> None:
    issue = repo.issue("Old", "old", author="eve")
    assert issue.edited == ""
    ask.patch(f"{SITE}/issues/{issue.number}", {"title": "New", "body": "new"})
    (row,) = ask.get(f"{SITE}/issues/{issue.number}/events").json()
    assert (row["event"], row["rename"], row["actor"]["login"]) == ("renamed", {"from": "Old", "to": "New"}, "ada")
    assert issue.edited > row["created_at"]
    assert ask.get(f"{SITE}/issues/{issue.number}").json()["updated_at"] == issue.edited
    assert hub.violations == []


def test_the_issue_list_filters_and_shows_pull_requests_among_issues(hub: Hub, repo: Repo, ask: Asking) -> None:
    repo.issue("One", labels=[("bug", "ada"), ("p", "ada")])
    repo.issue("Two", labels=[("bug", "ada")])
    repo.close(2, "ada")
    repo.commit({"n.txt": "n"}, branch="x")
    repo.open_pull(head="x", title="Three", body="Closes #1", by="ada")

    def titles(query: str = "") -> list[str]:
        return [row["title"] for row in ask.get(f"{SITE}/issues?{query}").json()]

    assert titles() == ["Three", "One"]
    assert titles("state=all&direction=asc") == ["One", "Two", "Three"]
    assert titles("labels=BUG,p") == ["One"]
    assert titles("state=closed&labels=bug") == ["Two"]
    assert "pull_request" in ask.get(f"{SITE}/issues/3").json()
    assert [row["event"] for row in ask.get(f"{SITE}/issues/1/timeline").json()] == [
        "labeled",
        "labeled",
        "cross-referenced",
    ]
    assert hub.violations == []


def test_an_edited_comment_shows_it_and_a_stranger_cannot_edit_another_ones(hub: Hub, repo: Repo, ask: Asking) -> None:
    number = repo.issue().number
    repo.permit("eve", "read")
    made = ask.post(f"{SITE}/issues/{number}/comments", {"body": "one"}).json()
    assert Asking(hub, hub.token("eve")).patch(f"{SITE}/issues/comments/{made['id']}", {"body": "x"}).status_code == 403
    changed = ask.patch(f"{SITE}/issues/comments/{made['id']}", {"body": "two"}).json()
    assert changed["updated_at"] > changed["created_at"]
    assert repo.comments(number)[0].edited == changed["updated_at"]
    assert ask.delete(f"{SITE}/issues/comments/{made['id']}").status_code == 204
    assert ask.get(f"{SITE}/issues/comments/{made['id']}").status_code == 404
    assert hub.violations == []


def test_bodies_end_at_65536_characters(hub: Hub, repo: Repo, ask: Asking) -> None:
    assert ask.post(f"{SITE}/issues", {"title": "x", "body": "x" * 65536}).status_code == 201
    assert ask.post(f"{SITE}/issues", {"title": "x", "body": "x" * 65537}).status_code == 422
    assert ask.post(f"{SITE}/issues/1/comments", {"body": "x" * 65537}).status_code == 422
    assert hub.violations == []


def test_a_deleted_issue_is_gone_a_transferred_one_elsewhere_and_a_renamed_repository_too(
    hub: Hub, repo: Repo, ask: Asking
) -> None:
    other = hub.repo("acme/other")
    one, two = repo.issue("One"), repo.issue("Two")
    repo.delete_issue(one.number)
    repo.transfer(two.number, other)
    assert ask.get(f"{SITE}/issues/1").status_code == 410
    moved = ask.get(f"{SITE}/issues/2")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{hub.api_url}/repositories/{other.id}/issues/1")
    assert ask.get(f"/repositories/{other.id}/issues/1").json()["title"] == "Two"
    assert ask.get(f"{SITE}/issues/9").status_code == 404
    hub.rename("acme/site", "acme/new")
    gone = ask.get(f"{SITE}/issues")
    assert (gone.status_code, gone.json()["url"]) == (301, f"{hub.api_url}/repositories/{repo.id}/issues")
    assert ask.post(f"{SITE}/issues", {"title": "x"}).status_code == 307
    assert ask.get("/repos/acme/new").json()["full_name"] == "acme/new"
    assert hub.violations == []


def test_one_event_can_be_read_by_its_id(hub: Hub, repo: Repo, ask: Asking) -> None:
    event = repo.issue(labels=[("bug", "ada")]).events[0]
    shown = ask.get(f"{SITE}/issues/events/{event.id}").json()
    assert (shown["event"], shown["label"]["name"], shown["issue"]["number"]) == ("labeled", "bug", 1)
    assert ask.get(f"{SITE}/issues/events/1").status_code == 404
    assert hub.violations == []
