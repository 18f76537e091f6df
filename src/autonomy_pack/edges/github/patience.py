"""The one policy of retries: by class of failure, and never longer than a call's patience."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from autonomy_pack.edges.github.failures import Limited
from autonomy_pack.edges.github.wire import Lost
from autonomy_pack.errors import WorldError

T = TypeVar("T")
_TRIES = 5
_UNSTATED = 60.0
"""Seconds to wait at least where a limit does not say how long (GitHub, "Best practices for using the REST API")."""


class Patience:
    """How long one call goes on trying. `lost` is whether an answer was lost, so that it may have been done.

    No answer, 5xx and 409: five tries, half a second and then twice as long (shorter when `seconds` is below 60).
    Limits: as long as GitHub says, else a minute and then twice as long, all in all at most `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waited = 0.0
        self._tries = 0
        self._limits = 0
        self.lost = False

    def wait(self, error: Exception) -> bool | float:
        """Seconds until the next try; False to give up. For stamina."""
        if isinstance(error, Lost):
            self.lost = True
            self._tries += 1
            return self._spend(self._soon()) if self._tries < _TRIES else False
        if isinstance(error, Limited):
            self._limits += 1
            unstated = min(_UNSTATED, self._seconds) * 2 ** (self._limits - 1)
            return self._spend(unstated if error.wait is None else error.wait)
        return False

    def _soon(self) -> float:
        first = min(self._seconds, 60.0) / 120
        return float(first * 2 ** (self._tries - 1)) * random.uniform(1.0, 1.25)  # noqa: S311

    def _spend(self, seconds: float) -> bool | float:
        if self._waited + seconds > self._seconds:
            return False
        self._waited += seconds
        return float(seconds)


def persist(once: Callable[[], T], *, seconds: float, what: str, look: Callable[[], T | None] | None = None) -> T:
    """What `once` returns, asked for again where that is of use. After a lost answer `look` first says whether it was
    done: what it returns then is the result. Raises WorldError when patience ends; what else `once` raises, at once.
    """
    import stamina
    from stamina import instrumentation

    instrumentation.set_on_retry_hooks(())  # stamina would log every retry to standard error
    patience = Patience(seconds)
    try:
        for attempt in stamina.retry_context(on=patience.wait, attempts=None, timeout=None):
            with attempt:
                done = look() if patience.lost and look else None
                return once() if done is None else done
    except Lost as error:
        raise WorldError(
            f"{what}: no answer from GitHub, tried {_TRIES} times ({error})",
            "Look at the network and at GitHub's status page, then run again: what was done is found, not done twice.",
        ) from None
    except Limited as error:
        when = f"at {error.at}" if error.at else f"in {error.wait:.0f} s" if error.wait else "in some minutes"
        raise WorldError(
            f"{what}: the {error} of this token is used up; it may go on {when}",
            "Run again then, or less often; `autonomy metrics rate-limits` shows what is left.",
        ) from None
    raise AssertionError("unreachable")
