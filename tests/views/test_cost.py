"""What models cost: each call once, as it was settled; one that never was counts in full."""

from __future__ import annotations

from autonomy_pack.model import Event
from autonomy_pack.views import cost


def reserved(call: str, usd: float, run: str = ".#7/1", day: str = "2026-01-02") -> Event:
    data = {"scopes": [f"run:{run}", f"day:{day}", "repo"], "usd": usd, "tokens": 100}
    return Event(kind="spend.reserved", subject=run.rpartition("/")[0], run=run, data=data, key=f"reserve/{run}/{call}")


def settled(call: str, usd: float, run: str = ".#7/1", day: str = "2026-01-02", model: str = "m") -> Event:
    data = {"scopes": [f"day:{day}"], "usd": usd, "tokens": 10, "model": model}
    return Event(kind="spend.settled", subject=run.rpartition("/")[0], run=run, data=data, key=f"settle/{run}/{call}")


def started(run: str, agent: str) -> Event:
    return Event(kind="run.started", subject="t", run=run, data={"agent": agent})


TOLD = [
    started(".#7/1", "claude"),
    reserved("1", 1.0),
    settled("1", 0.25),
    reserved("2", 1.0),
    started(".#8/1", "codex"),
    reserved("1", 1.0, ".#8/1", "2026-01-03"),
    settled("1", 0.5, ".#8/1", "2026-01-03", "n"),
]


def test_a_call_counts_as_it_was_settled_and_one_that_never_was_in_full() -> None:
    assert [(one.usd, one.tokens) for one in cost.calls(TOLD)] == [(0.25, 10), (1.0, 100), (0.5, 10)]
    assert cost.sums(cost.calls(TOLD)) | {"usd": 1.75, "tokens": 120, "calls": 3} == cost.sums(cost.calls(TOLD))


def test_costs_are_told_by_day_issue_agent_and_model() -> None:
    found = cost.sums(cost.calls(TOLD))
    assert [(row["day"], row["usd"]) for row in found["by_day"]] == [("2026-01-02", 1.25), ("2026-01-03", 0.5)]
    assert [(row["issue"], row["usd"]) for row in found["by_issue"]] == [(".#7", 1.25), (".#8", 0.5)]
    assert [(row["agent"], row["calls"]) for row in found["by_agent"]] == [("claude", 2), ("codex", 1)]
    assert [(row["model"], row["usd"]) for row in found["by_model"]] == [("not known", 1.0), ("n", 0.5), ("m", 0.25)]
    text = cost.text(cost.calls(TOLD))
    assert "$1.7500 · 120 tokens · 3 calls" in text
    assert "claude" in text


def test_without_a_call_that_is_said() -> None:
    assert cost.text([]) == "No model was called."
    assert cost.sums([])["usd"] == 0
