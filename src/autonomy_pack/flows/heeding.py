"""What long work of our own looks at between its parts: a stop, a lost lease, and the time. An agent may leave a tree
that takes longer to judge than anybody wants to wait.
"""

from __future__ import annotations

from autonomy_pack.edges import clock
from autonomy_pack.edges.heeded import Heed
from autonomy_pack.errors import TimedOut
from autonomy_pack.flows.job import Job

_EVERY = 0.2  # seconds; a stop is a file to look for, and there may be very many parts
# What was made at the last moment still has the time to be judged; what a stopped run left has less to be kept.
_JUDGING, _KEEPING = 120.0, 20.0


def judging(job: Job) -> Heed:
    """Raises Stopped or LeaseLost as `job.heed_stop` does, and TimedOut once the mission's minutes are over."""
    seconds = max(job.seconds_left, _JUDGING)
    over = within(seconds, f"what it left could not be judged in the {seconds:.0f} s that were left")
    last = 0.0

    def heed() -> None:
        nonlocal last
        now = clock.monotonic()
        if now - last >= _EVERY:
            last = now
            job.heed_stop()
            over()

    return heed


def keeping() -> Heed:
    """Raises TimedOut when keeping the work of a run that is over takes too long."""
    return within(_KEEPING, f"what it left could not be kept within {_KEEPING:.0f} s")


def within(seconds: float, says: str) -> Heed:
    """Raises TimedOut with these words once so many seconds have gone by."""
    until = clock.monotonic() + seconds

    def heed() -> None:
        if clock.monotonic() > until:
            raise TimedOut(says, "Have it leave less, or raise limits.minutes.")

    return heed
