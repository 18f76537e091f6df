"""The summary of the `select` job: what is worked on, and why nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Leg, value
from autonomy_pack.views.render import render as _render

MOST_ROWS = 200
# How a person tries again: in a clone, and where no clone is at hand.
_HERE, _THERE = "`autonomy task reset`", "comment `/autonomy retry`"


@value
class Row:
    """An issue, and why it is not worked on."""

    issue: str
    why: str


def render(
    legs: Sequence[Leg],
    rows: Sequence[Row],
    *,
    issues_url: str,
    unchanged: bool = False,
    left_out: int = 0,
    dry_run: bool = False,
) -> str:
    """Markdown for the step summary: the legs in order, then the other issues. No word of an issue is in it."""
    rows = [Row(issue=row.issue, why=row.why.replace(_HERE, _THERE)) for row in rows]
    more = max(len(rows) - MOST_ROWS, 0)
    return _render(
        "selection.md.j2",
        legs=legs,
        rows=rows[:MOST_ROWS],
        issues_url=issues_url,
        more=more,
        unchanged=unchanged,
        left_out=left_out,
        dry_run=dry_run,
    )
