"""Between values and rows: what may be stored, and how it looks in a table."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from autonomy_pack.contracts import Condition
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import EVENT_FIELDS, Event, Head, Holder, Lease
from autonomy_pack.store.conditions import DecisionExpired, DecisionOpen
from autonomy_pack.store.connection import Row

INSIDE_A_RUN = frozenset(
    {"step.started", "step.answered", "step.finished", "model.called", "agent.said", "agent.asked", "prompt.given"}
)
_HEAD_FIELDS = tuple(Head.__dataclass_fields__)
_FIX = "This is a defect of the program that wrote it; please report it with this message."


class Ids:
    """Makes uuid7 texts that rise within a process, also when the clock stands still or goes back."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, at: str) -> str:
        """A new id for something that happened at that time (UTC text)."""
        milliseconds = int(datetime.fromisoformat(at).timestamp() * 1000)
        number = max(milliseconds << 74 | secrets.randbits(73), self._last + 1 + secrets.randbits(32))
        self._last = number
        time, high, low = number >> 74, number >> 62 & 0xFFF, number & (1 << 62) - 1
        word = f"{time << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
        return f"{word[:8]}-{word[8:12]}-{word[12:16]}-{word[16:20]}-{word[20:]}"


def require_storable(events: Sequence[Event], only_if: Condition | None) -> None:
    """UsageError unless every event is of a kind the store keeps, with exactly its fields.

    An answer to a decision is stored only together with the condition that the decision may still be answered.
    """
    for event in events:
        wanted = EVENT_FIELDS.get(event.kind)
        if wanted is None or event.kind in INSIDE_A_RUN:
            raise UsageError(f"the store keeps no events of kind {event.kind!r}", _FIX)
        if event.data.keys() != wanted:
            odd = ", ".join(sorted(event.data.keys() ^ wanted))
            raise UsageError(f"an event {event.kind} has missing or unknown fields: {odd}", _FIX)
        if event.kind == "decision.answered":
            _require_asked(event, only_if)


def _require_asked(event: Event, only_if: Condition | None) -> None:
    expired = isinstance(only_if, DecisionExpired) and event.data["option"] == "deny"
    about = only_if.action_sha256 if isinstance(only_if, DecisionOpen) else None
    bound = isinstance(only_if, DecisionOpen | DecisionExpired) and only_if.decision == event.subject
    if not bound or not (expired or about == event.data["action_sha256"]):
        raise UsageError(
            f"an answer to {event.subject} needs DecisionOpen or DecisionExpired for the same action", _FIX
        )


def event_params(event: Event) -> dict[str, Any]:
    """The places of INSERT_EVENT; UsageError when the event cannot be written as text."""
    columns = ("id", "at", "kind", "repo", "subject", "run", "actor", "key", "v")
    params = {name: getattr(event, name) for name in columns}
    try:
        if "\0" in "".join(word for word in params.values() if isinstance(word, str)):
            raise ValueError("a name holds a NUL")
        params["data"] = json.dumps(event.data, separators=(",", ":"), allow_nan=False)
        f"{event.repo}{event.subject}{event.run}{event.actor}{event.key}".encode()
    except (ValueError, TypeError) as error:
        raise UsageError(f"an event {event.kind} of {event.subject!r} cannot be stored: {error}", _FIX) from error
    return params


def event_from(row: Row) -> Event:
    """The event of a row of sql.EVENT; WorldError when its data was damaged."""
    seq, id_, at, kind, repo, subject, run, actor, word, key, v = row
    try:
        data = json.loads(word)
    except ValueError as error:
        raise WorldError(f"event {seq} of the store is damaged: {error}", "Restore the newest backup.") from error
    return Event(
        seq=seq, id=id_, at=at, kind=kind, repo=repo, subject=subject, run=run, actor=actor, data=data, key=key, v=v
    )  # fmt: skip


def holder_text(holder: Holder) -> str:
    """A holder as one text, equal exactly for equal holders."""
    return json.dumps([holder.host, holder.boot, holder.pid_namespace, holder.pid, holder.pid_start])


def lease_from(row: Row) -> Lease:
    """The lease of a row (key, fence, holder, expires)."""
    key, fence, holder, expires = row
    return Lease(key=key, fence=fence, holder=holder_from(holder), expires=expires)


def holder_from(word: str) -> Holder | None:
    """The holder written by `holder_text`; None for the empty text of a lease that was given back."""
    if not word:
        return None
    host, boot, namespace, pid, start = json.loads(word)
    return Holder(host=host, boot=boot, pid_namespace=namespace, pid=pid, pid_start=start)


def lease_params(lease: Lease) -> dict[str, Any]:
    """The places that name exactly this holding of the lease."""
    holder = holder_text(lease.holder) if lease.holder else "nobody"
    return {"key": lease.key, "fence": lease.fence, "holder": holder}


def head_params(head: Head) -> Mapping[str, Any]:
    """The places of SAVE_HEAD."""
    return {name: getattr(head, name) for name in _HEAD_FIELDS}


def head_from(row: Row) -> Head:
    """The head of a row of sql.HEAD."""
    return Head(**dict(zip(_HEAD_FIELDS, row, strict=True)))
