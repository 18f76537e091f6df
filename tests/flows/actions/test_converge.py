"""However publishing is cut off, doing it again reaches what an uncut run reaches, and nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import Fault, Hub
from tests.flows.actions.driver import Session, Site

# Every kind of write of a publish job, as "METHOD /path"; the number tells which of that kind.
WRITES = {
    "the push of branch and lease": (r"POST /acme/site.git/git-receive-pack", 1),
    "the check run": (r"POST /repos/acme/site/check-runs", 1),
    "the pull request": (r"POST /repos/acme/site/pulls$", 1),
    "a label that is made": (r"POST /repos/acme/site/labels", 1),
    "the label of the pull request": (r"POST /repos/acme/site/issues/2/labels", 1),
    "the label of the issue": (r"POST /repos/acme/site/issues/1/labels", 1),
    "a label that goes": (r"DELETE /repos/acme/site/issues/1/labels", 1),
    "the comment": (r"POST /repos/acme/site/issues/1/comments", 1),
    "the comment's number": (r"POST /acme/site.git/git-receive-pack", 2),
    "the comment's text": (r"PATCH /repos/acme/site/issues/comments", 1),
    "the commit of events": (r"POST /acme/site.git/git-receive-pack", 3),
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def ready(site: Site) -> tuple[Session, object]:
    """One issue, worked on and uploaded; only publish is left."""
    site.issue()
    begun = site.begin(patience=0.3)
    plan = begun.select()
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    return begun, plan


def whole(site: Site) -> None:
    """Everything is there, and once."""
    (pull,) = site.repo.pulls
    assert site.labels(1) == ["mission:replace-text", "priority:high", "status:pr-created"]
    assert site.labels(2) == ["agent:handoff"]
    assert len(site.repo.comments(1)) == 1
    assert len(site.repo.comments(2)) == 0
    assert [one.name for one in site.repo.checks] == ["autonomy/handoff"]
    assert len(site.repo.refs("refs/heads/agent/")) == 1
    assert len(set(site.repo.labels)) == len(site.repo.labels)
    assert pull.state == "open"


@pytest.mark.parametrize("kind", ["die_before", "die_after"])
@pytest.mark.parametrize(("route", "nth"), WRITES.values(), ids=WRITES)
def test_an_answer_that_is_lost_changes_nothing_of_the_end(kind: str, route: str, nth: int, site: Site) -> None:
    begun, plan = ready(site)
    site.hub.faults.add(Fault(kind, route, nth=nth, job="publish"))
    begun.publish(plan)
    assert site.hub.faults.left == []
    begun.rerun()
    done = begun.publish(plan)
    assert [row.outcome for row in done.rows] == ["handed_off"]
    whole(site)


@pytest.mark.parametrize(("route", "nth"), WRITES.values(), ids=WRITES)
def test_a_runner_that_dies_after_any_write_is_made_good_by_the_next_session(route: str, nth: int, site: Site) -> None:
    begun, plan = ready(site)
    barrier = site.hub.hold(route, nth, job="publish")
    working = threading.Thread(target=begun.publish, args=(plan,))
    working.start()
    assert barrier.reached()
    # The write itself is done; whatever this job asks after it fails.
    site.hub.faults.add(Fault("500", None, nth=1, times=10_000, job="publish"))
    barrier.release()
    working.join(120)
    site.hub.faults.clear()
    begun.finish()
    for _ in range(2):
        site.session()
    whole(site)


def test_an_issue_that_was_read_from_the_past_ends_with_its_one_status_label(site: Site) -> None:
    """What GitHub tells may be older than our own label: only its answer to the next label tells what is there."""
    begun, plan = ready(site)
    site.hub.faults.add(Fault("stale_read", r"GET /repos/acme/site/issues/1$|graphql", times=4))
    begun.publish(plan)
    begun.finish()
    whole(site)


def test_a_label_that_a_runner_put_on_after_the_end_is_taken_off_by_the_next_session(site: Site) -> None:
    """Its run was over, says GitHub; its network came back, and it went on where it was."""
    begun, plan = ready(site)
    begun.publish(plan)
    begun.finish()
    site.repo.label(1, "status:agent-assigned", "ada")
    site.session()
    assert site.labels(1) == ["mission:replace-text", "priority:high", "status:pr-created"]


def test_a_label_of_work_that_goes_on_stays(site: Site) -> None:
    begun, _ = ready(site)
    site.repo.label(1, "status:blocked", "ada")
    site.begin(patience=0.3).select()
    assert "status:agent-assigned" in site.labels(1)
    begun.finish()
