"""PyGithub, end to end: select, claim, publish, report, all over one hub."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from github import Auth, Github, GithubException

from hub import Hub, Repo


@pytest.fixture
def github(hub: Hub, repo: Repo) -> Iterator[Github]:
    token = hub.job_token(
        "acme/site",
        {
            "all": {
                "contents": "write",
                "issues": "write",
                "pull-requests": "write",
                "checks": "write",
                "actions": "read",
            }
        },
    )
    made = Github(
        base_url=hub.api_url, auth=Auth.Token(token), user_agent="autonomy/0 job/all", retry=None,
        seconds_between_requests=None, seconds_between_writes=None,
    )  # fmt: skip
    yield made
    made.close()


def test_the_path_of_an_issue_from_label_to_pull_request(hub: Hub, repo: Repo, github: Github) -> None:
    issue = repo.issue("Rename it", "Please", author="eve", labels=[("priority:high", "ada")])
    site = github.get_repo("acme/site")
    (found,) = site.get_issues(state="open", labels=["priority:high"])
    (event,) = found.get_events()
    assert (event.event, event.actor.login, event.label.name) == ("labeled", "ada", "priority:high")
    assert site.get_collaborator_permission(event.actor.login) == "write"
    site.create_git_ref(f"refs/autonomy/lease/{event.id}", repo.head())
    with pytest.raises(GithubException) as again:
        site.create_git_ref(f"refs/autonomy/lease/{event.id}", repo.head())
    assert again.value.status == 422
    repo.commit({"n.txt": "n\n"}, branch="agent/x", by="github-actions[bot]")
    made = site.create_pull(base="main", head="agent/x", title="Rename it", body=f"Closes #{issue.number}", draft=True)
    assert [pull.number for pull in site.get_pulls(state="all", head="acme:agent/x")] == [made.number]
    made.create_review_request(reviewers=["ada"])
    made.add_to_labels("agent:validated")
    comment = found.create_comment("Done")
    comment.edit("Done.")
    assert [each.body for each in found.get_comments()] == ["Done."]
    site.create_check_run(
        "autonomy/handoff",
        made.head.sha,
        status="completed",
        conclusion="success",
        output={"title": "T", "summary": "S"},
    )
    assert [run.name for run in site.get_commit(made.head.sha).get_check_runs()] == ["autonomy/handoff"]
    assert made.user.login == "github-actions[bot]"
    assert hub.used.of("all") == {"contents": "write", "issues": "write", "pull-requests": "write", "checks": "write"}
    assert hub.violations == []


def test_a_thousand_labels_are_read_in_ten_pages(hub: Hub, repo: Repo, github: Github) -> None:
    for number in range(1000):
        repo.make_label(f"l{number}")
    github.per_page = 100
    before = len(hub.journal)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [label.name for label in github.get_repo("acme/site", lazy=True).get_labels()]
    assert (len(names), len(hub.journal) - before) == (1000, 10)
    assert hub.violations == []
