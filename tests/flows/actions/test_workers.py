"""A few interleavings of several workers in every test run; `make storm` runs a thousand."""

from __future__ import annotations

import pytest

from tests.storm.workers import race

SEED = 1


# Rounds that once went wrong: two comments, an issue claimed after it was handed off, a change of the comment by who
# had lost the lease, and a re-run whose claim was taken over.
@pytest.mark.parametrize("number", [4, 17, 29, 51])
def test_workers_at_once_make_one_pull_request_and_say_nothing_twice(number: int) -> None:
    ended = race(number, SEED)
    assert (ended.wrong, ended.pulls) == ("", 1)
    assert ended.workers >= 2
