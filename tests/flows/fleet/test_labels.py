"""A removal deletes the labels that are noted as made by us, have their name to this day and are on nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.github.own_labels_queries import REF
from autonomy_pack.flows.actions import labels as ours
from autonomy_pack.flows.fleet import labels
from autonomy_pack.targets import Target
from hub import Hub, Repo
from tests.flows.actions.people import client, site

OURS = sorted(label.name for label in ours.ours())


@pytest.fixture(params=["with GraphQL", "without"])
def installed(request: pytest.FixtureRequest) -> Iterator[tuple[Hub, Repo, GitHub]]:
    """A repository whose label risk:high is its own, the others made by us; on either kind of host."""
    with site() as (hub, repo):
        hub.has_graphql = request.param == "with GraphQL"
        repo.make_label("risk:high", "123456", "theirs")
        github = client(hub, hub.token("ada"))
        ours.reconcile(github)
        yield hub, repo, github
        github.close()


def test_what_we_made_and_nobody_uses_goes(installed: tuple[Hub, Repo, GitHub]) -> None:
    _, repo, github = installed
    repo.make_label("bug", "ffffff", None)
    _, removal = labels.look(github)
    assert removal.stays == (("risk:high", "it is not noted as made by us"),)
    assert sorted(labels.remove(github)) == sorted(removal.goes) == [name for name in OURS if name != "risk:high"]
    assert sorted(repo.labels) == ["bug", "risk:high"]
    assert labels.remove(github) == ()


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("pull", [False, True])
def test_a_label_on_an_issue_or_pull_request_stays(
    installed: tuple[Hub, Repo, GitHub], pull: bool, closed: bool
) -> None:
    _, repo, github = installed
    repo.issue("T", "B", author="ada")
    if pull:
        repo.commit({"a": "b"}, branch="topic")
    number = repo.open_pull(head="topic", by="ada").number if pull else 1
    repo.label(number, "risk:low", "ada")
    if closed:
        repo.close(number, "ada")
    _, removal = labels.look(github)
    labels.remove(github, [*removal.goes, "risk:low"])
    assert ("risk:low", "1 issues or pull requests have it") in removal.stays
    assert sorted(repo.labels) == ["risk:high", "risk:low"]


def test_what_the_plan_did_not_name_stays(installed: tuple[Hub, Repo, GitHub]) -> None:
    _, repo, github = installed
    assert labels.remove(github, ["risk:low", "bug"]) == ("risk:low",)
    assert sorted(repo.labels) == [name for name in OURS if name != "risk:low"]


def test_a_label_that_was_renamed_stays(installed: tuple[Hub, Repo, GitHub]) -> None:
    _, repo, github = installed
    label = repo.labels.pop("risk:low")
    label.name = "Danger: low"
    repo.labels["danger: low"] = label
    other = repo.labels.pop("risk:medium")
    other.name = "Risk:Medium"
    repo.labels["risk:medium"] = other
    assert dict(labels.look(github)[1].stays)["Risk:Medium"] == "it was renamed"
    labels.remove(github)
    assert {"danger: low", "risk:medium"} <= set(repo.labels)


def test_a_label_that_was_made_again_by_a_person_is_theirs(installed: tuple[Hub, Repo, GitHub]) -> None:
    _, repo, github = installed
    repo.delete_label("risk:low")
    repo.make_label("risk:low", *ours.table()["risk:low"])
    assert "risk:low" not in labels.remove(github)
    assert "risk:low" in repo.labels


def test_a_forged_record_deletes_no_label_outside_our_list() -> None:
    with site() as (hub, repo):
        theirs = repo.make_label("bug", "ffffff", None)
        renamed = repo.make_label("risk:low", "ffffff", None)
        github = client(hub, hub.token("ada"))
        said = {"version": 1, "listed": "", "made": {theirs.node_id: "bug", renamed.node_id: "bug"}}
        github.create_ref(REF, json.dumps(said), "2026-01-01T00:00:00.000000Z")
        assert labels.remove(github) == ()
        assert set(repo.labels) == {"bug", "risk:low"}


@pytest.mark.parametrize("message", ["nonsense", "[]", '{"version": 1}', '{"version": 2, "listed": "", "made": {}}'])
def test_a_record_that_cannot_be_believed_deletes_nothing(message: str) -> None:
    with site() as (hub, repo):
        repo.make_label("risk:low", "ffffff", None)
        github = client(hub, hub.token("ada"))
        github.create_ref(REF, message, "2026-01-01T00:00:00.000000Z")
        [(name, why)] = labels.look(github)[1].stays
        assert labels.remove(github) == ()
        assert (name, "cannot be read" in why) == ("risk:low", True)
        assert set(repo.labels) == {"risk:low"}


def test_looking_writes_nothing_and_costs_one_request() -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        ours.reconcile(github)
        before, sent = dict(repo.labels), github.requests
        _, removal = labels.look(github)
        assert sorted(removal.goes) == OURS
        assert (dict(repo.labels), github.requests) == (before, sent + 1)


def test_removing_costs_a_look_and_a_write_for_each_twenty() -> None:
    with site() as (hub, _):
        github = client(hub, hub.token("ada"))
        ours.reconcile(github)
        sent = github.requests
        labels.remove(github)
        assert github.requests == sent + 1 + math.ceil(len(OURS) / 20)


def test_what_a_repository_lacks_is_told_by_the_read_that_the_fleet_makes_anyway() -> None:
    has = {name: (f"LA_{name}", name.upper(), "ffffff") for name in OURS[1:]}
    assert labels.central(Target(name="acme/site", id="R_1", blobs={}, labels=has)) == (OURS[0],)
    assert labels.central(Target(name="acme/site", id="R_1", blobs={})) == ()
