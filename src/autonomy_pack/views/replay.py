"""A run that was made again, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.policy.replay import Divergence
from autonomy_pack.views.render import words


def text(run: str, was: str, now: str, divergences: Sequence[Divergence], notes: Sequence[str]) -> str:
    """How both ended, then each difference with both sides, then what to know before believing it."""
    lines = [f"run {run}: recorded {words(was)}, replayed {words(now)}"]
    for one in divergences:
        lines += [f"  differs   {one.what}", f"    was     {one.was}", f"    now     {one.now}"]
    lines += [f"  note      {note}" for note in notes]
    count = len(divergences)
    return "\n".join([*lines, "The same." if not count else f"{count} difference{'s' * (count > 1)}."])
