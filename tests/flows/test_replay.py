"""A recorded run is made again at no cost, and says exactly where it went another way."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import box, replay, runs, session
from models import Models
from tests.flows.scenes import asked, bump, events, scripted
from tests.world import PASSING, World

MODEL = (
    "agent: anthropic\ntools: [read, edit, write]\n"
    "limits: {steps: 20, minutes: 2, stall_minutes: 1, usd: 1, tokens: 100000}\n"
)


def replayed(world: World, *words: str, ok: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        world.autonomy("run", "replay", "1", "--json", "--sandbox", "none", *words, ok=ok)
    )
    assert told["same"] is (ok == 0)
    return told


def snapshot(world: World) -> dict[str, bytes]:
    """Every file of the repository and its records but the database's own."""
    found = [path for path in world.root.rglob("*") if path.is_file() and "autonomy.db" not in path.name]
    return {str(path): path.read_bytes() for path in found}


def test_a_run_of_the_planner_comes_out_the_same_and_writes_nothing(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run()
    before, stored = snapshot(world), len(list(world.open().store.events()))
    told = replayed(world)
    assert (told["was"], told["now"], told["divergences"]) == ("handed_off", "handed_off", [])
    assert snapshot(world) == before
    assert len(list(world.open().store.events())) == stored


def test_it_begins_where_the_run_began_not_where_the_repository_is_now(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run()
    world.write("hello.txt", "Hello, everybody else\n")
    world.commit("later")
    assert replayed(world)["divergences"] == []


def test_a_run_that_waits_and_one_that_a_guard_ended_come_out_the_same(world: World) -> None:
    asked(world)
    told = replayed(world)
    assert (told["was"], told["now"]) == ("waiting", "waiting")


def test_an_answer_to_another_call_is_no_answer_when_a_run_is_made_again(world: World) -> None:
    world.config(PASSING)
    steps = "steps: [{write: {path: a.txt, text: one}}]\n"
    world.mission("careful", f"goal: Do it.\nagent: planner\ntools: [write]\n{steps}")
    world.issue("1", labels=("priority:high", "mission:careful"))
    opened = world.open()
    session.run(
        opened, session.Wanted(max_issues=1), box.choose(opened.config, "none"), lambda _: None, lambda *_: "yes"
    )
    assert replayed(world)["now"] == "handed_off"
    (transcript,) = world.root.rglob("transcript.jsonl")
    lines = [json.loads(line) for line in transcript.read_text().splitlines()]
    for line in lines:
        line["data"].update({"call_sha256": "a" * 64} if line["kind"] == "step.answered" else {})
    transcript.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert replayed(world, ok=1)["now"] == "waiting"


def test_a_run_that_a_guard_blocked_comes_out_the_same(world: World) -> None:
    scripted(world, "write settings.ini 'aws = AKIAQ4X7JZ2MNPWT3KLH'")
    world.run()
    assert world.outcomes() == {".#1": "blocked"}
    told = replayed(world)
    assert told["now"] == "blocked"


def test_a_changed_guard_shows_on_yesterdays_run(world: World) -> None:
    bump(world)
    world.run()
    world.config(PASSING + "protected: [requirements.txt]\n")
    told = replayed(world, ok=1)
    assert ("outcome", "waiting", "blocked") in [(one["what"], one["was"], one["now"]) for one in told["divergences"]]
    assert any("configuration" in note for note in told["notes"])


def test_a_changed_mission_is_tried_on_yesterdays_run(world: World) -> None:
    world.config(PASSING)
    steps = "steps: [{write: {path: a.txt, text: TEXT}}]\n"
    world.mission("note", f"goal: Do it.\nagent: planner\ntools: [write]\n{steps}".replace("TEXT", "one"))
    world.issue("1", labels=("priority:high", "mission:note"))
    world.run()
    world.mission("note", f"goal: Do it.\nagent: planner\ntools: [write]\n{steps}".replace("TEXT", "two"))
    words = ("mission", "run", "note", "--replay", "1", "--sandbox", "none")
    shown = world.autonomy(*words, ok=1)
    assert "step 1: call" in shown
    assert "tree of the change" in shown
    assert replayed(world)["divergences"] == []
    assert len(events(world, "run.finished")) == 1


def test_a_check_that_fails_now_is_told(world: World) -> None:
    flag = world.root.parent / "flag"
    flag.touch()
    world.config(f"checks: [{{name: tests, run: [test, -e, {flag}]}}]\n")
    world.issue("1")
    world.run()
    flag.unlink()
    told = replayed(world, ok=1)
    assert "check tests: exit" in [one["what"] for one in told["divergences"]]


def test_what_a_person_refused_is_refused_again(world: World) -> None:
    world.config(PASSING)
    world.mission(
        "two",
        "goal: Do it.\nagent: planner\ntools: [write]\n"
        "steps: [{write: {path: a.txt, text: one}}, {write: {path: b.txt, text: two}}]\n",
    )
    world.issue("1", labels=("priority:high", "mission:two"))
    opened, words = world.open(), ["yes", "no"]
    wanted = session.Wanted(max_issues=1)
    session.run(opened, wanted, box.choose(opened.config, "none"), lambda _: None, lambda *_: words.pop(0))
    told = replayed(world)
    assert (told["was"], told["now"]) == ("failed", "failed")


def test_a_run_that_a_person_quit_is_compared_up_to_there(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    opened = world.open()
    session.run(
        opened, session.Wanted(max_issues=1), box.choose(opened.config, "none"), lambda _: None, lambda *_: "quit"
    )
    assert world.outcomes() == {".#1": "stopped"}
    told = replayed(world)
    assert told["was"] == "stopped"
    assert any("only its steps up to then" in note for note in told["notes"])


def test_a_run_that_has_not_ended_is_not_replayed(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run()
    opened = world.open()
    past = runs.find(opened, "1")
    alive = dataclasses.replace(past, events=tuple(one for one in past.events if one.kind != "run.finished"))
    with pytest.raises(UsageError, match="has not ended"):
        replay.replay(opened, alive, box.choose(opened.config, "none"), lambda _: None)


def test_of_several_calls_that_differ_the_first_is_shown_the_others_are_counted(recorded: World) -> None:
    recorded.mission("mend", f"goal: Mend it well.\n{MODEL}")
    words = ("mission", "run", "mend", "--replay", "1", "--json", "--sandbox", "none")
    told = json.loads(recorded.autonomy(*words, ok=1))
    (call,) = [one for one in told["divergences"] if "of the model" in one["what"]]
    assert "Mend it." in call["was"]
    assert "Mend it well." in call["now"]
    assert "2 more calls of the model asked something else too" in told["notes"]


def test_a_run_that_asked_asks_again(world: World) -> None:
    scripted(world, "write a.txt one\nask 'Blue or green?' blue green\nwrite b.txt two")
    world.run()
    assert replayed(world)["now"] == "waiting"
    (head,) = world.open().store.heads("decision")
    world.autonomy("decision", "decide", head.subject, "--option", "blue")
    world.run()
    told = replayed(world)
    assert (told["was"], told["now"]) == ("handed_off", "handed_off")


def test_records_that_do_not_tell_enough_are_wrong_usage(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run()
    (given,) = world.root.rglob("given.json")
    given.unlink()
    ended = world.call("run", "replay", "1", "--sandbox", "none")
    assert ended.returncode == 2
    assert world.call("run", "replay", "7").returncode == 2


def test_a_repository_that_is_not_trusted_runs_nothing_again(world: World) -> None:
    world.config(PASSING)
    world.issue("1")
    world.run()
    world.write(".github/autonomy.yml", PASSING + "max_issues: 2\n")
    assert world.call("run", "replay", "1").returncode == 3


# --- with a model ---------------------------------------------------------------------------------------------------


def with_model(world: World, models: Models, more: str = "") -> dict[str, str]:
    world.config(PASSING)
    world.mission("mend", f"goal: Mend it.\n{MODEL}{more}")
    world.issue("1", labels=("priority:high", "mission:mend"))
    return dict(models.environment)


def edits(models: Models) -> None:
    models.call("read", {"path": "hello.txt"})
    models.call("edit", {"path": "hello.txt", "old_string": "Hello", "new_string": "Good day"})
    models.call("done", {"summary": "Done.", "evidence": [{"criterion": "It says so", "how": "read it"}]})


@pytest.fixture
def recorded(world: World) -> World:
    """A run of the built-in agent that edited a file."""
    with Models() as models:
        edits(models)
        world.autonomy("run", "--sandbox", "none", env=with_model(world, models))
    assert world.outcomes() == {".#1": "handed_off"}
    return world


def test_the_calls_of_a_model_are_in_the_story_of_a_run(recorded: World) -> None:
    said = recorded.autonomy("run", "explain", "1")
    assert "call 1 of claude-" in said
    assert "answered 200, " in said


def test_a_run_with_a_model_comes_out_the_same_without_key_and_network(recorded: World) -> None:
    told = replayed(recorded)
    assert (told["was"], told["now"], told["divergences"]) == ("handed_off", "handed_off", [])


def test_what_a_program_measures_where_it_works_is_no_difference_to_a_model(world: World) -> None:
    program = "import os, time; print(f'rootdir: {os.getcwd()}\\n12 passed in {time.time() % 100:.4f}s')"
    with Models() as models:
        env = with_model(world, models)
        world.mission("mend", f"goal: Mend it.\n{MODEL.replace('write]', 'write, run]')}")
        models.call("run", {"command": ["python3", "-c", program]})
        edits(models)
        world.autonomy("run", "--sandbox", "none", env=env)
        heard = models.requests[1].text
    assert re.search(r"12 passed in \d", heard)
    assert replayed(world)["divergences"] == []


def test_a_changed_prompt_is_told_where_it_differs(recorded: World) -> None:
    recorded.mission("mend", f"goal: Mend it well.\n{MODEL}")
    words = ("mission", "run", "mend", "--replay", "1", "--json", "--sandbox", "none")
    told = json.loads(recorded.autonomy(*words, ok=1))
    assert any("call 1 of the model" in one["what"] for one in told["divergences"])
    assert told["now"] == "handed_off"


def test_an_answer_that_was_changed_in_the_record_is_told(recorded: World) -> None:
    (path,) = recorded.root.rglob("transcript.jsonl")
    text = path.read_text()
    path.write_text(text.replace("Good day", "Good night"))
    told = replayed(recorded, ok=1)
    assert "tree of the change" in str(told["divergences"])


def test_a_model_that_asks_goes_on_with_its_conversation(world: World) -> None:
    with Models() as models:
        models.call("edit", {"path": "hello.txt", "old_string": "Hello", "new_string": "Good day"})
        models.call("ask", {"question": "In which tongue?", "options": ["English", "German"]})
        env = with_model(world, models, "") | {}
        world.mission("mend", f"goal: Mend it.\n{MODEL.replace('write]', 'write, ask]')}")
        world.autonomy("run", "--sandbox", "none", env=env)
        (head,) = world.open().store.heads("decision")
        assert world.outcomes() == {".#1": "waiting"}
        world.autonomy("decision", "decide", head.subject, "--option", "German")
        models.call("write", {"path": "tongue.txt", "content": "German\n"})
        models.call("done", {"summary": "Done.", "evidence": [{"criterion": "It says so", "how": "read it"}]})
        world.autonomy("run", "--sandbox", "none", env=env)
        assert world.outcomes() == {".#1": "handed_off"}
        told = models.requests[2].body["messages"]
    results = [block for message in told for block in message["content"] if block["type"] == "tool_result"]
    assert len(results) == 2
    assert "German" in str(results[1])
    (branch,) = world.branches()
    assert world.git("show", f"{branch}:hello.txt").startswith("Good day")
    assert replayed(world)["divergences"] == []


def test_each_edit_of_a_model_is_asked_about_and_then_done_as_it_was_asked(world: World) -> None:
    with Models() as models:
        models.calls(("edit", {"path": "hello.txt", "old_string": "Hello", "new_string": "Good day"}))
        env = with_model(world, models, "requires_approval: true\n")
        world.autonomy("run", "--sandbox", "none", env=env)
        (head,) = world.open().store.heads("decision")
        assert "hello.txt" in head.title
        world.autonomy("decision", "approve", head.subject)
        models.call("done", {"summary": "Done.", "evidence": [{"criterion": "It says so", "how": "read it"}]})
        world.autonomy("run", "--sandbox", "none", env=env)
    assert world.outcomes() == {".#1": "handed_off"}
    assert len(models.requests) == 2


def test_a_dry_run_with_a_model_calls_none(world: World) -> None:
    with Models() as models:
        env = with_model(world, models)
        shown = world.autonomy("run", "--dry-run", env=env)
        assert models.requests == []
    assert "Mend it." in shown
    assert "mission    mission mend" in shown
    assert "issue      issue 1" in shown
    assert not Path(world.root / ".agent-workspace/sessions").exists()
