"""An attempt is judged by what it left and by the tightest of everybody's rules; attempts and limits are finite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autonomy_pack.flows import records
from tests.flows.scenes import at, bump, events, files_of, run_with, scripted, steal
from tests.world import PASSING, World


def outcomes(world: World) -> list[str]:
    return [event.data["outcome"] for event in events(world, "run.finished")]


def why(world: World) -> str:
    return events(world, "run.finished")[-1].data["why"]


def test_a_clean_change_passes_and_a_manifest_asks(world: World) -> None:
    scripted(world, "write a.txt one")
    bump(world, id="2")
    world.run()
    assert world.outcomes() == {".#1": "handed_off", ".#2": "waiting"}


LOW = "line\n" * 3000


def low_finding(world: World, checks: str = PASSING, mission: str = "") -> None:
    """Issue 1, whose change is long: a low finding and no other."""
    world.write("long.txt", LOW)
    world.commit("long")
    world.config(checks)
    text = (
        "goal: Do it.\ninputs: {find: {field: Find}}\ntools: [replace]\nsteps:\n  - replace: {find: line, with: row}\n"
    )
    world.mission("rows", text + mission)
    world.issue("1", labels=("priority:high", "mission:rows"))


def test_a_low_finding_passes_by_default(world: World) -> None:
    low_finding(world)
    world.run()
    assert [event.data["risk"] for event in events(world, "finding.found")] == ["low"]
    assert outcomes(world) == ["handed_off"]


@pytest.mark.parametrize("where", ["config", "mission"])
@pytest.mark.parametrize(("key", "outcome"), [("ask_from", "waiting"), ("block_from", "blocked")])
def test_repository_and_mission_may_tighten(world: World, where: str, key: str, outcome: str) -> None:
    tighter = f"{key}: low\n"
    low_finding(world, PASSING + tighter * (where == "config"), tighter * (where == "mission"))
    world.run()
    assert outcomes(world) == [outcome]
    assert world.branches() == []


def test_nobody_may_loosen(world: World) -> None:
    looser = "ask_from: critical\nblock_from: critical\n"
    scripted(world, "leak_secret", mission=looser)
    assert "must be one of" in world.run().survey.choices[0].why
    world.write(".github/autonomy.yml", looser)
    assert world.call("run").returncode == 2


def test_a_secret_is_blocked_by_default(world: World) -> None:
    scripted(world, "leak_secret")
    world.run()
    assert outcomes(world) == ["blocked"]


def test_a_blocked_change_is_kept_and_named_with_the_way_to_it(world: World) -> None:
    scripted(world, "leak_secret")
    done = world.run()
    assert done.exit_code == 0
    assert outcomes(world) == ["blocked"]
    assert world.branches() == []
    assert "autonomy run recover 1" in Path(done.summary).read_text()
    assert "blocked in run" in world.run().survey.choices[0].why
    world.autonomy("run", "recover", "1")
    assert "settings.ini" in files_of(world, "recovered/1-1")


def test_a_mission_may_require_approval_of_everything(world: World) -> None:
    scripted(world, "write a.txt one", mission="requires_approval: true\n")
    world.run()
    assert outcomes(world) == ["waiting"]
    assert world.branches() == []
    (decision,) = world.open().store.heads("decision")
    world.autonomy("decision", "approve", decision.subject)
    assert len(world.branches()) == 1


def plan_of(world: World) -> str:
    (branch,) = world.branches()
    (added,) = set(files_of(world, branch)) - set(files_of(world, "main"))
    assert added.startswith("docs/plans/1-")
    return world.git("show", f"{branch}:{added}")


def test_a_plan_only_mission_changes_no_code(world: World) -> None:
    scripted(world, "write a.txt one", mission="plan_only: true\n")
    world.run()
    assert "Rename the greeting" in plan_of(world)
    (intended,) = events(world, "handoff.intended")
    assert intended.data["closes"] is False
    assert events(world, "run.started") == []


@pytest.mark.parametrize("label", ["auth", "area:auth", "SECRETS", "topic:money"])
def test_a_topic_that_is_peoples_gets_a_plan(world: World, label: str) -> None:
    scripted(world, "write a.txt one", labels=(label,))
    world.run()
    assert plan_of(world)


def test_attempts_are_used_up_and_given_back_by_a_reset_or_a_new_text(world: World) -> None:
    scripted(world, "exit 3")
    for _ in range(2):
        assert world.run().exit_code == 4
    done = world.run()
    assert (done.exit_code, done.runs) == (0, ())
    assert "no attempts left (2 of 2" in done.survey.choices[0].why
    world.autonomy("task", "reset", "1")
    assert len(world.run().runs) == 1
    world.run()
    assert world.run().runs == ()
    scripted(world, "exit 4")
    assert len(world.run().runs) == 1
    assert len(outcomes(world)) == 5


def test_more_steps_than_the_limit_are_ended(world: World) -> None:
    scripted(world, "write a.txt 1\nwrite b.txt 2\nwrite c.txt 3\nwrite d.txt 4", limits="steps: 2, minutes: 1")
    world.run()
    assert outcomes(world) == ["failed"]
    assert "more than 2 steps" in why(world)
    assert events(world, "change.made")[0].data["files"] == ["a.txt", "b.txt"]


def test_more_minutes_than_the_limit_are_ended(world: World) -> None:
    scripted(world, "write a.txt 1\nsleep 3", limits="minutes: 0.02")
    world.run()
    assert outcomes(world) == ["timed_out"]


def test_silence_longer_than_the_limit_is_ended(world: World) -> None:
    scripted(world, "write a.txt 1\nsleep 3", limits="minutes: 1, stall_minutes: 0.02")
    world.run()
    assert outcomes(world) == ["stalled"]


def test_the_commit_is_ours_whatever_the_agent_did(world: World) -> None:
    scripted(world, "commit")
    world.run()
    (branch,) = world.branches()
    assert world.git("log", "-1", "--format=%an|%cn", branch) == "Autonomy Pack (script)|Autonomy Pack (script)"
    assert world.git("log", "-1", "--format=%s", branch) == "feat(agent): Rename the greeting (#1)"
    assert world.git("rev-list", "--count", f"main..{branch}") == "1"


def test_a_lease_that_is_lost_ends_a_silent_agent(world: World) -> None:
    """The renewing thread notices; nothing the agent does, or does not do, can hide it."""
    scripted(world, "write a.txt 1\nsleep 7", limits="minutes: 1, stall_minutes: 1")
    run_with(world, at("step.started", lambda: steal(world), step=2))
    assert world.reported[-2].data["outcome"] == "stale"
    assert [event.data["step"] for event in world.reported if event.kind == "step.finished"] == [1]
    assert events(world, "change.made") == []
    assert world.branches() == []


def test_the_work_folder_is_gone_afterwards(world: World) -> None:
    from autonomy_pack.edges import host

    scripted(world, "write a.txt one\nunreadable")
    world.run()
    assert list((host.cache_home() / "work").iterdir()) == []


def test_the_record_of_a_run_tells_how_it_ended(world: World) -> None:
    scripted(world, "exit 3")
    world.run()
    opened = world.open()
    (head,) = opened.store.heads("task")
    record = json.loads((records.find_run(opened.place, head.run) / "run.json").read_text())
    assert (record["run"], record["outcome"], record["attempt"]) == (".#1/1", "failed", 1)
    assert record["why"] == why(world)


def test_our_own_bug_is_stored_and_then_raised(world: World) -> None:
    """A report that breaks stands for any bug of ours: the run is finished first."""
    scripted(world, "write a.txt one")

    def breaks() -> None:
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        run_with(world, at("check.ran", breaks))
    assert outcomes(world) == ["failed"]
    assert "our bug: ZeroDivisionError" in why(world)
