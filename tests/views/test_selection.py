"""The summary of choosing: issues by link, what a dry run is, and words for people without a clone."""

from __future__ import annotations

from autonomy_pack.views.selection import Row, render

URL = "https://example.invalid/acme/site/issues"


def test_an_issue_is_linked_by_its_number() -> None:
    shown = render([], [Row(issue="7", why="it is held")], issues_url=URL)
    assert f"| [#7]({URL}/7) | it is held |" in shown


def test_a_dry_run_says_that_nothing_was_written() -> None:
    assert "Dry run: nothing was written." in render([], [], issues_url=URL, dry_run=True)
    assert "Dry run" not in render([], [], issues_url=URL)


def test_who_has_no_clone_is_told_of_the_comment() -> None:
    row = Row(issue="7", why="blocked in run x; change the issue or `autonomy task reset`")
    assert "change the issue or comment `/autonomy retry`" in render([], [row], issues_url=URL)
