"""More than a hundred faults over one fleet in every test run; `make storm` takes ten thousand."""

from fleet_faults import storm


def test_whatever_github_answers_a_fleet_ends_right_and_keeps_every_wait() -> None:
    told = storm(1, seed=3, many=15)
    assert not told.wrong
    assert told.inside == 0
    assert told.faults.total() > 100
