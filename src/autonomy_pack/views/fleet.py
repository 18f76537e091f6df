"""A plan as people and programs read it: what `--dry-run` prints is what carrying it out prints."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.policy.fleet.plan import Act, Step

_MOST = 20_000
"""Lines: comparing more takes minutes, and none of our files has so many."""


def line(step: Step) -> str:
    """One step: what is done, with what, and why."""
    return f"  {step.act!s:9} {one_line(step.path, 200)}  ({one_line(step.why, 200)})"


def difference(step: Step, before: str) -> str:
    """The change of a file as a unified diff; "" when nothing is written. What a person wrote is shown as text only."""
    if not step.changes:
        return ""
    after = "" if step.act is Act.REMOVE else step.text
    lines = before.count("\n") + after.count("\n")
    if lines > _MOST:
        return f"  {one_line(step.path, 200)}: {lines} lines before and after, too many to compare here"
    old, new = f"a/{step.path}" if before else "/dev/null", f"b/{step.path}" if after else "/dev/null"
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm="")
    return redact(visible("\n".join(told)))


def summary(steps: Iterable[Step], *, dry: bool) -> str:
    """How many steps of each kind; of a dry run, that nothing was written."""
    counts = Counter(step.act for step in steps)
    told = ", ".join(f"{counts[act]} {act}" for act in Act if counts[act]) or "nothing"
    return f"{told}. Nothing was written." if dry else f"{told}."


def data(steps: Iterable[Step], before: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps as data, with their diffs."""
    return [
        {"act": str(one.act), "path": one.path, "why": one.why, "diff": difference(one, before.get(one.path, ""))}
        for one in steps
    ]
