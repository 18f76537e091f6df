"""The state of the work, as people and programs read it."""

from __future__ import annotations

import json

from tests.flows.scenes import asked, begin, scripted, until
from tests.world import World

NONE = {"in": 0, "out": 0, "cached": 0, "other": 0}
KEYS = [
    "mode",
    "state",
    "stop",
    "circuit_breaker",
    "queue_size",
    "queue_capacity",
    "costs",
    "running",
    "decisions",
    "handoffs",
    "health",
]


def status(world: World) -> dict:
    return json.loads(world.autonomy("status", "--json"))


def test_a_repository_that_was_never_worked_on_has_a_status(world: World) -> None:
    told = status(world)
    assert list(told) == KEYS
    assert told["mode"] == "supervised"
    assert (told["state"], told["stop"], told["health"]) == ("idle", None, "UNKNOWN")
    assert told["circuit_breaker"] == {"state": "closed", "failures": 0, "opened_at": None}
    assert told["costs"] == {"today_usd": 0.0, "limit_usd": None, "tokens": NONE}
    assert not (world.root / ".agent-workspace").exists()


def test_it_shows_what_waits_what_is_handed_off_and_what_is_queued(world: World) -> None:
    decision = asked(world)
    world.issue("2")
    world.issue("3", labels=("priority:low", "mission:replace-text"))
    world.run(max_issues=1)
    told = status(world)
    assert list(told) == KEYS
    assert [one["id"] for one in told["decisions"]] == [decision]
    assert [one["task"] for one in told["handoffs"]] == [".#2"]
    assert told["queue_size"] == 1
    assert told["health"] == "HEALTHY"
    text = world.autonomy("status")
    assert decision in text
    assert "agent/planner/2-" in text


def test_it_shows_a_stop_with_who_and_why(world: World) -> None:
    world.autonomy("stop", "--reason", "lunch")
    stop = status(world)["stop"]
    assert list(stop) == ["source", "by", "at", "why"]
    assert (stop["source"], stop["why"]) == (".agent-workspace/STOP", "lunch")
    assert stop["by"].startswith("person:")
    assert status(world)["state"] == "stopped"


def test_it_shows_what_is_running(world: World) -> None:
    scripted(world, "hang")
    session = begin(world)
    try:
        until(lambda: status(world)["running"])
        (running,) = status(world)["running"]
        assert (running["task"], running["run"], running["mission"]) == (".#1", ".#1/1", "free-1")
        assert status(world)["state"] == "running"
    finally:
        session.terminate()
        session.communicate(timeout=30)
    assert status(world)["running"] == []


def test_health_follows_the_outcomes(world: World) -> None:
    scripted(world, "write a.txt one", id="1")
    scripted(world, "exit 1", id="2")
    world.run()
    assert status(world)["health"] == "UNHEALTHY"


def test_status_never_opens_the_forge(world: World) -> None:
    world.issue("1")
    world.run()
    (world.root / ".autonomy/issues/1.md").write_text("broken")
    assert len(status(world)["handoffs"]) == 1
