"""The state of a repository's work, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.policy.budget import dollars
from autonomy_pack.views.render import words


def _spent(costs: Mapping[str, Any]) -> str:
    """$0.42 of $5.00, 61,204 tokens in (53,860 cached), 3,110 out, 900 not known."""
    tokens, limit = costs["tokens"], costs["limit_usd"]
    parts = [dollars(costs["today_usd"]) + (f" of {dollars(limit)}" if limit is not None else "")]
    if tokens["in"] or tokens["out"]:
        parts += [f"{tokens['in']:,} tokens in ({tokens['cached']:,} cached)", f"{tokens['out']:,} out"]
    return ", ".join(parts + [f"{tokens['other']:,} tokens not told apart"] * bool(tokens["other"]))


def text(told: Mapping[str, Any], needing: Mapping[str, int]) -> str:
    """A few lines: state first, then what waits for somebody. `needing`: how many tasks are held, by status."""
    stop = told["stop"]
    lines = [f"{told['state']} · mode {told['mode']} · health {told['health']}"]
    if stop:
        by = f" by {stop['by']}" if stop["by"] else ""
        lines += [f"stopped{by}{': ' + stop['why'] if stop['why'] else ''}; `autonomy resume` lets work go on"]
    costs = told["costs"]
    lines += [f"queue {told['queue_size']} of {told['queue_capacity']} · today {_spent(costs)}"]
    counts = ", ".join(f"{count} {words(word)}" for word, count in sorted(needing.items()))
    lines += [f"needs a person: {counts}; `autonomy issue list` tells why"] if counts else []
    for title, key, cells in (
        ("Running", "running", ("run", "mission", "title")),
        ("Waiting for you", "decisions", ("id", "question", "deadline")),
        ("Handed off", "handoffs", ("task", "branch")),
    ):
        if told[key]:
            lines += ["", f"{title} ({len(told[key])})"]
            lines += ["  " + "  ".join(one_line(str(row[cell]), 100) for cell in cells) for row in told[key]]
    return "\n".join(lines)
