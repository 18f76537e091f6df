"""The state of a repository's work, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.sanitize import one_line


def text(told: Mapping[str, Any]) -> str:
    """A few lines: state first, then what waits for somebody."""
    stop = told["stop"]
    lines = [f"{told['state']} · mode {told['mode']} · health {told['health']}"]
    if stop:
        by = f" by {stop['by']}" if stop["by"] else ""
        lines += [f"stopped{by}{': ' + stop['why'] if stop['why'] else ''}; `autonomy resume` lets work go on"]
    costs = told["costs"]
    lines += [f"queue {told['queue_size']} of {told['queue_capacity']} · today ${costs['today_usd']:.2f}"]
    for title, key, cells in (
        ("Running", "running", ("run", "mission", "title")),
        ("Waiting for you", "decisions", ("id", "question", "deadline")),
        ("Handed off", "handoffs", ("task", "branch")),
    ):
        if told[key]:
            lines += ["", f"{title} ({len(told[key])})"]
            lines += ["  " + "  ".join(one_line(str(row[cell]), 100) for cell in cells) for row in told[key]]
    return "\n".join(lines)
