"""What models cost, by day, issue, agent and model: a fold over the events of spending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from autonomy_pack.model import Event, value
from autonomy_pack.views.table import table

BY = ("day", "issue", "agent", "model")
_NEVER_SETTLED = "not known"


@value
class Call:
    """One call of a model, or the whole of a leg on GitHub: what it cost, or all that was set aside where that was
    never settled.
    """

    day: str
    issue: str
    agent: str
    model: str
    usd: float
    tokens: int


def calls(events: Iterable[Event]) -> list[Call]:
    """The calls that these events tell of, in order."""
    told = list(events)
    agents = {event.run: str(event.data["agent"]) for event in told if event.kind == "run.started"}
    settled = {_call(event) for event in told if event.kind == "spend.settled"}
    spending = [event for event in told if event.kind.startswith("spend.")]
    last = [event for event in spending if event.kind == "spend.settled" or _call(event) not in settled]
    return [
        Call(
            day=_day(event),
            issue=event.subject,
            agent=agents.get(event.run, _NEVER_SETTLED),
            model=str(event.data.get("model") or _NEVER_SETTLED),
            usd=float(event.data["usd"]),
            tokens=int(event.data["tokens"]),
        )
        for event in last
    ]


def _call(event: Event) -> str:
    return (event.key or "").partition("/")[2]


def _day(event: Event) -> str:
    days = [scope.removeprefix("day:") for scope in event.data["scopes"] if scope.startswith("day:")]
    return days[0] if days else event.at[:10]


def sums(told: Sequence[Call]) -> dict[str, object]:
    """The totals, whole and by each of `BY`, the dearest first (days in order)."""
    return {
        "usd": _usd(told),
        "tokens": sum(call.tokens for call in told),
        "calls": len(told),
        **{f"by_{name}": _by(told, name) for name in BY},
    }


def _by(told: Sequence[Call], name: str) -> list[dict[str, object]]:
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in told:
        groups[getattr(call, name)].append(call)
    rows = [
        {name: word, "usd": _usd(group), "tokens": sum(call.tokens for call in group), "calls": len(group)}
        for word, group in groups.items()
    ]
    if name == "day":
        return sorted(rows, key=lambda row: str(row["day"]))
    return sorted(rows, key=lambda row: (-float(str(row["usd"])), str(row[name])))


def _usd(told: Sequence[Call]) -> float:
    return round(sum(call.usd for call in told), 6)


def text(told: Sequence[Call]) -> str:
    """The totals as tables for people."""
    if not told:
        return "No model was called."
    found = sums(told)
    parts = [f"${found['usd']:.4f} · {found['tokens']:,} tokens · {found['calls']} calls"]
    for name in BY:
        groups = _by(told, name)
        rows = [(group[name], f"${group['usd']:.4f}", f"{group['tokens']:,}", group["calls"]) for group in groups]
        parts.append(table([(name.upper(), "COST", "TOKENS", "CALLS"), *rows]))
    return "\n\n".join(parts)
