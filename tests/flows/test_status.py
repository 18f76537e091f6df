"""The state of the work, as people and programs read it."""

from __future__ import annotations

import json

from autonomy_pack.model import Event
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
    "held",
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


def test_status_and_the_list_of_issues_say_the_same_of_what_is_held(world: World) -> None:
    """What one calls held the other does, in the same words; what fails and may be tried again is in the queue."""
    scripted(world, "exit 1", id="1")
    scripted(world, "write settings.ini 'aws = AKIAQ4X7JZ2MNPWT3KLH'", id="2")
    scripted(world, "ask 'Blue?' blue", id="3")
    scripted(world, "ask 'Green?' green", id="4")
    scripted(world, "write a.txt one", id="5")
    world.run()
    (denied,) = [head for head in world.open().store.heads("decision") if head.run.startswith(".#4/")]
    world.autonomy("decision", "deny", denied.subject, "--reason", "no")
    told = status(world)
    listed = {one["id"]: one for one in json.loads(world.autonomy("issue", "list", "--json"))}
    held = {one["task"].removeprefix(".#"): one["why"] for one in told["held"]}
    assert held == {one: listed[one]["why"] for one in ("2", "3", "4")}
    assert (listed["1"]["eligible"], told["queue_size"]) == (True, 1)
    world.run()
    told = status(world)
    assert "no attempts left" in {one["task"]: one["why"] for one in told["held"]}[".#1"]
    assert told["queue_size"] == 0
    assert "was denied" in world.autonomy("status")


def test_what_met_a_budget_is_held_in_both(world: World) -> None:
    world.config()
    world.issue("1")
    world.run()
    store = world.open().store
    end = {"outcome": "over_budget", "why": "no", "seconds": 1, "usd": 0, "tokens": 0, "transcript_sha256": "a" * 64}
    store.append([Event(kind="run.finished", subject=".#1", run=".#1/1", data=end)])
    (held,) = status(world)["held"]
    assert "met a budget today" in held["why"]
    assert status(world)["queue_size"] == 0
