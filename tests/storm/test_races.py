"""A hundred races in every test run; `make storm` runs a thousand."""

from pathlib import Path

from races import MEETINGS, Toll, races


def test_two_copies_of_a_store_on_refs_that_race_never_both_win(tmp_path: Path):
    assert len(MEETINGS) == 5
    assert races(tmp_path, rounds=100, seed=20260102) == Toll(rounds=100)
