"""Rings open one after the other, and never because of what is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.errors import UsageError
from autonomy_pack.policy.fleet.rings import Member, held, number, parse, place
from autonomy_pack.targets import Target

RINGS = parse("10%,50%,100%")
NOW, BEFORE = "2026-01-02T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"

MEMBERS = st.lists(
    st.builds(
        Member,
        name=st.text("ab", min_size=1, max_size=3),
        ring=st.integers(0, 3),
        pending=st.booleans(),
        has=st.booleans(),
        finished=st.integers(0, 60),
        failed=st.integers(0, 3),
        since=st.sampled_from(["", BEFORE, NOW]),
    ),
    max_size=8,
)


def member(ring: int = 0, **more: object) -> Member:
    told = {"name": "a", "ring": ring, "pending": False, "has": True, "finished": 30, "since": BEFORE, **more}
    return Member(**told)  # type: ignore[arg-type]


@given(MEMBERS)
def test_a_ring_is_open_only_when_nothing_speaks_against_those_before(members: list[Member]) -> None:
    last = held(members, RINGS, BEFORE).last
    for ring in range(last):
        inside = [one for one in members if one.ring <= ring]
        has = [one for one in inside if one.has]
        assert not any(one.pending for one in inside)
        assert all(one.since == BEFORE for one in has)
        assert not has or sum(one.finished for one in has) >= 20
        assert sum(one.failed for one in has) <= 0.02 * sum(one.finished for one in has)


@given(MEMBERS, st.integers(1, 9))
def test_more_failures_never_open_a_ring(members: list[Member], more: int) -> None:
    worse = [*members, member(failed=more, finished=more)]
    better = [*members, member(failed=0, finished=more)]
    assert held(worse, RINGS, BEFORE).last <= held(better, RINGS, BEFORE).last


def test_more_than_two_in_a_hundred_that_fail_halt_everything() -> None:
    assert held([member(failed=2, finished=100)], RINGS, BEFORE).halted is False
    halted = held([member(failed=3, finished=100)], RINGS, BEFORE)
    assert (halted.last, halted.halted) == (0, True)
    assert "3 of 100" in halted.why


def test_a_few_runs_say_nothing() -> None:
    told = held([member(failed=1, finished=2)], RINGS, BEFORE)
    assert (told.last, told.halted) == (0, False)


def test_where_a_repository_stands_never_changes() -> None:
    assert place("R_kgDOA") == place("R_kgDOA")
    spread = [place(f"R_{one}") for one in range(1000)]
    assert 60 <= sum(one < 0.1 for one in spread) <= 140


def test_a_repository_is_in_the_first_ring_that_has_it() -> None:
    rings = parse("topic:canary,property:tier=1,100%")
    plain = Target(name="a/b", id="R_1", blobs={})
    canary = Target(name="a/c", id="R_2", blobs={}, topics=("canary",))
    assert [number(plain, rings, {}), number(plain, rings, {"tier": "1"}), number(canary, rings, {})] == [2, 1, 0]
    assert number(plain, parse("topic:canary"), {}) == 1


@pytest.mark.parametrize("text", ["", "0%", "101%", "50%,10%", "10%,10%", "topic:", "property:x", "all", "10"])
def test_other_words_are_no_rings(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


STUCK = member(has=False, finished=0, since="")


@pytest.mark.parametrize(
    ("words", "members", "last"),
    [
        ("topic:canary,100%", [member(1, pending=True, has=False)], 0),
        ("topic:canary,100%", [STUCK, member(1, pending=True, has=False)], 0),
        ("1%,100%", [STUCK, member(1, pending=True, has=False)], 0),
        ("topic:canary,100%", [STUCK, member(), member(1, pending=True, has=False)], 1),
        ("1%,100%", [member(1, pending=True, has=False)], 1),
    ],
    ids=["a name that nobody has", "left out by name", "left out by share", "one of two shows it", "a share of few"],
)
def test_a_ring_in_which_nobody_has_it_shows_nothing(words: str, members: list[Member], last: int) -> None:
    assert held(members, parse(words), BEFORE).last == last


def test_what_is_taken_out_has_no_runs_to_wait_for() -> None:
    assert held([member(1, pending=True, has=False)], parse("topic:canary,100%"), BEFORE, runs=False).last == 1
