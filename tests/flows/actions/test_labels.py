"""Labels are made where they are missing and otherwise left as they are."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from autonomy_pack.edges.github.own_labels_queries import REF
from autonomy_pack.errors import PackError, Stopped
from autonomy_pack.flows.actions import label_records, labels
from hub import Fault, Repo
from tests.flows.actions.people import client, job_token, site, writes


def test_the_first_run_makes_every_label_with_colour_and_description() -> None:
    with site() as (hub, repo):
        made = labels.reconcile(client(hub, hub.token("ada")))
        assert made == labels.Made(names=tuple(label.name for label in labels.ours()))
        there = {label.name: (label.color, label.description) for label in repo.labels.values()}
        assert there == labels.table()


def test_a_second_time_nothing_is_written() -> None:
    with site() as (hub, _):
        labels.reconcile(client(hub, hub.token("ada")))
        before = len(writes(hub))
        assert labels.reconcile(client(hub, hub.token("ada"))) == labels.Made()
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
        assert [line for line in writes(hub) if "PATCH" in line or "DELETE" in line] == []


def test_only_what_is_needed_is_made() -> None:
    with site() as (hub, repo):
        made = labels.need(client(hub, hub.token("ada")), ["agent:handoff", "mission:our-own", "Risk:High"])
        assert made.names == ("agent:handoff", "risk:high")
        assert sorted(repo.labels) == ["agent:handoff", "risk:high"]


def test_who_may_not_make_labels_is_told_the_setting() -> None:
    with site() as (hub, _), pytest.raises(PackError) as told:
        labels.reconcile(client(hub, hub.token("mallory")))
    assert told.value.fix


def record(repo: Repo) -> dict[str, str]:
    """Node id → name, as the ref says it."""
    return json.loads(repo.git.commit(repo.refs()[REF]).message)["made"]


def heed() -> None:
    """Nothing is stopped."""


def test_what_was_made_is_noted_by_its_node_id() -> None:
    with site() as (hub, repo):
        repo.make_label("risk:high", "123456", "theirs")
        labels.reconcile(client(hub, hub.token("ada")))
        ours = {label.node_id: label.name for label in repo.labels.values() if label.name != "risk:high"}
        assert record(repo) == ours
        first = repo.refs()[REF]
        repo.delete_label("risk:low")
        labels.need(client(hub, hub.token("ada")), ["risk:low"])
        assert record(repo) == ours | {repo.labels["risk:low"].node_id: "risk:low"}
        assert repo.git.commit(repo.refs()[REF]).parents == (first,)


def test_the_first_run_makes_them_once_and_what_a_person_deleted_stays_away() -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        assert len(labels.first_run(github, heed).names) == len(labels.ours())
        before, sent = len(writes(hub)), github.requests
        repo.delete_label("risk:low")
        assert labels.first_run(github, heed) == labels.Made()
        assert (len(writes(hub)), github.requests) == (before, sent + 1)
        assert "risk:low" not in repo.labels


def test_a_later_list_brings_its_new_labels_alone() -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        labels.need(github, ["risk:low", "risk:high"])
        repo.delete_label("risk:low")
        made = labels.first_run(github, heed)
        assert len(made.names) == len(labels.ours()) - 2
        assert "risk:low" not in repo.labels


def test_nothing_is_made_under_a_stop() -> None:
    with site() as (hub, repo):
        with pytest.raises(Stopped):
            labels.first_run(client(hub, hub.token("ada")), stopped)
        assert (writes(hub), repo.labels) == ([], {})


def stopped() -> None:
    raise Stopped("stopped", "Lift it.")


def test_two_first_runs_at_once_make_and_note_each_label_once() -> None:
    with site() as (hub, repo), ThreadPoolExecutor(4) as pool:
        every = [client(hub, hub.token("ada")) for _ in range(4)]
        made = [name for one in pool.map(lambda github: labels.reconcile(github), every) for name in one.names]
        assert sorted(made) == sorted(repo.labels)
        assert record(repo) == {label.node_id: label.name for label in repo.labels.values()}


@pytest.mark.parametrize("kind", ["die_after", "die_before"])
@pytest.mark.parametrize("place", [r"POST .*graphql", r"POST .*/git/refs", r"PATCH .*/git/refs"])
def test_a_lost_answer_loses_no_label_and_no_note(kind: str, place: str) -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        if "PATCH" in place:
            labels.need(github, ["risk:low"])
        seen = github.see_labels([label.name for label in labels.ours()])
        hub.faults.add(Fault(kind, place))
        missing = {name: told for name, told in labels.table().items() if name not in seen.labels}
        made = github.make_labels(seen, missing)
        assert label_records.note(github, seen, made) == ""
        assert hub.faults.left == []
        assert record(repo) == {label.node_id: label.name for label in repo.labels.values()}


def test_a_label_that_somebody_made_otherwise_while_our_answer_was_lost_is_theirs() -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        seen = github.see_labels(["risk:low", "risk:high"])
        repo.make_label("Risk:Low", "000000", "theirs")
        made = github.make_labels(seen, {name: labels.table()[name] for name in ("risk:low", "risk:high")})
        assert list(made.values()) == ["risk:high"]


def test_a_record_that_cannot_be_read_is_not_written_over() -> None:
    with site() as (hub, repo):
        github = client(hub, hub.token("ada"))
        assert github.create_ref(REF, "nonsense", "2026-01-01T00:00:00.000000Z")
        tip = repo.refs()[REF]
        assert "cannot be read" in labels.need(github, ["risk:low"]).trouble
        assert repo.refs()[REF] == tip
        assert labels.first_run(github, heed) == labels.Made()


def test_who_may_make_labels_and_no_refs_is_told_that_nobody_noted_them() -> None:
    with site() as (hub, repo):
        token = job_token(hub, "judge", {"issues": "write", "contents": "read"})
        made = labels.need(client(hub, token, job="judge"), ["risk:low"])
        assert made.names == ("risk:low",)
        assert "contents" in made.trouble
        assert REF not in repo.refs()


def test_a_host_without_graphql_gets_them_one_by_one() -> None:
    with site() as (hub, repo):
        hub.has_graphql = False
        labels.reconcile(client(hub, hub.token("ada")))
        assert record(repo) == {label.node_id: label.name for label in repo.labels.values()}
        assert len(repo.labels) == len(labels.ours())
