"""A state of a lease that cannot be used is unreadable, and never more than that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autonomy_pack.edges.commits import Note
from autonomy_pack.model import Holder, Lease
from autonomy_pack.store import states
from autonomy_pack.store.states import State

KEY = "task:acme/site#1@7"
_HOLDER = Holder(host="actions", boot="1", pid_namespace="acme/site", pid=1, pid_start=0.0)
_TEXT = states.text(
    State(lease=Lease(key=KEY, fence=1, holder=_HOLDER, expires=states.FOREVER), said={"z": "@@"}, nonce="n")
)


def read(text: str) -> State | None:
    return states.read(Note(oid="0" * 40, parents=(), message=text), states.ref_of(KEY))


def nested(depth: int) -> Callable[[str], str]:
    return lambda text: text.replace('"@@"', "[" * depth + "]" * depth)


BROKEN: dict[str, Callable[[str], str]] = {
    "nested a little too deeply": nested(20),
    "nested so that only reading works": nested(800),
    "nested so that reading fails": nested(30_000),
    "a number that is none": lambda text: text.replace('"@@"', "1e999"),
    "a start that is no number": lambda text: text.replace(",0.0]", ",1e999]"),
    "a start of 400 digits": lambda text: text.replace(",0.0]", f",{'9' * 400}]"),
    "a number of 5000 digits": lambda text: text.replace('"@@"', "9" * 5000),
    "a process of 40 digits": lambda text: text.replace('"acme/site",1,', f'"acme/site",{10**40},'),
    "a day that is none": lambda text: text.replace(states.FOREVER, "2026-99-99T99:99:99.000000Z"),
    "a year that is none": lambda text: text.replace(states.FOREVER, "0000-01-01T00:00:00.000000Z"),
}


def test_what_we_write_is_read() -> None:
    found = read(_TEXT)
    assert found is not None
    assert found.said == {"z": "@@"}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_state_that_is_no_state_is_unreadable_and_no_crash(broken: Callable[[str], str]) -> None:
    text = broken(_TEXT)
    assert text != _TEXT
    assert read(text) is None
