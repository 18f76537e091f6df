"""Things that go wrong on the way: a queue of faults, and barriers at which a request waits for the test."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

KINDS = frozenset(
    [
        "die_before",
        "die_after",
        "500",
        "html502",
        "secondary403",
        "secondary403_retry",
        "429",
        "429_retry",
        "timeout",
        "cut_body",
        "stale_read",
        "409",
        "422",
        "expired",
        "graphql_limit",
        "graphql_error",
        "graphql_partial",
        "graphql_secondary",
        "stale_head",
    ]
)
# The write is done, only the answer suffers.
AFTER = frozenset({"die_after", "cut_body", "stale_read"})
# Told by the GraphQL answer itself, inside a 200.
INSIDE = frozenset({"graphql_limit", "graphql_error", "graphql_partial", "stale_head"})
# What must be in a request for these to strike it: a query, a commit.
ONLY = {"graphql_secondary": b'"query"', "stale_head": b"createCommitOnBranch"}


@dataclass
class Fault:
    """`kind` for the `nth` request (from 1, counted from when it was added) whose "METHOD /path" matches `route`.

    `times`: that many requests in a row; `job`: only requests of that job; `retry_after`: seconds, fractions too, of the
    kinds that say so (0: graphql_secondary says none). stale_head: somebody was faster than a request's first commit.
    Paths are without /api/v3.
    """

    kind: str
    route: str | None = None
    nth: int = 1
    times: int = 1
    job: str = ""
    retry_after: float = 1
    seen: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")

    def strikes(self, line: str, job: str, raw: bytes = b"") -> bool:
        """Count a request; whether it is struck."""
        if ONLY.get(self.kind, b"") not in raw:
            return False
        if self.done >= self.times or self.job not in ("", job) or not re.search(self.route or "", line):
            return False
        self.seen += 1
        hit = self.seen >= self.nth
        self.done += hit
        return hit


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.queue: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Let these happen."""
        with self._lock:
            self.queue += faults

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self.queue.clear()

    @property
    def left(self) -> list[Fault]:
        """Those that did not happen as often as they should; a test that expects them to asserts []."""
        return [fault for fault in self.queue if fault.done < fault.times]

    def take(self, line: str, job: str = "", raw: bytes = b"") -> Fault | None:
        """The fault of this request ("METHOD /path", of a job), if any; every fault counts the request."""
        with self._lock:
            hits = [fault for fault in self.queue if fault.strikes(line, job, raw)]
        return hits[0] if hits else None


@dataclass
class Barrier:
    """Stops the `nth` matching request, before it does anything, until `release`."""

    route: str
    nth: int = 1
    job: str = ""
    seen: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def reached(self, timeout: float = 30.0) -> bool:
        """Wait until a request stands at the barrier; False when none came in time."""
        return self.arrived.wait(timeout)

    def release(self) -> None:
        """Let it pass."""
        self.go.set()

    def stop_at(self, line: str, job: str) -> None:
        """Called by the server: wait if it is this request's turn."""
        if self.job not in ("", job) or not re.search(self.route, line):
            return
        with self.counting:
            self.seen += 1
            mine = self.seen == self.nth
        if mine:
            self.arrived.set()
            self.go.wait(120)
