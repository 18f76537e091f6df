"""The one place that reads the time. Text is UTC with microseconds, so text order is time order."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    """The time now, as "2026-01-02T03:04:05.678901Z"."""
    return datetime.now(UTC).strftime(_FORMAT)


def later(at: str, seconds: float) -> str:
    """The time `seconds` after `at` (before it when negative); ValueError when `at` is not such a text."""
    return (datetime.strptime(at, _FORMAT).replace(tzinfo=UTC) + timedelta(seconds=seconds)).strftime(_FORMAT)


def between(earlier: str, later_: str) -> float:
    """Seconds from one time to another."""
    return (datetime.strptime(later_, _FORMAT) - datetime.strptime(earlier, _FORMAT)).total_seconds()  # noqa: DTZ007


def stamp(at: str) -> str:
    """The same time as names of files and sessions use it: "20260102T030405Z"."""
    return at[:19].replace("-", "").replace(":", "") + "Z"


def monotonic() -> float:
    """Seconds of a clock that nobody sets; only differences mean anything."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Do nothing for that long."""
    time.sleep(seconds)
