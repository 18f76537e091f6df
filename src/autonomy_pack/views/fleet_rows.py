"""The rows of a fleet as people and programs read them; what a dry run prints is what carrying it out prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.policy.fleet.rows import Reason, Row, counted
from autonomy_pack.policy.fleet.steps import Step
from autonomy_pack.views import fleet as view

CHANGES = (Reason.CHANGE, Reason.DRAFT)


class Rows:
    """Prints rows one by one; the steps of a plan, and its differences, only where they are the first of their kind."""

    def __init__(self, *, differences: bool) -> None:
        self._differences = differences
        self._shown: dict[tuple[Any, ...], str] = {}
        self._diffs: set[str] = set()

    def lines(self, row: Row, before: Mapping[str, str]) -> Iterator[str]:
        """The lines of one row."""
        steps = [step for step in row.steps if step.changes or step in row.by_hand or step in row.kept]
        kind = tuple((step.act, step.path, step.why) for step in steps)
        same = self._shown.setdefault(kind, row.name) if steps else row.name
        as_there = "" if same == row.name or row.reason not in CHANGES else f", as in {same}"
        yield f"{row.reason!s:14} {one_line(row.name, 140)}  ({one_line(row.why, 300)}{as_there})"
        if row.reason not in CHANGES and not row.labels:
            return
        yield from [view.line(step) for step in steps] if same == row.name else []
        yield from (f"  {step.act!s:9} {_named(step)}  ({one_line(step.why, 120)})" for step in row.labels)
        if self._differences and row.plan not in self._diffs:
            self._diffs.add(row.plan)
            yield from (view.difference(step, before.get(step.path, "")) for step in steps if step.changes)


def summary(rows: Iterable[Row], owner: str, *, seconds: float) -> str:
    """How many rows of each kind, what writing costs, and how long it takes at least."""
    every = list(rows)
    counts = Counter(row.reason for row in every)
    told = ", ".join(f"{counts[reason]} {reason}" for reason in Reason if counts[reason]) or "nothing to look at"
    writes = sum(counts[reason] for reason in CHANGES)
    cost = f" {counted(writes, 'write')}, {duration(seconds)} at least by GitHub's limits." if writes else ""
    return f"{counted(len(every), 'repository')} of {owner}: {told}.{cost}"


def ended(rows: Iterable[Row], *, dry: bool) -> str:
    """The last line: what was done, and what to do about the rest."""
    every = list(rows)
    if dry:
        return "Nothing was written."
    done, failed = sum(row.done for row in every), sum(row.reason is Reason.FAILED for row in every)
    if failed:
        return f"{done} done, {failed} failed: run the same command again; what is done is not done twice."
    return f"{done} done." if done else "Nothing to do."


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def data(row: Row, before: Mapping[str, str], *, differences: bool) -> dict[str, Any]:
    """A row for programs."""
    steps = view.data(row.steps, before if differences else {})
    return {
        "repository": row.name,
        "reason": str(row.reason),
        "why": row.why,
        "plan": row.plan,
        "url": row.url,
        "done": row.done,
        "labels": [{"act": str(one.act), "name": one.path, "why": one.why} for one in row.labels],
        "steps": steps if differences else [{key: one[key] for key in ("act", "path", "why")} for one in steps],
    }


def _named(step: Step) -> str:
    """A label, or the refs that a removal deletes with them."""
    return step.path if step.path.startswith("refs/") else f"label {one_line(step.path, 60)}"
