"""How fast content is made: below what GitHub documents, slower after each refusal, faster again while all is clean."""

from __future__ import annotations

from collections import deque

from autonomy_pack.edges import clock

# "in general, no more than 80 content-generating requests per minute and 500 per hour" (GitHub, "Rate limits for the
# REST API"); the web pages count too, so a part of it is left to people.
PER_MINUTE, PER_HOUR = 72, 480
_CLEAN = 20


class Pace:
    """Lets writes through one by one, `gap` seconds apart at least, and no more than `per_minute` and `per_hour`.

    A refusal doubles the gap (to at most a minute); after 20 clean writes it shrinks by a quarter, down to `gap`.
    """

    def __init__(self, gap: float = 1.0, per_minute: int = PER_MINUTE, per_hour: int = PER_HOUR) -> None:
        self._least = self._gap = gap
        self._windows = ((60.0, per_minute), (3600.0, per_hour))
        self._at: deque[float] = deque(maxlen=max(per_minute, per_hour))
        self._clean = 0

    def turn(self) -> None:
        """Wait until one more may be sent."""
        clock.pause(self.wait(clock.monotonic()))
        self._at.append(clock.monotonic())

    def wait(self, now: float) -> float:
        """Seconds until one more may be sent."""
        waits = [self._at[-1] + self._gap - now] if self._at else []
        waits += [self._at[-most] + span - now for span, most in self._windows if len(self._at) >= most]
        return max([0.0, *waits])

    def least(self, writes: int) -> float:
        """Seconds that so many writes take at least, from now on."""
        minute, hour = (most for _, most in self._windows)
        hours, rest = divmod(max(writes - 1, 0), hour)
        return hours * 3600.0 + rest * max(self._least, 60.0 / minute)

    def refused(self) -> None:
        """GitHub said that it was too fast."""
        self._gap, self._clean = min(max(self._gap, 0.5) * 2, 60.0), 0

    def went_well(self) -> None:
        """A write was taken."""
        self._clean += 1
        if self._clean >= _CLEAN:
            self._gap, self._clean = max(self._least, self._gap * 0.75), 0
