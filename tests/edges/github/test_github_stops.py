"""Stop switches that are read while work goes on: cheap, fresh, and never "go on" when they cannot be read."""

from __future__ import annotations

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.errors import WorldError
from hub import Fault, Hub, Repo


@pytest.fixture
def running(repo: Repo) -> Repo:
    repo.commit({".github/workflows/loop.yml": "on: workflow_dispatch\njobs: {}\n"})
    repo.issue(labels=[("priority:high", "ada")])
    return repo


def words(github: GitHub) -> str:
    return github.stop_words("loop.yml", "1", now=True)


def test_nothing_stops_where_nobody_wants_it(running: Repo, github: GitHub) -> None:
    assert words(github) == ""
    assert github.stop_words() == ""


def test_a_stop_file_on_the_default_branch_stops(running: Repo, github: GitHub) -> None:
    assert words(github) == ""
    running.commit({".agent-workspace/STOP": "why\n"})
    assert "STOP on main" in words(github)
    running.commit({".agent-workspace/STOP": None, ".agent-workspace/other": "x"})
    assert words(github) == ""


def test_a_stop_file_on_another_branch_does_not(running: Repo, github: GitHub) -> None:
    running.commit({".agent-workspace/STOP": "x"}, branch="elsewhere")
    assert words(github) == ""


@pytest.mark.parametrize("state", ["disabled_manually", "disabled_inactivity", "disabled_fork"])
def test_a_workflow_that_is_not_active_stops(running: Repo, github: GitHub, state: str) -> None:
    assert words(github) == ""
    running.workflow("loop.yml").state = state
    assert f"loop.yml is {state}" in words(github)


def test_the_label_stops(running: Repo, github: GitHub) -> None:
    assert words(github) == ""
    running.label(1, "autonomy:stop", "ada")
    assert "autonomy:stop of issue 1" in words(github)


def test_unchanged_sources_are_answered_with_304_and_cost_no_quota(hub: Hub, running: Repo, github: GitHub) -> None:
    words(github)
    before = len(hub.journal)
    words(github)
    again = hub.journal[before:]
    assert [request.status for request in again] == [304, 304, 304]


def test_an_answer_is_good_for_ten_seconds_unless_it_is_asked_for_anew(running: Repo, github: GitHub) -> None:
    assert github.stop_words("loop.yml", "1") == ""
    running.label(1, "autonomy:stop", "ada")
    before = github.requests
    assert github.stop_words("loop.yml", "1") == ""
    assert github.requests == before
    assert words(github) != ""


@pytest.mark.parametrize("source", ["/git/ref/", "/workflows/", "/issues/1"])
@pytest.mark.parametrize("kind", ["500", "html502", "die_before", "secondary403", "expired"])
def test_a_source_that_cannot_be_read_is_never_go_on(
    hub: Hub, running: Repo, github: GitHub, source: str, kind: str
) -> None:
    assert words(github) == ""
    hub.faults.add(Fault(kind, source, times=50))
    with pytest.raises(WorldError):
        words(github)


def test_a_workflow_or_issue_that_is_gone_is_never_go_on(running: Repo, github: GitHub) -> None:
    with pytest.raises(WorldError):
        github.stop_words("nowhere.yml", now=True)
    running.delete_issue(1)
    with pytest.raises(WorldError):
        github.stop_words("", "1", now=True)
