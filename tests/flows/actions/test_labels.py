"""Labels are made where they are missing and otherwise left as they are."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import PackError
from autonomy_pack.flows.actions import labels
from tests.flows.actions.people import client, site, writes


def test_the_first_run_makes_every_label_with_colour_and_description() -> None:
    with site() as (hub, repo):
        made = labels.reconcile(client(hub, hub.token("ada")))
        assert made == tuple(label.name for label in labels.ours())
        there = {label.name: (label.color, label.description) for label in repo.labels.values()}
        assert there == labels.table()


def test_a_second_time_nothing_is_written() -> None:
    with site() as (hub, _):
        labels.reconcile(client(hub, hub.token("ada")))
        before = len(writes(hub))
        assert labels.reconcile(client(hub, hub.token("ada"))) == ()
        assert len(writes(hub)) == before


def test_labels_of_others_and_changed_ones_are_left_alone() -> None:
    with site() as (hub, repo):
        repo.make_label("Priority:High", "123456", "ours was changed by somebody")
        repo.make_label("bug, urgent", "ffffff", None)
        for number in range(120):
            repo.make_label(f"topic-{number} \N{FIRE}", "ffffff", None)
        labels.reconcile(client(hub, hub.token("ada")))
        assert (repo.labels["priority:high"].name, repo.labels["priority:high"].color) == ("Priority:High", "123456")
        assert "bug, urgent" in repo.labels
        assert len(repo.labels) == 121 + len(labels.ours())
        assert [line for line in writes(hub) if not line.startswith("POST ")] == []


def test_only_what_is_needed_is_made() -> None:
    with site() as (hub, repo):
        made = labels.need(client(hub, hub.token("ada")), ["agent:handoff", "mission:our-own", "Risk:High"])
        assert made == ("agent:handoff", "risk:high")
        assert sorted(repo.labels) == ["agent:handoff", "risk:high"]


def test_who_may_not_make_labels_is_told_the_setting() -> None:
    with site() as (hub, _), pytest.raises(PackError) as told:
        labels.reconcile(client(hub, hub.token("mallory")))
    assert told.value.fix
