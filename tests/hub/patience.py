"""Who was told to wait, how long, and who came back too early; and how much content one may make in a while."""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from hub.router import Answer, Refused

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.journal import Request

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
MINUTE, HOUR = 60, 3600
GRAPHQL = ("/graphql", "/api/graphql")
MUTATION = re.compile(r"\bmutation\b")


class Patience:
    """Waits by token: `Retry-After` binds every request of a token, a reset those of its resource (core, graphql)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._resets: dict[tuple[str, str], int] = {}
        self.early: list[Request] = []

    def arrived(self, request: Request) -> None:
        """Note a request that came inside a wait its token was told."""
        resource = "graphql" if request.path in GRAPHQL else "core"
        with self._lock:
            waits = self._clock.passed() < self._until.get(request.token, 0.0)
            empty = self._clock.seconds() < self._resets.get((request.token, resource), 0)
            free = request.path == "/rate_limit"
            if request.token and (waits or (empty and not free)):
                self.early.append(request)

    def told(self, request: Request, answer: Answer) -> None:
        """Remember the wait an answer tells, just before it is sent."""
        heard = {name.lower(): value for name, value in answer.headers.items()}
        with self._lock:
            if "retry-after" in heard and request.token:
                ends = self._clock.passed() + float(heard["retry-after"])
                self._until[request.token] = max(ends, self._until.get(request.token, 0.0))
            if heard.get("x-ratelimit-remaining") == "0":
                self._resets[request.token, heard["x-ratelimit-resource"]] = int(heard["x-ratelimit-reset"])


class Content:
    """What each token made in the last hour, against (requests a minute, requests an hour); None = no limit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: dict[str, deque[float]] = defaultdict(deque)

    def check(self, request: Request, limit: tuple[int, int] | None) -> None:
        """Count a request that makes content; refuse it beyond the limit, with the time until one is free again."""
        if limit is None or not request.token or not makes_content(request):
            return
        now, made = self._clock.passed(), self._made[request.token]
        while made and made[0] <= now - HOUR:
            made.popleft()
        for window, most in ((MINUTE, limit[0]), (HOUR, limit[1])):
            inside = [at for at in made if at > now - window]
            if len(inside) >= most:
                wait = math.ceil(inside[-most] + window - now)
                raise Refused(403, SECONDARY, headers={"Retry-After": str(max(1, wait))})
        made.append(now)


def makes_content(request: Request) -> bool:
    """A request with mutations, however many, and what REST writes, deletions excepted."""
    if request.path in GRAPHQL:
        return MUTATION.search(str((request.body or {}).get("query", ""))) is not None
    return request.method in ("POST", "PATCH", "PUT")
