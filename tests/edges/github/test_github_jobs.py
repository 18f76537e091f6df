"""What GitHub Actions made of a commit: which runs count, which jobs failed, what they printed."""

from __future__ import annotations

import pytest

from autonomy_pack.edges.github import FailedJob, GitHub
from hub import Hub, Repo


def job(id: int, conclusion: str = "failure", log: str = "boom\n", name: str = "test") -> dict[str, object]:
    """A job as the hub keeps it."""
    return {"id": id, "name": name, "conclusion": conclusion, "log": log}


def test_the_jobs_that_failed_are_told_with_their_logs(repo: Repo, github: GitHub) -> None:
    run = repo.start_run("ci.yml", event="push", status="completed", conclusion="failure")
    run.jobs = [job(901, log="E  assert 1 == 2\n"), job(902, "success"), job(903, "skipped"), job(904, "timed_out")]
    told = github.ci(repo.head())
    assert told.state == "red"
    assert [(one.id, one.conclusion, one.run) for one in told.failed] == [
        (901, "failure", run.id),
        (904, "timed_out", run.id),
    ]
    assert told.failed[0].name.endswith(" / test")
    assert github.job_log(901) == "E  assert 1 == 2\n"


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("completed", "success", "green"),
        ("completed", "failure", "red"),
        ("completed", "action_required", "approval"),
        ("in_progress", None, "pending"),
        ("queued", None, "pending"),
    ],
)
def test_the_state_is_that_of_the_newest_run_of_each_workflow(
    repo: Repo, github: GitHub, status: str, conclusion: str | None, state: str
) -> None:
    old = repo.start_run("ci.yml", event="push", status="completed", conclusion="failure")
    old.jobs = [job(901)]
    repo.start_run("lint.yml", event="push", status="completed", conclusion="success")
    repo.start_run("ci.yml", event="push", status=status, conclusion=conclusion)
    told = github.ci(repo.head())
    assert told.state == state
    assert told.failed == ()


def test_runs_of_other_commits_say_nothing(repo: Repo, github: GitHub) -> None:
    first = repo.head()
    repo.start_run("ci.yml", event="push", status="completed", conclusion="failure").jobs = [job(901)]
    second = repo.commit({"a.txt": "a"}, branch="main")
    assert github.ci(first).state == "red"
    assert github.ci(second).state == "none"


def test_of_a_long_log_the_end_is_read_and_of_a_lost_one_nothing(repo: Repo, github: GitHub) -> None:
    run = repo.start_run("ci.yml", event="push", status="completed", conclusion="failure")
    run.jobs = [
        job(901, log="x" * 400_000 + "the end"),
        job(902, log="\x00\ud7ff\n" * 3),
        job(903, log="y" * 20_000_001),
    ]
    told = github.job_log(901)
    assert len(told) == 256 * 1024
    assert told.endswith("the end")
    assert github.job_log(902) == "\x00\ud7ff\n" * 3
    assert github.job_log(903) == ""
    assert github.job_log(77) == ""


def test_open_pull_requests_of_forks_are_left_out(hub: Hub, repo: Repo, github: GitHub) -> None:
    del hub
    repo.commit({"a.txt": "a"}, branch="agent/planner/1-0123abcd-task", by="ada")
    mine = repo.open_pull(head="agent/planner/1-0123abcd-task", title="t", body="b", by="ada")
    assert [one.number for one in github.open_pulls()] == [mine.number]
    assert FailedJob(id=1, run=1, name="a / b", conclusion="failure").name == "a / b"
