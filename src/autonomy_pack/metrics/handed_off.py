"""How much reached people."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.model import Event


def metric(events: Iterable[Event]) -> float | None:
    """Handoffs made."""
    return float(sum(event.kind == "handoff.made" for event in events))
