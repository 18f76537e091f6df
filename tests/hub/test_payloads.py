"""Payloads of events are what GitHub would send of what the hub holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import Hub, Repo, payloads


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.repo("acme/site", private=True)
        made.user("ada", permission={"acme/site": "write"})
        yield made
        assert (made.violations, made.journal) == ([], [])


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.repos["acme/site"]


def test_any_event_has_its_repository_and_sender(hub: Hub, repo: Repo) -> None:
    told = payloads.any_event(hub, repo, "ada", schedule="0 * * * *")
    assert (told["repository"]["full_name"], told["repository"]["private"], told["repository"]["fork"]) == (
        "acme/site",
        True,
        False,
    )
    assert (told["sender"]["login"], told["schedule"]) == ("ada", "0 * * * *")
    assert told["repository"]["url"] == "https://api.github.com/repos/acme/site"


def test_a_labelled_issue_comes_with_the_label(hub: Hub, repo: Repo) -> None:
    repo.issue(title="T", body="B", author="ada", labels=["autonomy:stop"])
    told = payloads.issues(hub, repo, "labeled", 1, sender="ada", label="autonomy:stop")
    assert (told["action"], told["issue"]["title"], told["label"]["name"]) == ("labeled", "T", "autonomy:stop")


def test_a_comment_comes_with_its_issue_and_writer(hub: Hub, repo: Repo) -> None:
    repo.issue(author="ada")
    told = payloads.issue_comment(hub, repo, repo.comment(1, "/autonomy stop", "ada").id)
    assert (told["comment"]["body"], told["sender"]["login"], told["issue"]["number"]) == ("/autonomy stop", "ada", 1)


def test_a_pull_request_comes_with_head_and_base(hub: Hub, repo: Repo) -> None:
    head = repo.commit({"a": "b"}, branch="agent/x")
    told = payloads.pull_request(hub, repo, "opened", repo.open_pull(head="agent/x", by="ada").number)
    side = told["pull_request"]["head"]
    assert (side["sha"], side["ref"], side["repo"]["full_name"], told["pull_request"]["base"]["ref"]) == (
        head,
        "agent/x",
        "acme/site",
        "main",
    )
