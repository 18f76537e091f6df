"""Workflow runs, artifacts, limits."""

from __future__ import annotations

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.errors import WorldError
from hub import Fault, Hub, Repo


def test_a_run_is_over_when_it_completed_or_was_started_again_or_is_gone(repo: Repo, github: GitHub) -> None:
    run = repo.start_run("loop.yml")
    assert not github.run_is_over(run.id, 1)
    run.attempt = 2
    assert github.run_is_over(run.id, 1)
    assert not github.run_is_over(run.id, 2)
    run.status = "completed"
    assert github.run_is_over(run.id, 2)
    assert github.run_is_over(99_999_999, 1)


@pytest.mark.parametrize("kind", ["500", "expired"])
def test_a_run_that_cannot_be_asked_for_is_not_over(hub: Hub, repo: Repo, github: GitHub, kind: str) -> None:
    run = repo.start_run("loop.yml")
    hub.faults.add(Fault(kind, times=50))
    with pytest.raises(WorldError):
        github.run_is_over(run.id, 1)


def test_artifacts_are_listed_and_fetched_as_they_are(hub: Hub, repo: Repo, github: GitHub) -> None:
    run = repo.start_run("loop.yml")
    for number in range(130):
        repo.artifacts.add(run.id, f"other-{number}", b"x")
    made = repo.artifacts.add(run.id, "attempt-1", b"PK\x03\x04bytes")
    told = github.artifacts(run.id)
    assert len(told) == 131
    (one,) = [each for each in told if each.name == "attempt-1"]
    assert (one.id, one.size, one.expired) == (made.id, 9, False)
    assert github.artifact_zip(one.id, limit=9) == b"PK\x03\x04bytes"
    with pytest.raises(WorldError, match="more than 8 bytes"):
        github.artifact_zip(one.id, limit=8)


def test_an_artifact_is_fetched_without_the_token(hub: Hub, repo: Repo, github: GitHub) -> None:
    made = repo.artifacts.add(repo.start_run("loop.yml").id, "attempt-1", b"PK")
    github.artifact_zip(made.id, limit=100)
    assert [bool(request.token) for request in hub.journal[-2:]] == [True, False]


@pytest.mark.parametrize("kind", ["cut_body", "500", "die_after"])
def test_an_artifact_comes_whole_or_not_at_all(hub: Hub, repo: Repo, github: GitHub, kind: str) -> None:
    made = repo.artifacts.add(repo.start_run("loop.yml").id, "attempt-1", b"PK" * 10_000)
    hub.faults.add(Fault(kind, nth=2))
    assert github.artifact_zip(made.id, limit=100_000) == b"PK" * 10_000


def test_limits_are_told(github: GitHub) -> None:
    told = github.rate_limits()
    assert told["core"]["limit"] == 5000
    assert {"limit", "remaining", "reset"} <= set(told["graphql"])


def test_workflows_are_switched(repo: Repo, github: GitHub) -> None:
    repo.workflow("loop.yml")
    assert github.workflow_state("loop.yml") == "active"
    github.disable_workflow("loop.yml")
    assert github.workflow_state("loop.yml") == "disabled_manually"
    github.enable_workflow("loop.yml")
    assert repo.workflow("loop.yml").state == "active"
