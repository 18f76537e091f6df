"""How long a run takes."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from autonomy_pack.model import Event


def metric(events: Iterable[Event]) -> float | None:
    """Median seconds of finished runs."""
    seconds = [float(event.data["seconds"]) for event in events if event.kind == "run.finished"]
    return round(median(seconds), 3) if seconds else None
