"""A removal of records takes all of refs/autonomy as it was seen, and nothing else."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import PackError
from autonomy_pack.flows.fleet import records
from hub import Fault, Hub, Repo
from tests.flows.actions.people import NAME, client, site

AT = "2026-01-01T00:00:00.000000Z"


def _noted(hub: Hub, repo: Repo, many: int) -> None:
    github = client(hub, hub.token("ada"))
    first = github.create_ref("refs/autonomy/state", "x", AT)
    assert first
    for number in range(many - 1):
        repo.move_ref(f"refs/autonomy/lease/{number}", None, first, hub.by("ada"))
    repo.commit({"a": "b"}, branch="agent/planner/1")
    repo.move_ref("refs/autonomyless", None, first, hub.by("ada"))


@pytest.mark.parametrize("many", [1, 3, 120])
def test_all_of_ours_go_and_nothing_else(many: int) -> None:
    with site() as (hub, repo):
        _noted(hub, repo, many)
        left = {ref for ref in repo.refs() if not ref.startswith("refs/autonomy/")}
        github = client(hub, hub.token("ada"))
        assert records.count(github) == many
        assert records.remove(github) == many
        assert set(repo.refs()) == left
        assert records.remove(github) == 0


def test_a_ref_that_moves_meanwhile_is_looked_at_again() -> None:
    with site() as (hub, repo):
        _noted(hub, repo, 3)
        github = client(hub, hub.token("ada"))
        seen = github.refs_below(records.PREFIX)
        repo.move_ref("refs/autonomy/state", None, repo.head(), hub.by("ada"))
        assert not github.delete_refs(seen)
        assert len(github.refs_below(records.PREFIX)) == 3
        assert records.remove(github) == 3


@pytest.mark.parametrize("kind", ["die_after", "die_before"])
def test_a_lost_answer_changes_nothing(kind: str) -> None:
    with site() as (hub, repo):
        _noted(hub, repo, 3)
        hub.faults.add(Fault(kind, r"POST .*graphql", nth=2))
        records.remove(client(hub, hub.token("ada")))
        assert hub.faults.left == []
        assert not [ref for ref in repo.refs() if ref.startswith(records.PREFIX)]


def test_who_may_not_is_told() -> None:
    with site() as (hub, repo):
        _noted(hub, repo, 2)
        token = hub.job_token(NAME, {"judge": {"contents": "read"}})
        with pytest.raises(PackError) as told:
            records.remove(client(hub, token, job="judge"))
        assert "contents: write" in told.value.fix


def test_without_graphql_nothing_is_deleted_unseen() -> None:
    with site() as (hub, repo):
        _noted(hub, repo, 2)
        hub.has_graphql = False
        with pytest.raises(PackError):
            records.remove(client(hub, hub.token("ada")))
        assert "refs/autonomy/state" in repo.refs()
