"""A stop at any moment of a run, by each of its three ways: after the read that showed it nothing is written."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autonomy_pack.errors import PackError
from autonomy_pack.sandboxes import SANDBOXES
from hub import Hub
from tests.flows.actions.driver import FILES, LOOP, REPO, Done, Session, Site
from tests.workflows.foreign import is_write

pytestmark = pytest.mark.skipif(bool(SANDBOXES["bubblewrap"].missing()), reason="publishing needs a box")

CONFIG = ".github/autonomy.yml"
SLEEPING = FILES[CONFIG].partition("checks:")[0] + "checks: [{name: tests, run: [sleep, '60']}]\n"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == [], made.violations


def by_file(site: Site, number: int) -> str:
    site.repo.commit({".agent-workspace/STOP": "{}"}, by="ada")
    return rf"GET /repos/{REPO}/git/ref/heads/main$"


def by_workflow(site: Site, number: int) -> str:
    site.repo.workflow(LOOP).state = "disabled_manually"
    return rf"GET /repos/{REPO}/actions/workflows/"


def by_label(site: Site, number: int) -> str:
    site.repo.label(number, "autonomy:stop", "ada")
    return rf"GET /repos/{REPO}/issues/{number}$"


# moment → (job, the request at which the run is held, its number there)
MOMENTS = {
    "before the claim": ("select", r"GET .*/git/ref/heads/main$", 1),
    "at the first step of the agent": ("run", r"GET .*/issues/\d+/events$", 1),
    "in checks": ("run", r"GET .*/git/ref/heads/main$", 2),
    "before the push": ("publish", r"GET .*/zip$", 1),
    "between push and pull request": ("publish", r"POST .*/pulls$", 1),
}


class Working(threading.Thread):
    """A whole run beside the test."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.says = session, ""

    def run(self) -> None:
        try:
            self.says = _words(self.session.all())
        except PackError as error:
            self.says = error.says


def _words(done: Done) -> str:
    error = done.error.says if isinstance(done.error, PackError) else str(done.error or "")
    rows = [f"{row.outcome} {row.why}" for row in (done.published.rows if done.published else ())]
    return "\n".join([error, *(result.why for result in done.results.values()), *rows])


@pytest.mark.parametrize("by", [by_file, by_workflow, by_label], ids=["file", "workflow", "label"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_written_after_a_read_that_showed_the_stop(
    hub: Hub, tmp_path: Path, moment: str, by: Callable[[Site, int], str]
) -> None:
    site = Site(hub, tmp_path, {CONFIG: SLEEPING} if moment == "in checks" else {})
    number = site.issue()
    job, route, nth = MOMENTS[moment]
    barrier = hub.hold(route, nth, job=job)
    working = Working(site.begin())
    working.start()
    assert barrier.reached(90), working.says
    held = len(hub.journal) - 1
    read = by(site, number)
    barrier.release()
    working.join(90)
    assert not working.is_alive()

    after = list(hub.journal)[held:]
    showed = next(place for place, one in enumerate(after) if re.search(read, one.line) and one.status == 200)
    written = [one.line for one in after[showed + 1 :] if is_write(one)]
    assert written == [], working.says
    landed = [one.line for one in after[:showed] if is_write(one)]
    assert len(landed) <= 1
    assert len(site.repo.pulls) <= (moment == "between push and pull request")
    assert re.search("(?i)stop", working.says)
