"""How often a run that came to an end of its own came to a good one."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.model import COUNTED_OUTCOMES, Event, Outcome

_GOOD = frozenset({Outcome.HANDED_OFF, Outcome.NO_CHANGE})


def metric(events: Iterable[Event]) -> float | None:
    """Share of finished runs that handed off or needed no change (0 to 1); waiting and blocked runs do not count."""
    ended = [Outcome(event.data["outcome"]) for event in events if event.kind == "run.finished"]
    counted = [outcome for outcome in ended if outcome in _GOOD | COUNTED_OUTCOMES]
    return round(sum(outcome in _GOOD for outcome in counted) / len(counted), 4) if counted else None
