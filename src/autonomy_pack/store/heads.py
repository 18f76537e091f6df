"""Events are commits, heads are refs: the pure fold from one to the other.

`task.*`, `run.*`, `change.made`, `check.ran`, `finding.found` and `handoff.*` move their task; `decision.*`,
`control.set` and `session.*` their own subject; `spend.*` every budget they count for. Others move none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from autonomy_pack.model import COUNTED_OUTCOMES, Event, Head, Outcome

_ANSWERS = {"approve": "approved", "deny": "denied"}
_UNTRIED = ("", "seen", "queued")


def subjects_of(event: Event) -> tuple[str, ...]:
    """The subjects of the heads that the event moves. TypeError when the budgets of a spend event are no texts."""
    if event.kind.startswith("spend."):
        scopes = event.data["scopes"]
        if not isinstance(scopes, list | tuple) or not all(isinstance(scope, str) for scope in scopes):
            raise TypeError("its scopes are no list of texts")
        return tuple(dict.fromkeys(map(text, scopes)))
    return (event.subject,) if event.kind in _FOLDS else ()


def fold(head: Head | None, event: Event, subject: str) -> Head | None:
    """The head of that subject after the event; ValueError, TypeError when the data cannot be what its kind says."""
    step = _FOLDS.get(event.kind)
    if step is None or (head is None and event.kind in _NEEDS_A_HEAD):
        return head
    type_, change = step
    old = head or Head(repo=event.repo, subject=subject, type=type_)
    return replace(old, seq=event.seq, at=event.at, kind=event.kind, **change(old, event, event.data))


def text(said: object) -> str:
    """What was said, as every engine can keep it: no NUL, no half of a surrogate pair."""
    word = "" if said is None else str(said)
    return word if word.isascii() and "\0" not in word else word.encode(errors="replace").decode().replace("\0", "")


Data = Mapping[str, Any]
Changes = dict[str, Any]


def _seen(head: Head, event: Event, data: Data) -> Changes:
    pin, eligible = text(data["pin"]), bool(data["eligible"])
    same = head.pin == pin
    words = {name: text(data[name]) for name in ("title", "lane", "mission", "agent", "why")}
    fresh = {"status": "queued" if eligible else "seen"}
    first = {"since": event.at if eligible else ""}
    return {
        **words,
        "priority": None if data["priority"] is None else int(data["priority"]),
        "pin": pin,
        **(fresh if not same or head.status in _UNTRIED else {}),
        **(first if not same or not head.since else {}),
        **({} if same else {"attempts": 0}),
    }


def _running(head: Head, event: Event, _: Data) -> Changes:
    return {"status": "running", "run": event.run or head.run}


def _noted(_head: Head, _event: Event, _: Data) -> Changes:
    return {}


def _intended(_head: Head, _event: Event, data: Data) -> Changes:
    return {"branch": text(data["branch"]), "commit": text(data["head"])}


def _handed_off(_head: Head, _event: Event, _: Data) -> Changes:
    return {"status": Outcome.HANDED_OFF.value}


def _ended(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": "merged" if data["state"] == "merged" else "held"}


def _finished(head: Head, event: Event, data: Data) -> Changes:
    outcome = Outcome(data["outcome"])
    ended = {"status": outcome.value, "why": text(data["why"]), "run": event.run or head.run}
    # A successor closes the books of a dead run after its own claim: that must not end the run that goes on.
    late = bool(event.run and head.run and event.run != head.run)
    return {
        **({} if late else ended),
        "attempts": head.attempts + (outcome in COUNTED_OUTCOMES),
        "usd": head.usd + float(data["usd"]),
        "tokens": head.tokens + int(data["tokens"]),
    }


def _reset(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": "queued", "attempts": 0, "branch": "", "commit": "", "why": text(data["why"])}


def _skipped(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": "skipped", "why": text(data["why"])}


def _asked(head: Head, event: Event, data: Data) -> Changes:
    if head.status:
        return {}
    asked = {"title": text(data["question"]), "deadline": text(data["deadline"]), "run": event.run}
    return {"status": "pending", "action_sha256": text(data["action_sha256"]), **asked}


def _answered(head: Head, _event: Event, data: Data) -> Changes:
    answer = {"status": _ANSWERS.get(data["option"], "answered"), "why": text(data["why"])}
    return answer if head.status == "pending" else {}


def _set(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": text(data["state"]), "why": text(data["why"])}


def _opened(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": "running", "title": text(data["mode"])}


def _closed(_head: Head, _event: Event, data: Data) -> Changes:
    return {"status": "finished", "why": text(data["summary"])}


def _reserved(head: Head, event: Event, data: Data) -> Changes:
    return _more(head, event, _amount(data["usd"]), int(_amount(data["tokens"])))


def _settled(head: Head, event: Event, data: Data) -> Changes:
    reserved_usd, reserved_tokens = _amount(data["reserved_usd"]), int(_amount(data["reserved_tokens"]))
    try:
        usd, tokens = _amount(data["usd"]), int(_amount(data["tokens"]))
    except ValueError:  # it costs what was set aside, not nothing
        usd, tokens = reserved_usd, reserved_tokens
    return _more(head, event, usd - reserved_usd, tokens - reserved_tokens)


def _amount(said: Any) -> float:
    """ValueError for what no budget can be moved by: less than nothing, no number, no end."""
    if not 0 <= float(said) < math.inf:
        raise ValueError(said)
    return said if isinstance(said, int) else float(said)


def _more(head: Head, event: Event, usd: float, tokens: int) -> Changes:
    """What is spent or set aside; a reservation that is never settled stays in it whole."""
    spent = {"usd": max(0.0, head.usd + usd), "tokens": max(0, head.tokens + tokens)}
    return {**spent, "run": event.run or head.run, "since": head.since or event.at}


_NEEDS_A_HEAD = frozenset({"change.made", "check.ran", "finding.found"})
_FOLDS: Mapping[str, tuple[str, Callable[[Head, Event, Data], Changes]]] = {
    "task.seen": ("task", _seen),
    "task.claimed": ("task", _running),
    "run.started": ("task", _running),
    "change.made": ("task", _noted),
    "check.ran": ("task", _noted),
    "finding.found": ("task", _noted),
    "handoff.intended": ("task", _intended),
    "handoff.made": ("task", _handed_off),
    "handoff.ended": ("task", _ended),
    "run.finished": ("task", _finished),
    "task.reset": ("task", _reset),
    "task.skipped": ("task", _skipped),
    "decision.asked": ("decision", _asked),
    "decision.answered": ("decision", _answered),
    "control.set": ("control", _set),
    "session.started": ("session", _opened),
    "session.finished": ("session", _closed),
    "spend.reserved": ("budget", _reserved),
    "spend.settled": ("budget", _settled),
}
