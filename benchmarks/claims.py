"""How many tasks a second are claimed and completed by several processes on one store, beside bare transactions.

Ours takes a lease with a fence and an event, then gives it back with another: two transactions on disk, the heads moved
in both. The bare database does two transactions that each insert one row of that size, by as many processes.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack

import pairs
from pairs import Result, Row, Say
from tests.storm import throughput

import postgres

_DATA = "x" * 400
_AIM = 500


def measure(*, quick: bool, say: Say) -> Result:
    """Claims and completions per second with 8 processes, on SQLite and, where there is one, PostgreSQL."""
    result = Result()
    processes, seconds, times = (2, 0.5, 1) if quick else (8, 2.0, 3)
    result.rows.append(_sqlite(processes, seconds, times, say))
    try:
        postgres.binaries()
    except RuntimeError as error:
        result.notes.append(f"PostgreSQL is left out: {error}")
    else:
        result.rows.append(_postgres(processes, seconds, times, say))
    return result


def _sqlite(processes: int, seconds: float, times: int, say: Say) -> Row:
    say(f"claims: SQLite, {processes} processes, {times} times")
    with tempfile.TemporaryDirectory() as name:
        files = iter(range(1000))

        def ours() -> float:
            url = f"sqlite:///{name}/{next(files)}.db"
            return throughput.rate(url, processes=processes, seconds=seconds)

        def bare() -> float:
            path = f"{name}/{next(files)}.db"
            with sqlite3.connect(path) as db:
                db.execute("pragma journal_mode = wal")
                db.execute("create table t (seq integer primary key autoincrement, data text)")
            db.close()
            _together(lambda begin, end: _sqlite_work(path, begin, end), processes, seconds)
            return _counted(sqlite3.connect(path)) / 2 / seconds

        return _row("SQLite", processes, pairs.in_turn(times, {"ours": ours, "bare": bare}))


def _sqlite_work(path: str, begin: float, end: float) -> None:
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    db.execute("pragma synchronous = full")
    time.sleep(max(0.0, begin - time.monotonic()))
    while time.monotonic() < end:
        try:
            db.execute("begin immediate")
        except sqlite3.OperationalError:
            time.sleep(random.uniform(0.0002, 0.002))
            continue
        db.execute("insert into t (data) values (?)", (_DATA,))
        db.execute("commit")


def _postgres(processes: int, seconds: float, times: int, say: Say) -> Row:
    say(f"claims: PostgreSQL, {processes} processes, {times} times")
    with ExitStack() as stack:
        folder = stack.enter_context(postgres.server())

        def ours() -> float:
            return throughput.rate(postgres.fresh_url(folder), processes=processes, seconds=seconds)

        def bare() -> float:
            import psycopg

            url = postgres.fresh_url(folder)
            with psycopg.connect(url) as db:
                db.execute("create table t (seq bigserial primary key, data text)")
            _together(lambda begin, end: _postgres_work(url, begin, end), processes, seconds)
            return _counted(psycopg.connect(url)) / 2 / seconds

        return _row("PostgreSQL", processes, pairs.in_turn(times, {"ours": ours, "bare": bare}))


def _postgres_work(url: str, begin: float, end: float) -> None:
    import psycopg

    with psycopg.connect(url) as db:
        time.sleep(max(0.0, begin - time.monotonic()))
        while time.monotonic() < end:
            db.execute("insert into t (data) values (%s)", (_DATA,))
            db.commit()


def _row(engine: str, processes: int, found: dict[str, list[float]]) -> Row:
    return pairs.row(
        f"claim + complete, {engine}, {processes} processes",
        "/s",
        found["ours"],
        "2 bare transactions",
        found["bare"],
        aim=f"≥ {_AIM} /s",
        met=lambda ours, _theirs, _ratio: ours >= _AIM,
    )


def _counted(db: object) -> int:
    (count,) = db.execute("select count(*) from t").fetchone()
    db.close()
    return count


def _together(work: Callable[[float, float], None], processes: int, seconds: float) -> None:
    """The same work in so many processes between the same two moments."""
    begin = time.monotonic() + 0.5
    pids = [_forked(work, begin, begin + seconds) for _ in range(processes)]
    if any(os.waitpid(pid, 0)[1] for pid in pids):
        raise RuntimeError("a process of the bare measurement failed")


def _forked(work: Callable[[float, float], None], begin: float, end: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(begin, end)
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)
