"""What an agent asks ends its run; the answer of a person begins the next one where it stopped, with its work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import attempt, box, decisions, records, session, survey
from autonomy_pack.flows.job import Terms
from tests.flows.scenes import at, events, later, run_with, scripted, touch_stop
from tests.world import World

SCRIPT = "write a.txt one\nask 'Blue or green?' blue green\nwrite b.txt two"


@pytest.fixture
def decision(world: World) -> str:
    scripted(world, SCRIPT)
    world.run()
    (head,) = world.open().store.heads("decision", status=["pending"])
    return head.subject


def given(world: World) -> dict[str, object]:
    """What the newest run was given."""
    folder = records.find_run(world.open().place, world.open().store.head(".#1").run)
    return json.loads((folder / "given.json").read_text())["resumed"]


def handed_off(world: World) -> str:
    (branch,) = world.branches()
    return world.git("ls-tree", "-r", "--name-only", branch)


def test_a_question_ends_the_run_and_keeps_its_work(world: World, decision: str) -> None:
    assert world.outcomes() == {".#1": "waiting"}
    asked = decisions.find(world.open(), decision)
    assert (asked.kind, asked.question, asked.options) == ("guidance", "Blue or green?", ("blue", "green", "deny"))
    assert asked.default == "deny"
    (change,) = events(world, "change.made")
    assert change.data["files"] == ["a.txt"]
    assert world.branches() == []
    assert world.open().store.leases() == []
    assert "waiting for decision" in world.run().survey.choices[0].why
    shown = world.autonomy("decision", "view", decision, ok=3)
    assert "decide" in shown
    assert "2 green" in shown
    assert "in the words of script, whose run .#1/1 waits" in shown
    assert "answer: the next run goes on with it" in shown
    assert "risk" not in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--option", "green"], "green"), (["--option", "2"], "green"), (["--answer", "Neither: red"], "Neither: red")],
)
def test_the_next_run_goes_on_with_the_answer_and_the_work(
    world: World, decision: str, words: list[str], said: str
) -> None:
    assert "run --issue 1" in world.autonomy("decision", "decide", decision, *words)
    done = world.run()
    assert [event.data["outcome"] for event in done.runs] == ["handed_off"]
    assert {"a.txt", "b.txt"} <= set(handed_off(world).split())
    resumed = given(world)
    assert resumed["answer"] == said
    assert resumed["answered"] == [{"question": "Blue or green?", "answer": said}]
    assert resumed["kept"] is True
    (answered,) = events(world, "decision.answered")
    assert (answered.data["option"], answered.data["why"]) == ("answer", said)


def test_waiting_is_no_attempt(world: World, decision: str) -> None:
    world.autonomy("decision", "decide", decision, "--option", "1")
    assert world.open().store.head(".#1").attempts == 0
    world.run()
    assert events(world, "run.started")[-1].data["attempt"] == 1


def test_a_denied_question_holds_the_task(world: World, decision: str) -> None:
    world.autonomy("decision", "deny", decision, "--reason", "no")
    assert "denied" in world.run().survey.choices[0].why
    assert world.branches() == []


def test_the_option_deny_is_a_no_too(world: World, decision: str) -> None:
    world.autonomy("decision", "decide", decision, "--option", "deny")
    assert "denied" in world.run().survey.choices[0].why


def test_a_question_nobody_answers_is_a_no(world: World, decision: str) -> None:
    decisions.expire(later(world.open(), 25), lambda _: None)
    assert "denied" in world.run().survey.choices[0].why
    with pytest.raises(UsageError, match="expired"):
        decisions.answer(world.open(), decision, "green")


def test_no_answer_to_a_question_reads_as_an_approval(world: World) -> None:
    """An agent that offers "approve" as an option asks for words, and gets nothing else."""
    scripted(world, "write a.txt one\nask 'May I?' approve deny")
    world.run()
    (head,) = world.open().store.heads("decision")
    world.autonomy("decision", "decide", head.subject, "--option", "approve")
    assert world.open().store.head(head.subject).status == "answered"
    assert world.branches() == []


@pytest.mark.parametrize("words", [["approve"], ["decide"], ["decide", "--option", "7"], ["decide", "--answer", " "]])
def test_what_is_no_answer_changes_nothing(world: World, decision: str, words: list[str]) -> None:
    assert world.call("decision", words[0], decision, *words[1:]).returncode == 2
    assert events(world, "decision.answered") == []


def test_words_do_not_approve_a_change(world: World) -> None:
    from tests.flows.scenes import asked

    change = asked(world)
    assert world.call("decision", "decide", change, "--answer", "fine").returncode == 2
    world.autonomy("decision", "decide", change, "--option", "approve")
    assert len(world.branches()) == 1


def test_what_an_agent_asks_is_made_harmless(world: World) -> None:
    scripted(world, "ask \"Say \x1b[31m'yes'\x07 $(id)\u202e now\" one")
    world.run()
    (asked,) = events(world, "decision.asked")
    assert not any(ord(char) < 32 or char == "\u202e" for char in asked.data["question"])


def test_work_on_files_that_moved_begins_anew_and_is_told_the_answer(world: World, decision: str) -> None:
    world.write("a.txt", "mine\n")
    world.commit("under it")
    world.autonomy("decision", "decide", decision, "--option", "blue")
    world.run()
    resumed = given(world)
    assert resumed["kept"] is False
    assert resumed["answered"] == [{"question": "Blue or green?", "answer": "blue"}]


def test_work_on_a_base_that_moved_elsewhere_is_put_back(world: World, decision: str) -> None:
    world.write("elsewhere.txt", "new\n")
    world.commit("elsewhere")
    world.autonomy("decision", "decide", decision, "--option", "blue")
    world.run()
    assert {"a.txt", "b.txt", "elsewhere.txt"} <= set(handed_off(world).split())


def test_records_that_are_gone_begin_anew(world: World, decision: str) -> None:
    (bundle,) = world.root.rglob("attempt.bundle")
    bundle.unlink()
    world.autonomy("decision", "decide", decision, "--option", "blue")
    world.run()
    assert given(world)["kept"] is False


def test_a_changed_text_is_told_no_answer_of_the_old_one(world: World, decision: str) -> None:
    world.autonomy("decision", "decide", decision, "--option", "blue")
    world.issue("1", title="Another title", labels=("priority:high", "mission:free-1"), body="Other\n")
    world.run()
    assert given(world)["answered"] == []
    assert given(world)["answer"] == ""


def test_a_stop_while_it_goes_on_loses_nothing(world: World, decision: str) -> None:
    world.autonomy("decision", "decide", decision, "--option", "blue")
    run_with(world, at("step.started", lambda: touch_stop(world)))
    assert world.outcomes() == {".#1": "stopped"}
    world.autonomy("resume")
    world.run()
    assert given(world)["answer"] == "blue"
    assert {"a.txt", "b.txt"} <= set(handed_off(world).split())


def test_no_question_is_opened_under_a_stop(world: World) -> None:
    scripted(world, SCRIPT)
    run_with(world, at("agent.asked", lambda: touch_stop(world)))
    assert world.outcomes() == {".#1": "stopped"}
    assert events(world, "decision.asked") == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at_write", range(1, 9))
def test_killed_at_any_write_before_the_question_it_is_asked_once(world: World, at_write: int, when: str) -> None:
    scripted(world, SCRIPT)
    _killed(world, at_write, when)
    world.run()
    pending = world.open().store.heads("decision", status=["pending"])
    assert len(pending) == 1
    assert world.outcomes() == {".#1": "waiting"}
    assert world.open().store.leases() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at_write", range(1, 9))
def test_killed_at_any_write_while_it_goes_on_the_answer_still_counts(
    world: World, decision: str, at_write: int, when: str
) -> None:
    world.autonomy("decision", "decide", decision, "--option", "green")
    _killed(world, at_write, when)
    world.run()
    assert world.outcomes() == {".#1": "handed_off"}
    assert {"a.txt", "b.txt"} <= set(handed_off(world).split())
    assert len(events(world, "handoff.made")) == 1
    assert world.open().store.leases() == []


def _killed(world: World, at_write: int, when: str) -> None:
    words = [sys.executable, "-m", "tests.flows.killed", str(world.root), str(at_write), when]
    subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, check=False)


def test_where_nobody_can_answer_later_the_run_is_blocked_with_the_question(world: World) -> None:
    """As in a workflow's `run` job, which may write nothing."""
    scripted(world, SCRIPT)
    opened, none = world.open(), box.choose(world.open().config, "none")
    ((task, mission),) = session.chosen(survey.look(opened, box=none), session.Wanted(max_issues=1))
    end = attempt.attempt(opened, task, mission, Terms(session="x", box=none, report=lambda _: None, can_ask=False))
    assert end is not None
    assert (end.data["outcome"], "Blue or green?" in end.data["why"]) == ("blocked", True)
    assert events(world, "decision.asked") == []
