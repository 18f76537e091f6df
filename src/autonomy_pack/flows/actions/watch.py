"""Whether anybody wants us to stop: asked on a thread of its own, so that no work waits for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from autonomy_pack.edges import clock
from autonomy_pack.errors import PackError

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

EVERY = 10.0
_GONE = (301, 404, 410)
PATIENCE = 60.0
"""Seconds for which the switches may be unreadable before that counts as a stop: unknown is never "go on"."""


def words(github: GitHub, workflow: str, issue: str, *, now: bool = False) -> str:
    """Why work must stop, "" to go on; an issue that is gone has no labels any more, so it says nothing.

    WorldError when a switch cannot be read.
    """
    from autonomy_pack.edges.github.failures import Refused

    try:
        return github.stop_words(workflow, issue, now=now)
    except Refused as error:
        if not issue or error.status not in _GONE:
            raise
    return github.stop_words(workflow, now=now)


class Watch:
    """`said` is why work must end, "" to go on. Begins with an answer; raises what the first question raises."""

    def __init__(self, ask: Callable[[], str], *, every: float = EVERY, patience: float = PATIENCE) -> None:
        self.said = ask()
        self._ask, self._every, self._patience = ask, every, patience
        self._heard = clock.monotonic()
        self._done = threading.Event()
        self._asking = threading.Thread(target=self._listen, daemon=True, name="stop")

    def __enter__(self) -> Self:
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _listen(self) -> None:
        while not self.said and not self._done.wait(self._every):
            try:
                self.said = self._ask()
                self._heard = clock.monotonic()
            except PackError as error:
                if clock.monotonic() - self._heard > self._patience:
                    self.said = f"the stop switches, which cannot be read: {error.says}"
