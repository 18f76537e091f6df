"""The `select` job against the hub: what is chosen, what is claimed, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.flows.actions import plans
from hub import Hub
from tests.flows.actions.scenes import HIGH, Site


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def site(hub: Hub, tmp_path: Path) -> Site:
    return Site(hub, tmp_path)


def test_a_labelled_issue_becomes_a_leg_with_ids_hashes_and_ceilings_only(site: Site) -> None:
    number = site.issue(title="Rename the greeting")
    selected = site.select()
    (leg,) = selected.plan.legs
    assert (leg.issue, leg.mission, leg.agent, leg.lane, leg.attempt, leg.alone) == (
        str(number),
        "fix",
        "planner",
        "default",
        1,
        False,
    )
    assert leg.base == site.repo.head()
    assert leg.branch.startswith(f"agent/planner/{number}-")
    assert leg.branch.endswith("-rename-the-greeting")
    assert site.repo.refs("refs/autonomy/lease/") == {
        f"refs/autonomy/lease/task%3Aacme%2Fsite%23{number}%40{leg.event}": leg.claim
    }
    assert site.labels(number) == [HIGH, "status:agent-assigned"]
    assert plans.from_json(plans.to_json(selected.plan)) == selected.plan
