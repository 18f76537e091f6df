"""A very large store, made once: every task with the events of a real life, the heads folded from them by our own fold.

The events are inserted by SQL in one transaction, without waiting for the disk: through the store, each commit durable,
a million would take minutes. What comes out is what the store would have made: `autonomy db check` finds nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pairs import Say

from autonomy_pack.model import Event, Head
from autonomy_pack.store import heads, open_store, rows, sql

EVENTS_EACH = 10
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_APART = timedelta(seconds=8)
_HASH = "0123456789abcdef" * 4
_OUTCOMES = ("handed_off",) * 7 + ("no_change", "blocked", "failed")
_INSERT = """insert into events (id, at, kind, repo, subject, run, actor, data, key, v)
    values (:id, :at, :kind, :repo, :subject, :run, :actor, :data, :key, :v)"""
_FREED = "insert into leases (key, fence, holder, expires) values (?, 1, '', ?)"


def at(folder: Path, tasks: int, say: Say) -> Path:
    """The store with so many tasks in that folder, made when it is not there."""
    path = folder / f"bench-{tasks}-tasks.db"
    if not path.exists():
        say(f"making {path} with {tasks * EVENTS_EACH:,} events (once; well under a minute for a million)")
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        _fill(part, tasks)
        part.rename(path)
    return path


def _fill(path: Path, tasks: int) -> None:
    open_store(str(path)).close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = off")
    db.execute("pragma synchronous = off")
    db.execute("begin")
    folded: dict[str, Head] = {}
    db.executemany(_INSERT, _places(tasks, folded))
    db.executemany(sql.SAVE_HEAD, map(rows.head_params, folded.values()))
    db.executemany(_FREED, ((f"task:{name}", head.at) for name, head in folded.items()))
    db.execute("commit")
    db.execute("pragma optimize")
    db.execute("pragma journal_mode = wal")
    db.close()


def _places(tasks: int, folded: dict[str, Head]) -> Iterator[dict[str, Any]]:
    """The rows of all events; `folded` gets the heads they leave."""
    ids, moment, seq = rows.Ids(), _BEGAN, 1  # the store's own first event is its migration
    for number in range(tasks):
        for event in _life(number):
            moment, seq = moment + _APART, seq + 1
            at = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            stamped = _stamped(event, ids.next(at), seq, at)
            for subject in heads.subjects_of(stamped):
                if head := heads.fold(folded.get(subject), stamped, subject):
                    folded[subject] = head
            yield rows.event_params(stamped)


def _stamped(event: Event, id_: str, seq: int, at: str) -> Event:
    return Event(
        kind=event.kind,
        subject=event.subject,
        run=event.run,
        data=event.data,
        key=event.key,
        id=id_,
        seq=seq,
        at=at,
    )


def _life(number: int) -> Iterator[Event]:
    """The events of one task: most have ended, one in 500 waits in the queue, one in 20,000 is being worked on."""
    task, pin = f".#{number}", f"{number:064x}"
    if number % 500 == 1:
        for edit in range(EVENTS_EACH):
            yield _seen(task, number, f"{number:060x}{edit:04x}")
        return
    run, running = f"{task}/1", number % 20_000 == 2
    yield _seen(task, number, pin)
    yield _event("task.claimed", task, run, f"claim/{run}", fence=1, holder="host:1", expires="")
    yield _event("run.started", task, run, f"start/{run}", **_started(pin))
    yield _event("change.made", task, run, None, **_change(number))
    for check in ("tests", "lint", "types"):
        yield _event("check.ran", task, run, None, **_checked(check))
    yield _event("finding.found", task, run, None, rule="size", risk="low", says="small", fix="none", where="a.py")
    branch = f"agent/planner/{number}-{number:08x}-task"
    yield _event("handoff.intended", task, run, f"intended/{run}", branch=branch, head=_HASH[:40], closes=True)
    if running:
        yield _event("check.ran", task, run, None, **_checked("docs"))
        return
    end = {"outcome": _OUTCOMES[number % len(_OUTCOMES)], "why": "", "seconds": 12.5, "usd": 0.0, "tokens": 0}
    yield _event("run.finished", task, run, f"finish/{run}", **end, transcript_sha256=_HASH)


def _seen(task: str, number: int, pin: str) -> Event:
    words = {"title": f"Rename greeting {number}", "lane": "default", "mission": "replace-text", "agent": "planner"}
    told = {**words, "priority": number % 4, "pin": pin, "eligible": True, "why": "eligible"}
    return _event("task.seen", task, "", f"seen/{task}/{pin}", **told)


def _started(pin: str) -> dict[str, Any]:
    limits = {"steps": 50, "minutes": 20.0, "stall_minutes": 5.0, "usd": 0.0, "tokens": 0}
    words = {"agent": "planner", "mission": "replace-text", "mission_sha256": _HASH, "base": pin[:40], "sandbox": "L2"}
    return {**words, "attempt": 1, "limits": limits, "pid": 1, "pid_start": 1.0}


def _change(number: int) -> dict[str, Any]:
    ids = {"base": _HASH[:40], "head": f"{number:040x}", "tree": _HASH[8:48], "bundle": "attempt.bundle"}
    return {**ids, "files": ["a.py", "b.py"], "added": 3, "removed": 2, "sha256": _HASH}


def _checked(name: str) -> dict[str, Any]:
    return {"name": name, "argv": ["make", name], "exit": 0, "seconds": 1.5, "head": _HASH[:40], "log_sha256": _HASH}


def _event(kind: str, task: str, run: str, key: str | None, **data: Any) -> Event:
    return Event(kind=kind, subject=task, run=run, data=data, key=key)
