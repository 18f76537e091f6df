"""The state of a repository's work, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.policy.budget import dollars

_MOST = 50
_WIDTHS = {"why": 400}


def _spent(costs: Mapping[str, Any]) -> str:
    """$0.42 of $5.00, 61,204 tokens in (53,860 cached), 3,110 out, 900 not known."""
    tokens, limit = costs["tokens"], costs["limit_usd"]
    parts = [dollars(costs["today_usd"]) + (f" of {dollars(limit)}" if limit is not None else "")]
    if tokens["in"] or tokens["out"]:
        parts += [f"{tokens['in']:,} tokens in ({tokens['cached']:,} cached)", f"{tokens['out']:,} out"]
    return ", ".join(parts + [f"{tokens['other']:,} tokens not told apart"] * bool(tokens["other"]))


def text(told: Mapping[str, Any]) -> str:
    """A few lines: state first, then what waits for somebody, and what is held and why."""
    stop = told["stop"]
    lines = [f"{told['state']} · mode {told['mode']} · health {told['health']}"]
    if stop:
        by = f" by {stop['by']}" if stop["by"] else ""
        lines += [f"stopped{by}{': ' + stop['why'] if stop['why'] else ''}; `autonomy resume` lets work go on"]
    costs = told["costs"]
    lines += [f"queue {told['queue_size']} of {told['queue_capacity']} · today {_spent(costs)}"]
    for title, key, cells in (
        ("Running", "running", ("run", "mission", "title")),
        ("Waiting for you", "decisions", ("id", "question", "deadline")),
        ("Handed off", "handoffs", ("task", "branch")),
        ("Held, as the issues were seen last", "held", ("task", "why")),
    ):
        if rows := told[key]:
            lines += ["", f"{title} ({len(rows)})", *(f"  {_row(row, cells)}" for row in rows[:_MOST])]
            lines += [f"  and {len(rows) - _MOST} more; `autonomy issue list` shows all"] * (len(rows) > _MOST)
    return "\n".join(lines)


def _row(row: Mapping[str, Any], cells: Sequence[str]) -> str:
    return "  ".join(one_line(str(row[cell]), _WIDTHS.get(cell, 100)) for cell in cells)
