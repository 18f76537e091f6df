"""Two workers at the same moment, one of them held at the worst place: what the other said stays true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows.actions import comments
from autonomy_pack.model import Plan
from hub import Hub
from tests.flows.actions.driver import Session, Site

PULLS = r"GET /repos/acme/site/pulls$"
COMMENT = r"POST /repos/acme/site/issues/1/comments$"
COMMIT = r"POST /repos/acme/site/git/commits$"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def ready(site: Site) -> tuple[Session, Plan]:
    """One issue, worked on and uploaded; only publish is left."""
    site.issue()
    begun = site.begin(patience=6.0)
    plan = begun.select()
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    return begun, plan


def meanwhile(site: Site, route: str, job: str, slow: Callable[[], object], quick: Callable[[], object]) -> None:
    """`slow` up to its request of that route, then all of `quick`, then the rest of `slow`."""
    barrier = site.hub.hold(route, job=job)
    working = threading.Thread(target=slow)
    working.start()
    assert barrier.reached()
    quick()
    barrier.release()
    working.join(60)


def handed_off_once(site: Site) -> None:
    (comment,) = site.repo.comments(1)
    assert comment.body.startswith("**Handed off**")
    assert site.labels(1) == ["mission:replace-text", "priority:high", "status:pr-created"]
    assert len(site.repo.pulls) == 1


def test_of_two_first_comments_the_one_that_was_recorded_first_stays(site: Site) -> None:
    site.issue()
    one, two = site.begin(patience=6.0), site.begin(patience=6.0)

    def say(begun: Session, words: str) -> None:
        with begun.job("publish") as (github, store, _):
            comments.keep(github, store, "1", "status", words)

    meanwhile(site, COMMENT, "publish", lambda: say(one, "One"), lambda: say(two, "Two"))
    assert [comment.body for comment in site.repo.comments(1)] == ["One"]
    say(two, "Three")
    assert [comment.body for comment in site.repo.comments(1)] == ["Three"]


def test_what_was_handed_off_after_it_was_read_is_not_claimed_again(site: Site) -> None:
    site.issue()
    slow, plans = site.begin(patience=6.0), []
    meanwhile(site, COMMIT, "select", lambda: plans.append(slow.select()), site.session)
    assert [plan.legs for plan in plans] == [()]
    handed_off_once(site)


def test_whose_lease_was_taken_over_says_nothing_of_the_handoff_of_another(site: Site) -> None:
    slow, plan = ready(site)

    def take_over() -> None:
        slow.run.finish("cancelled")
        assert site.session().outcomes == {"1": "handed_off"}

    meanwhile(site, PULLS, "publish", lambda: slow.publish(plan), take_over)
    handed_off_once(site)


def test_an_attempt_that_is_overtaken_by_its_rerun_says_nothing_more(site: Site) -> None:
    slow, plan = ready(site)

    def rerun() -> None:
        slow.run.rerun()
        assert [row.outcome for row in slow.publish(plan).rows] == ["handed_off"]

    meanwhile(site, PULLS, "publish", lambda: slow.publish(plan), rerun)
    handed_off_once(site)
