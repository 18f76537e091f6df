"""A store of any size, for measuring readers: python tests/storm/big.py URL [TASKS] [CHECKS_PER_RUN]."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from autonomy_pack.model import Event, Outcome
from autonomy_pack.store import open_store

_SEEN = {"priority": 1, "lane": "default", "mission": "m", "agent": "planner", "pin": "p", "eligible": True, "why": ""}
_STARTED = {"attempt": 1, "agent": "planner", "mission": "m", "mission_sha256": "", "base": "", "sandbox": "L2"}
_CHECK = {"name": "tests", "argv": ["make", "test"], "exit": 0, "seconds": 1.0, "head": "", "log_sha256": ""}
_END = {"why": "", "seconds": 1.0, "usd": 0.0, "tokens": 0, "transcript_sha256": ""}
_OUTCOMES = (Outcome.HANDED_OFF, Outcome.FAILED, Outcome.WAITING, Outcome.BLOCKED)


def fill(url: str, *, tasks: int = 100_000, checks: int = 7) -> int:
    """Put that many tasks with one run each into the store, 3 + `checks` events a task; how many events there are."""
    store = open_store(url)
    for first in range(0, tasks, 500):
        numbers = range(first, min(first + 500, tasks))
        store.append([event for number in numbers for event in _story(number, checks)])
    total = sum(1 for _ in store.events())
    store.close()
    return total


def _story(number: int, checks: int) -> Iterator[Event]:
    task = f".#{number}"
    run = f"{task}/1"
    started = _STARTED | {"limits": {}, "pid": 1, "pid_start": 1.0}
    yield Event(kind="task.seen", subject=task, data=_SEEN | {"title": f"Task {number}"}, key=f"seen/{task}/p")
    yield Event(kind="run.started", subject=task, run=run, data=started, key=f"start/{run}")
    for _ in range(checks):
        yield Event(kind="check.ran", subject=task, run=run, data=_CHECK)
    end = _END | {"outcome": str(_OUTCOMES[number % len(_OUTCOMES)])}
    yield Event(kind="run.finished", subject=task, run=run, data=end, key=f"finish/{run}")


if __name__ == "__main__":
    sizes = dict(zip(("tasks", "checks"), map(int, sys.argv[2:]), strict=False))
    print(f"{fill(sys.argv[1], **sizes)} events")
