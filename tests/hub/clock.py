"""The hub's clock: near the real time, one second further at every write, so that no two writes share a second."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)


class Clock:
    """Follows the real time until `set`; from then on only writes and `move` let it pass."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fixed: datetime | None = None
        self._ahead = timedelta()
        self._last = datetime(2000, 1, 1, tzinfo=UTC)
        self._step = SECOND

    def keep_to_real_time(self) -> None:
        """From now on writes may share a second, for who is told real moments, such as a limit's end."""
        self._step = timedelta()

    def set(self, text: str) -> None:
        """The next write happens at exactly this time, such as "2026-01-02T03:04:05Z"."""
        with self._lock:
            self._fixed = datetime.fromisoformat(text.replace("Z", "+00:00"))
            self._last = self._fixed - SECOND

    def move(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
            self._last += timedelta(seconds=seconds)

    def tick(self) -> str:
        """The time of a write: later than every write before it."""
        with self._lock:
            self._last = max(self._base(), self._last + self._step)
            return _text(self._last)

    def now(self) -> str:
        """The time of a read."""
        with self._lock:
            return _text(max(self._base(), self._last))

    def seconds(self) -> int:
        """The time of a read as seconds since 1970."""
        with self._lock:
            return int(max(self._base(), self._last).timestamp())

    def passed(self) -> float:
        """Seconds that went by, real ones and moved ones, from any beginning; writes do not hurry this."""
        with self._lock:
            return time.monotonic() + self._ahead.total_seconds()

    def _base(self) -> datetime:
        return (self._fixed or datetime.now(UTC)).replace(microsecond=0) + self._ahead


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
