"""Where a replayed run went another way than the recorded one. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Event, Outcome, value
from autonomy_pack.policy import names

# Runs that ended so were ended from outside: nothing after that moment can be the same.
CUT_SHORT = frozenset(
    {
        Outcome.STOPPED,
        Outcome.STALE,
        Outcome.OVER_BUDGET,
        Outcome.RATE_LIMITED,
        Outcome.TIMED_OUT,
        Outcome.STALLED,
    }
)
# Names that every run makes up anew.
_MADE_UP = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|\b20[0-9]{2}-[01][0-9]-[0-3][0-9](?:[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?)?"  # a time, or a day
    r"|\b[0-9a-f]{16,}\b"  # a hash or a random word
    r"|\b0x[0-9a-f]{6,}\b"  # where an object lies in memory
    r"|\btmp[a-z0-9_]{8}\b",  # Python's temporary names
    re.IGNORECASE,
)
_UNIT = r"(?:[num\u00b5\u03bc]s|s|secs?|seconds?|m|mins?|minutes?|h|hours?)"
# What programs measure and print; `a.py:12:30` is a place, no time.
_MEASURED = re.compile(
    rf"\b(?:[0-9]+(?:[.,][0-9]+)?\s?{_UNIT}\s?)+(?!\w)"  # 0.03s, 12 ms, 1m 2s
    r"|\b[0-9]{1,2}:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?\b|\b[0-9]{1,2}:[0-5][0-9]\.[0-9]+\b"  # 10:00:01, 00:01.5
    r"|\b(?:duration|elapsed|time|took)(?:_(?:ns|us|ms|s|seconds))?\b[\"']?\s?[:= ]\s?[\"']?[0-9]+(?:\.[0-9]+)?"
    r"|[=_*-]{4,}",  # a rule that is as long as the time beside it lets it be
    re.IGNORECASE,
)
_LONGEST = 300
_BEFORE = 60
Lines = Iterable[Mapping[str, Any]]


@value
class Divergence:
    """One thing that came out differently: what, as it was recorded, and as it is now."""

    what: str
    was: str
    now: str


def plain(text: str, places: Sequence[str], *, measured: bool) -> str:
    """The text without the names that a run makes up, and without the folders `places` it worked in.

    With `measured` also without durations and times of day: what a program printed, never what somebody asked for.
    """
    text = _MADE_UP.sub("…", _placeless(text, places))
    return _MEASURED.sub("…", text) if measured else text


def apart(was: str, now: str) -> tuple[str, str]:
    """Both texts from a little before where they part, cut to what a line shows."""
    pairs = enumerate(itertools.zip_longest(was, now))
    at = next((number for number, (one, other) in pairs if one != other), 0)
    start = at - _BEFORE if at > _BEFORE else 0
    return _window(was, start), _window(now, start)


def _window(text: str, start: int) -> str:
    most = _LONGEST - 2
    return f"{'…' if start else ''}{text[start : start + most]}{'…' if len(text) > start + most else ''}"


def steps(was: Lines, now: Lines, places: Sequence[str]) -> list[Divergence]:
    """The first step that differs, in its call or in what came of it. `places` are the folders the two worked in."""
    for number, (one, other) in enumerate(_paired(_told(was, places), _told(now, places)), start=1):
        for what in ("call", "exit", "output"):
            before, after = one.get(what, "nothing"), other.get(what, "nothing")
            if before != after:
                return [_divergence(f"step {number}: {what}", before, after)]
    return []


def change(was: Sequence[Event], now: Sequence[Event]) -> list[Divergence]:
    """Whether the two left the same tree, and whether each check said the same of it."""
    trees = [_last(events, "change.made").get("tree", "no change") for events in (was, now)]
    found = [_divergence("tree of the change", *trees)] if trees[0] != trees[1] else []
    checks = [_checks(events) for events in (was, now)]
    for name in dict.fromkeys([*checks[0], *checks[1]]):
        before, after = (ran.get(name, "did not run") for ran in checks)
        if before != after:
            found.append(_divergence(f"check {name}: exit", before, after))
    return found


def findings(was: Sequence[Event], now: Sequence[Event]) -> list[Divergence]:
    """What guards found in only one of the two."""
    before, after = (
        {(one.data["rule"], one.data["risk"], one.data["where"]) for one in events if one.kind == "finding.found"}
        for events in (was, now)
    )
    gone = [_divergence(f"guard {one[0]}", _finding(one), "nothing") for one in sorted(before - after)]
    return gone + [_divergence(f"guard {one[0]}", "nothing", _finding(one)) for one in sorted(after - before)]


def request(data: Mapping[str, Any]) -> Divergence:
    """Where a model was asked something else, as the gateway tells it."""
    where = one_line(str(data.get("where") or "/"), 100)
    return _divergence(f"call {data.get('call')} of the model, at {where}", data.get("was"), data.get("is"))


def outcome(was: str, now: str) -> list[Divergence]:
    """How the two ended."""
    return [_divergence("outcome", was, now)] if was != now else []


def _finding(found: tuple[str, str, str]) -> str:
    return f"{found[1]} {found[2]}".strip()


def _divergence(what: str, was: object, now: object) -> Divergence:
    both = apart(*(part if isinstance(part, str) else names.canonical(part) for part in (was, now)))
    return Divergence(what=what, was=one_line(both[0], _LONGEST), now=one_line(both[1], _LONGEST))


def _told(events: Iterable[Mapping[str, Any]], places: Sequence[str]) -> list[dict[str, Any]]:
    """Each step with its call and what came of it, without the numbers that a model makes up and without folders."""
    steps: list[dict[str, Any]] = []
    for event in events:
        data = event["data"]
        if event["kind"] == "step.started":
            call = {name: part for name, part in data["tool_call"].items() if name != "id"}
            steps.append({"call": _placeless(call, places)})
        elif event["kind"] == "step.finished" and steps:
            output = data["output"]
            said = data["output_sha256"] if output is None else plain(output, places, measured=True)
            steps[-1] |= {"exit": data["exit"], "output": said}
    return steps


def _placeless(part: Any, places: Sequence[str]) -> Any:
    if isinstance(part, str):
        for place in filter(None, places):
            part = part.replace(place, "WORK")
        return part
    if isinstance(part, Mapping):
        return {name: _placeless(inner, places) for name, inner in part.items()}
    return [_placeless(inner, places) for inner in part] if isinstance(part, list | tuple) else part


def _paired(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for at in range(max(len(was), len(now))):
        yield was[at] if at < len(was) else {}, now[at] if at < len(now) else {}


def _last(events: Sequence[Event], kind: str) -> Mapping[str, Any]:
    return next((event.data for event in reversed(events) if event.kind == kind), {})


def _checks(events: Sequence[Event]) -> dict[str, Any]:
    """The last exit of each check."""
    return {event.data["name"]: event.data["exit"] for event in events if event.kind == "check.ran"}
