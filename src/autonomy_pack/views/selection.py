"""The summary of the `select` job: what is worked on, and why nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Leg, value
from autonomy_pack.views.render import render as _render

MOST_ROWS = 200


@value
class Row:
    """An issue, and why it is not worked on."""

    issue: str
    why: str


def render(legs: Sequence[Leg], rows: Sequence[Row], *, unchanged: bool = False, left_out: int = 0) -> str:
    """Markdown for the step summary: the legs in order, then the other issues."""
    more = max(len(rows) - MOST_ROWS, 0)
    return _render(
        "selection.md.j2", legs=legs, rows=rows[:MOST_ROWS], more=more, unchanged=unchanged, left_out=left_out
    )
