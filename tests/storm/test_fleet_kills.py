"""`kill -9` at a few moments in every test run; `make storm` takes two hundred."""

import pytest
from fleet_kills import kill


@pytest.mark.parametrize("number", [1, 5, 12])
def test_a_fleet_killed_at_any_moment_and_begun_again_ends_as_if_it_was_not(number: int) -> None:
    told = kill(number, seed=1)
    assert not told.wrong
    assert told.again == 0
    assert told.kills.total() > 0
