"""The state of a repository's work, from heads: no forge, and no fold over events but those of today's spending.

What holds a task is told by the same rules as choosing tells it, for the text that was seen last.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from autonomy_pack.contracts import Store
from autonomy_pack.edges import clock
from autonomy_pack.flows import stop
from autonomy_pack.flows.project import Place
from autonomy_pack.model import Config, Head, Outcome
from autonomy_pack.policy import standing

_SHOWN = 50
# Nothing of their own history holds these; the others may be held, by attempts, answers or money.
_FREE = ("queued", Outcome.STOPPED, Outcome.STALE, Outcome.RATE_LIMITED)
_MAY_BE_HELD = (
    Outcome.WAITING,
    Outcome.BLOCKED,
    Outcome.NO_CHANGE,
    Outcome.FAILED,
    Outcome.TIMED_OUT,
    Outcome.STALLED,
    Outcome.OVER_BUDGET,
    "held",
    "skipped",
)


def status(place: Place, config: Config, store: Store | None) -> dict[str, Any]:
    """The published shape of `status --json`; a repository without a store has done nothing yet."""
    set_stop = stop.read(place)
    counts = store.counts("task") if store else {}
    held, free = _held(store, config)
    return {
        "mode": config.mode,
        "state": "stopped" if set_stop else "running" if counts.get("running") else "idle",
        "stop": {"source": set_stop.source, "by": set_stop.by, "at": set_stop.at, "why": set_stop.why}
        if set_stop
        else None,
        "circuit_breaker": {"state": "closed", "failures": 0, "opened_at": None},
        "queue_size": sum(counts.get(word, 0) for word in _FREE) + free,
        "queue_capacity": config.queue_capacity,
        "costs": _costs(store, config),
        "running": [_run(head) for head in _heads(store, "task", "running")],
        "decisions": [_decision(head) for head in _heads(store, "decision", "pending")],
        "handoffs": [_handoff(head) for head in _heads(store, "task", Outcome.HANDED_OFF)],
        "held": held,
        "health": _health(counts),
    }


def _costs(store: Store | None, config: Config) -> dict[str, Any]:
    """Of today. `tokens`: those whose kind is known, the cached ones among those that went in; `other`: the rest, set
    aside, of a call whose answer was lost, or of a leg on GitHub.
    """
    scope = f"day:{clock.now()[:10]}"
    day = store.head(scope) if store else None
    counted = Counter[str]()
    for event in store.events(kinds=["spend.settled"], since=scope[4:]) if store and day else ():
        if scope in event.data["scopes"]:
            counted.update(event.data.get("usage") or {})
    into = counted["input"] + counted["cache_read"] + counted["cache_write"]
    other = max(0, (day.tokens if day else 0) - into - counted["output"])
    return {
        "today_usd": round(day.usd, 6) if day else 0.0,
        "limit_usd": config.day_usd,
        "tokens": {"in": into, "out": counted["output"], "cached": counted["cache_read"], "other": other},
    }


def _held(store: Store | None, config: Config) -> tuple[list[dict[str, Any]], int]:
    """The tasks that are held, with their why, newest first; and how many of those that might be are free."""
    heads = store.heads("task", status=_MAY_BE_HELD) if store else []
    waiting = any(head.status == Outcome.WAITING for head in heads)
    decisions = {head.run: head for head in store.heads("decision")} if store and waiting else {}
    held = []
    for head in heads:
        why = standing.why_held(head, head.pin, "", decisions.get(head.run), config.attempts)
        if why := why or standing.why_over_budget(head, head.pin, clock.now()):
            held.append({"task": head.subject, "status": head.status, "why": why})
    return held, len(heads) - len(held)


def _heads(store: Store | None, type_: str, status_: str) -> list[Head]:
    return store.heads(type_, status=[status_], limit=_SHOWN) if store else []


def _run(head: Head) -> dict[str, Any]:
    return {"task": head.subject, "run": head.run, "title": head.title, "mission": head.mission, "since": head.at}


def _decision(head: Head) -> dict[str, Any]:
    return {"id": head.subject, "run": head.run, "question": head.title, "deadline": head.deadline}


def _handoff(head: Head) -> dict[str, Any]:
    return {"task": head.subject, "run": head.run, "branch": head.branch, "at": head.at}


def _health(counts: dict[str, int]) -> str:
    """By the share of tasks that ended well: 90 % and less than 3 failures, 70 % and less than 5, or worse."""
    bad = sum(counts.get(word, 0) for word in (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED))
    good = sum(counts.get(word, 0) for word in (Outcome.HANDED_OFF, Outcome.NO_CHANGE))
    if not good + bad:
        return "UNKNOWN"
    share = good / (good + bad)
    if share >= 0.9 and bad < 3:
        return "HEALTHY"
    return "DEGRADED" if share >= 0.7 and bad < 5 else "UNHEALTHY"
