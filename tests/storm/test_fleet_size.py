"""Orders over a hundred and one repositories in every test run; `make storm` takes a thousand, and ten thousand."""

from fleet_size import figures


def test_an_order_takes_a_request_a_page_and_one_for_each_change() -> None:
    found = figures(101, 0, lambda _: None)
    assert [one.wrong for one in found if one.wrong] == []
    assert [(one.requests, one.writes) for one in found[:2]] == [(2, 0), (2, 0)]
