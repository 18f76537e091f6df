"""Stop wins everywhere and at once: before an issue, a step, a check, a write; what was done so far is kept."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from autonomy_pack.edges import host
from autonomy_pack.errors import Stopped
from autonomy_pack.flows import decisions, handoff, heeding
from tests.flows.scenes import (
    asked,
    at,
    attempted,
    begin,
    bump,
    events,
    files_of,
    run_with,
    scripted,
    stop_file,
    touch_stop,
    until,
    workers,
)
from tests.world import World


def outcomes(world: World) -> list[str]:
    return [event.data["outcome"] for event in events(world, "run.finished")]


CONTENTS = ["", "{}", "[1]", "not json", '{"by": "ada", "why": "lunch"}', "\x00\xff", '{"why": {"a": [1]}}']


@pytest.mark.parametrize("content", CONTENTS, ids=["empty", "object", "list", "words", "person", "bytes", "nested"])
def test_a_stop_file_of_any_content_stops(world: World, content: str) -> None:
    world.issue("1")
    touch_stop(world)
    stop_file(world).write_bytes(content.encode("latin-1"))
    with pytest.raises(Stopped):
        world.run()
    assert world.outcomes() == {}
    assert world.branches() == []


def test_a_stop_that_is_a_folder_or_a_dangling_link_stops_too(world: World) -> None:
    world.issue("1")
    touch_stop(world)
    stop_file(world).unlink()
    stop_file(world).mkdir()
    assert world.call("run").returncode == 5
    stop_file(world).rmdir()
    stop_file(world).symlink_to("nowhere")
    ended = world.call("run")
    assert ended.returncode == 5
    assert "autonomy resume" in ended.stderr
    assert world.outcomes() == {}


def test_a_person_reads_who_stopped_when_and_why(world: World) -> None:
    world.autonomy("stop", "--reason", "lunch")
    ended = world.call("run")
    assert ended.returncode == 5
    assert "lunch" in ended.stderr
    assert "lunch" in world.autonomy("status")


def test_a_stop_between_two_issues_leaves_the_second_alone(world: World) -> None:
    world.config()
    world.issue("1")
    world.issue("2", labels=("priority:low", "mission:replace-text"))
    done = run_with(world, at("run.finished", lambda: touch_stop(world)))
    assert done.exit_code == 5
    assert world.outcomes() == {".#1": "handed_off", ".#2": "queued"}
    assert events(world, "task.claimed")[-1].subject == ".#1"
    assert Path(done.summary).read_text().count("handed off") == 1


def test_no_agent_is_started_under_a_stop(world: World) -> None:
    scripted(world, "write a.txt one")
    touch_stop(world)
    attempted(world)
    assert outcomes(world) == ["stopped"]
    assert events(world, "run.started") == []


def test_no_step_begins_after_a_stop(world: World) -> None:
    """The stop comes with the announcement of step 2: step 2 must not happen, step 1 must not be lost."""
    scripted(world, "write a.txt one\nwrite b.txt two")
    done = run_with(world, at("step.started", lambda: touch_stop(world), step=2))
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    (change,) = events(world, "change.made")
    assert change.data["files"] == ["a.txt"]
    assert world.branches() == []
    world.autonomy("resume")
    world.autonomy("run", "recover", "1")
    assert "a.txt" in files_of(world, world.git("for-each-ref", "--format=%(refname)", "refs/heads/recovered"))


def test_a_hanging_agent_is_ended_by_a_stop(world: World) -> None:
    """The agent sets the stop itself and says nothing any more: only whoever looks again and again can see it."""
    touch_stop(world)
    stop_file(world).unlink()
    scripted(world, "nothing", limits="minutes: 1, stall_minutes: 0.05")
    program = f"echo one > a.txt; touch {stop_file(world)}; sleep 60"
    began = time.monotonic()
    done = world.run(agent="command", argv=("sh", "-c", program))
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    assert time.monotonic() - began < 6
    assert events(world, "change.made")[0].data["files"] == ["a.txt"]


def test_a_stop_is_heeded_while_git_reads_what_an_agent_left(world: World) -> None:
    """The stop holds only as long as git is at it: later nobody could see it any more."""
    scripted(world, "fill 20")

    def stopped() -> str:
        return "the test" if any((host.cache_home() / "work").glob("*/index-commit.lock")) else ""

    attempted(world, stopped)
    assert outcomes(world) == ["stopped"]
    assert events(world, "change.made")


def test_a_stop_is_heeded_while_guards_judge(world: World) -> None:
    """It holds only after the checks and before the first finding."""
    world.write("requirements.txt", "ruff==0.14.2\n")
    world.commit("requirements")
    scripted(world, "write a.txt one\nwrite requirements.txt ruff==0.15.0")

    def stopped() -> str:
        told = [event.kind for event in world.reported]
        return "the test" if "check.ran" in told and "finding.found" not in told else ""

    attempted(world, stopped)
    assert outcomes(world) == ["stopped"]
    assert not [event for event in world.reported if event.kind == "finding.found"]


def test_work_that_takes_too_long_to_judge_is_timed_out(world: World) -> None:
    scripted(world, "write a.txt one")
    done = run_with(world, at("change.made", heeding.within(-1, "what it left could not be judged")))
    assert (done.exit_code, outcomes(world)) == (4, ["timed_out"])


def test_a_hanging_check_is_ended_by_a_stop_and_did_not_run(world: World) -> None:
    touch_stop(world)
    stop_file(world).unlink()
    check = f'[sh, -c, "touch {stop_file(world)}; sleep 3"]'
    scripted(world, "write a.txt one", checks=f"checks: [{{name: tests, run: {check}}}]\n")
    done = world.run()
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    assert events(world, "check.ran") == []
    assert events(world, "change.made")


def test_no_check_begins_after_a_stop(world: World) -> None:
    mark = world.root.parent / "mark"
    scripted(world, "write a.txt one", checks=f'checks: [{{name: tests, run: [touch, "{mark}"]}}]\n')
    done = run_with(world, at("change.made", lambda: touch_stop(world)))
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    assert not mark.exists()
    assert not list(world.root.rglob("checks/*.log"))


def test_no_question_is_asked_after_a_stop(world: World) -> None:
    bump(world)
    done = run_with(world, at("finding.found", lambda: touch_stop(world)))
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    assert world.open().store.heads("decision") == []


def test_a_stop_just_before_the_branch_is_made_leaves_none(world: World) -> None:
    world.config()
    world.issue("1")
    done = run_with(world, at("handoff.intended", lambda: touch_stop(world)))
    assert (done.exit_code, outcomes(world)) == (5, ["stopped"])
    assert world.branches() == []
    world.autonomy("resume")
    world.run()
    assert len(world.branches()) == 1
    assert outcomes(world) == ["stopped", "handed_off"]


def test_a_handoff_does_not_even_begin_under_a_stop(world: World) -> None:
    decision = asked(world)
    opened = world.open()
    offer = handoff.read(opened, decisions.find(opened, decision).run)
    touch_stop(world)
    with pytest.raises(Stopped):
        decisions.complete(opened, offer, lambda _: None)
    assert events(world, "handoff.intended") == []
    assert opened.store.leases() == []


def test_resuming_is_an_explicit_act(world: World) -> None:
    world.issue("1")
    world.autonomy("stop")
    for _ in range(2):
        assert world.call("run").returncode == 5
    assert "Resumed" in world.autonomy("resume")
    assert "Nothing was stopped" in world.autonomy("resume")
    world.autonomy("run")
    assert world.outcomes() == {".#1": "handed_off"}


def hanging(world: World) -> None:
    scripted(world, "write a.txt one\ndaemon\nfork_tree 3\nhang")
    world.issue("2", labels=("priority:low", "mission:replace-text"))


@pytest.mark.parametrize("how", ["stop", "SIGINT", "SIGTERM"])
def test_the_whole_tree_of_a_running_session_is_dead_within_five_seconds(world: World, how: str) -> None:
    hanging(world)
    session = begin(world)
    try:
        until(lambda: any(b'"hang"' in path.read_bytes() for path in world.root.rglob("transcript.jsonl")))
        before = workers()
        began = time.monotonic()
        world.autonomy("stop") if how == "stop" else session.send_signal(getattr(signal, how))
        until(lambda: not workers(), 10)
        assert time.monotonic() - began < 5
        said, _ = session.communicate(timeout=30)
    finally:
        session.kill()
        session.wait()
    assert len(before) >= 8
    assert session.returncode == 5, said
    assert world.outcomes() == {".#1": "stopped", ".#2": "queued"}
    assert events(world, "change.made")[0].data["files"][:1] == ["a.txt"]
    assert list(world.root.rglob("attempt.bundle"))
    (summary,) = world.root.rglob("AUTONOMOUS_SESSION_*.md")
    assert "stopped" in summary.read_text()
    assert summary.name in said
    assert world.open().store.leases() == []
    assert world.git("status", "--porcelain", "--untracked-files=no") == ""


def label_stop(world: World, id: str = "1") -> None:
    path = world.root / ".autonomy" / "issues" / f"{id}.md"
    text = path.read_text()
    path.write_text(text.replace("labels: [", 'labels: ["autonomy:stop", ', 1))


def test_the_stop_label_is_heeded_while_the_agent_works(world: World) -> None:
    scripted(world, "hang", limits="minutes: 1, stall_minutes: 0.2")
    begun = time.monotonic()
    done = run_with(world, at("run.started", lambda: label_stop(world)))
    assert [event.data["outcome"] for event in done.runs] == ["stopped"]
    assert "autonomy:stop" in done.runs[0].data["why"]
    assert time.monotonic() - begun < 30
    assert workers() == []
    assert world.branches() == []


def test_the_stop_label_of_one_issue_leaves_the_others_alone(world: World) -> None:
    scripted(world, "hang", limits="minutes: 1, stall_minutes: 1")
    world.issue("2", labels=("priority:low", "mission:replace-text"))
    run_with(world, at("run.started", lambda: label_stop(world)))
    assert world.outcomes() == {".#1": "stopped", ".#2": "handed_off"}


def test_a_stop_label_right_before_the_branch_is_heeded(world: World) -> None:
    world.config()
    world.issue("1")
    run_with(world, at("handoff.intended", lambda: label_stop(world)))
    assert world.branches() == []
    assert outcomes(world) == ["stopped"]
