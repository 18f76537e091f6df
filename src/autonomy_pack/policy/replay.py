"""Where a replayed run went another way than the recorded one. Pure."""

from __future__ import annotations

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
_LONGEST = 300
Lines = Iterable[Mapping[str, Any]]


@value
class Divergence:
    """One thing that came out differently: what, as it was recorded, and as it is now."""

    what: str
    was: str
    now: str


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
    return Divergence(what=what, was=_shown(was), now=_shown(now))


def _shown(part: object) -> str:
    return one_line(part if isinstance(part, str) else names.canonical(part), _LONGEST)


def _told(events: Iterable[Mapping[str, Any]], places: Sequence[str]) -> list[dict[str, Any]]:
    """Each step with its call and what came of it, without the numbers that a model makes up and without folders."""
    steps: list[dict[str, Any]] = []
    for event in events:
        data = event["data"]
        if event["kind"] == "step.started":
            call = {name: part for name, part in data["tool_call"].items() if name != "id"}
            steps.append({"call": _plain(call, places)})
        elif event["kind"] == "step.finished" and steps:
            output = data["output_sha256"] or data["output"]
            steps[-1] |= {"exit": data["exit"], "output": _plain(output, places)}
    return steps


def _plain(part: Any, places: Sequence[str]) -> Any:
    if isinstance(part, str):
        for place in places:
            part = part.replace(place, "WORK") if place else part
        return part
    if isinstance(part, Mapping):
        return {name: _plain(inner, places) for name, inner in part.items()}
    return [_plain(inner, places) for inner in part] if isinstance(part, list | tuple) else part


def _paired(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for at in range(max(len(was), len(now))):
        yield was[at] if at < len(was) else {}, now[at] if at < len(now) else {}


def _last(events: Sequence[Event], kind: str) -> Mapping[str, Any]:
    return next((event.data for event in reversed(events) if event.kind == kind), {})


def _checks(events: Sequence[Event]) -> dict[str, Any]:
    """The last exit of each check."""
    return {event.data["name"]: event.data["exit"] for event in events if event.kind == "check.ran"}
