"""The ledger of calls: what fits is set aside in one write, what was called is settled whoever holds the task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.contracts import Store
from autonomy_pack.errors import LeaseLost
from autonomy_pack.flows import budget
from autonomy_pack.flows.budget import Ledger, Reservation
from autonomy_pack.model import Config, Event, Head, Holder, Lease, Limits
from autonomy_pack.store import open_store

ME = Holder(host="here", boot="b", pid_namespace="n", pid=1, pid_start=1.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'autonomy.db'}")
    yield opened
    opened.close()


def ledger(
    store: Store, run: str = ".#7/1", *, lease: Lease | None = None, day: float | None = 1.0, **limits: float
) -> Ledger:
    found = Limits(**{"usd": 9.0, **limits})  # type: ignore[arg-type]
    return Ledger(store, config=Config(day_usd=day), limits=found, run=run, task=".#7", lease=lease)


def reserved(made: Reservation | str) -> Reservation:
    assert isinstance(made, Reservation), made
    return made


def test_a_call_that_does_not_fit_is_not_reserved_and_the_reason_is_told(store: Store) -> None:
    mine = ledger(store)
    reserved(mine.reserve(0.7, 100))
    told = mine.reserve(0.4, 100)
    assert isinstance(told, str)
    assert told.startswith("$0.70 of $1.00 of ")
    assert "budget.day_usd" in told
    assert len(list(store.events(kinds=["spend.reserved"]))) == 1


def test_what_was_settled_makes_room_for_another_run(store: Store) -> None:
    first, second = ledger(store), ledger(store, ".#8/1")
    made = reserved(first.reserve(0.9, 100))
    assert isinstance(second.reserve(0.5, 100), str)
    first.settle(made, 0.2, 10, "m")
    reserved(second.reserve(0.5, 100))


def test_a_run_that_was_taken_over_reserves_nothing_but_settles_what_it_called(store: Store) -> None:
    [lease] = store.claim(["task:.#7"], ME, seconds=30, dead=lambda _: False) or ()
    mine = ledger(store, lease=lease)
    made = reserved(mine.reserve(0.5, 100))
    store.claim(["task:.#7"], ME, seconds=30, dead=lambda _: True)
    with pytest.raises(LeaseLost):
        mine.reserve(0.1, 1)
    mine.settle(made, 0.2, 10, "m")
    assert budget.spent(store, ".#7/1") == (0.2, 10)


def test_calls_are_numbered_through_and_attempts_at_one_are_one_turn(store: Store) -> None:
    mine = ledger(store, turns=2)
    mine.settle(reserved(mine.reserve(0.1, 1)), 0.0, 0, "m", retried=True)
    made = reserved(mine.reserve(0.1, 1))
    assert made.call == "2"
    mine.settle(made, 0.1, 1, "m")
    reserved(mine.reserve(0.1, 1))
    assert "limits.turns" in str(mine.reserve(0.1, 1))
    assert "limits.turns" in str(ledger(store, turns=2).reserve(0.1, 1))


def test_people_are_told_once_when_a_budget_is_nearly_spent(store: Store) -> None:
    mine = ledger(store)
    mine.settle(reserved(mine.reserve(0.95, 1)), 0.95, 1, "m")
    mine.reserve(0.5, 1)
    mine.reserve(0.5, 1)
    (alert,) = store.events(kinds=["alert.raised"])
    assert alert.data["window"].startswith("day:")
    assert "$0.95 of $1.00" in alert.data["says"]
    raised = ledger(store, ".#8/1", day=1.05)
    raised.reserve(0.5, 1)
    assert len(list(store.events(kinds=["alert.raised"]))) == 2


def leg_of(store: Store, usd: float = 0.6, tokens: int = 0) -> Reservation:
    made = Reservation(call=budget.LEG, scopes=("issue:.#7", "day:2026-01-02", "repo"), usd=usd, tokens=tokens)
    store.append([budget.reserved(made, ".#7", ".#7/1")])
    return made


@pytest.mark.parametrize(("claimed", "settled"), [((0.2, 10), (0.2, 10)), ((99.0, 10), (0.6, 10)), (None, (0.6, 0))])
def test_a_leg_settles_what_it_claims_up_to_its_ceiling_and_all_of_it_without_a_record(
    store: Store, claimed: tuple[float, int] | None, settled: tuple[float, int]
) -> None:
    leg_of(store)
    spent, events = budget.settle_leg(store, Config(), ".#7", ".#7/1", claimed)
    assert spent == settled
    store.append(events)
    head = store.head("repo")
    assert head is not None
    assert head.usd == pytest.approx(settled[0])


def test_a_leg_that_had_nothing_set_aside_settles_nothing(store: Store) -> None:
    assert budget.settle_leg(store, Config(), ".#7", ".#7/1", (5.0, 5)) == ((0.0, 0), [])


def test_what_bounded_runs_that_met_the_wall_is_known(store: Store) -> None:
    data = dict.fromkeys(["attempt", "agent", "mission", "mission_sha256", "base", "sandbox", "pid", "pid_start"])
    data["limits"] = {"steps": 9, "usd": 2.0, "tokens": 0, "turns": 5, "day_usd": 3.0}
    store.append([Event(kind="run.started", subject=".#7", run=".#7/1", data=data)])
    over = Head(repo=".", subject=".#7", type="task", status="over_budget", run=".#7/1")
    fine = Head(repo=".", subject=".#8", type="task", status="handed_off", run=".#8/1")
    found = budget.bounds_before(store, {".#7": over, ".#8": fine})
    assert found == {".#7/1": {"usd": 2.0, "turns": 5.0, "day_usd": 3.0}}
