"""How many tasks a second 8 processes claim and complete on one store.

python tests/storm/throughput.py [--engine sqlite|postgres] [--processes 8] [--seconds 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import postgres
from autonomy_pack.edges import host
from autonomy_pack.model import Event, Lease
from autonomy_pack.store import open_store


def rate(url: str, *, processes: int = 8, seconds: float = 3.0) -> float:
    """Claims and completions a second over that many processes, each with tasks of its own; start-up left out."""
    open_store(url).close()
    begin = time.monotonic() + 0.5
    pids = [_forked(url, begin, begin + seconds) for _ in range(processes)]
    broken = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
    if broken:
        raise RuntimeError(f"{broken} of {processes} processes failed")
    store = open_store(url)
    done = store.counts("task").get("handed_off", 0)
    store.close()
    return done / seconds


def _forked(url: str, begin: float, end: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _work(url, begin, end)
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)


def _work(url: str, begin: float, end: float) -> None:
    store, number = open_store(url), 0
    time.sleep(max(0.0, begin - time.monotonic()))
    while time.monotonic() < end:
        number += 1
        task = f".#{os.getpid()}-{number}"
        held = store.claim([f"task:{task}"], host.me(), seconds=30, dead=host.is_dead, events=_claimed)
        assert held
        store.release(held[0], events=[_finished(held[0])])
    store.close()


def _claimed(leases: tuple[Lease, ...]) -> list[Event]:
    lease = leases[0]
    return [_event("task.claimed", "claim", lease, fence=lease.fence, holder="w", expires=lease.expires)]


def _finished(lease: Lease) -> Event:
    end = {"outcome": "handed_off", "why": "", "seconds": 0.0, "usd": 0.0, "tokens": 0, "transcript_sha256": ""}
    return _event("run.finished", "finish", lease, **end)


def _event(kind: str, word: str, lease: Lease, **data: object) -> Event:
    task = lease.key.removeprefix("task:")
    run = f"{task}/{lease.fence}"
    return Event(kind=kind, subject=task, run=run, data=data, key=f"{word}/{run}")


def main() -> int:
    """Measure both engines, or the one asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    for engine in asked.engine or ["sqlite", "postgres"]:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            on_file = f"sqlite:///{folder}/autonomy.db"
            url = on_file if engine == "sqlite" else postgres.fresh_url(stack.enter_context(postgres.server()))
            measured = rate(url, processes=asked.processes, seconds=asked.seconds)
        print(f"{engine}: {measured:.0f} tasks claimed and completed per second by {asked.processes} processes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
