"""A question is about one exact action, is answered once by a person, and what was approved is done exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import decisions, records
from autonomy_pack.model import Event
from autonomy_pack.store.conditions import DecisionOpen
from tests.flows.scenes import asked, at, events, later, run_with, scripted, steal, touch_stop
from tests.world import World

KILLED = """
import dataclasses, sys
from pathlib import Path
from autonomy_pack.flows import decisions, project
from tests.flows.killed import Counted, Counter
counter = Counter(int(sys.argv[3]), sys.argv[4])
opened = project.open_project(Path(sys.argv[1]))
opened = dataclasses.replace(opened, store=Counted(opened.store, counter), forge=Counted(opened.forge, counter))
decisions.approve(opened, sys.argv[2], "", lambda _: None)
"""


@pytest.fixture
def decision(world: World) -> str:
    return asked(world)


def status(world: World, decision: str) -> str:
    return decisions.find(world.open(), decision).status


def kept_head(world: World) -> str:
    return str(events(world, "change.made")[-1].data["head"])


def offer_file(world: World) -> Path:
    (path,) = world.root.rglob("handoff.json")
    return path


def untouched(world: World, decision: str) -> None:
    """Nothing was answered, nothing handed off."""
    assert status(world, decision) == "pending"
    assert world.branches() == []
    assert events(world, "handoff.made") == []


def test_approving_in_another_process_hands_off_exactly_the_kept_change(world: World, decision: str) -> None:
    assert world.call("decision", "view", decision).returncode == 3
    assert world.branches() == []
    said = world.autonomy("decision", "approve", decision, "--comment", "fine")
    (branch,) = world.branches()
    assert branch in said
    assert world.git("rev-parse", branch) == kept_head(world)
    assert world.outcomes() == {".#1": "handed_off"}
    (answer,) = events(world, "decision.answered")
    assert (answer.data["option"], answer.data["why"], answer.data["via"]) == ("approve", "fine", "cli")
    assert answer.actor.startswith("person:")
    assert world.open().store.leases() == []


def test_approval_needs_nothing_of_the_process_that_asked(world: World, decision: str) -> None:
    """Days later, by a store whose clock says so, and with the attempt's work folder long gone."""
    world.autonomy("decision", "approve", decision)
    world.run()
    assert len(world.branches()) == 1
    assert len(events(world, "handoff.made")) == 1


def test_denying_holds_the_task_until_it_is_reset(world: World, decision: str) -> None:
    assert "task reset 1" in world.autonomy("decision", "deny", decision, "--reason", "not now")
    done = world.run()
    assert done.runs == ()
    assert "denied" in done.survey.choices[0].why
    assert world.branches() == []
    world.autonomy("task", "reset", "1")
    world.run()
    assert len(world.open().store.heads("decision", status=["pending"])) == 1


def test_a_changed_text_takes_a_denied_task_up_again(world: World, decision: str) -> None:
    world.autonomy("decision", "deny", decision, "--reason", "no")
    world.issue(
        "1",
        title="Another title",
        body=world.root.joinpath(".autonomy/issues/1.md").read_text().split("---\n")[2],
        criteria="",
    )
    assert [event.data["outcome"] for event in world.run().runs] == ["waiting"]


def test_an_answer_after_the_deadline_is_refused_by_the_store_itself(world: World, decision: str) -> None:
    late = later(world.open(), 25)
    with pytest.raises(UsageError, match="expired already"):
        decisions.approve(late, decision, "", lambda _: None)
    assert events(world, "decision.answered") == []
    assert world.branches() == []


def test_an_expired_decision_is_a_no(world: World, decision: str) -> None:
    late = later(world.open(), 25)
    seen: list[Event] = []
    decisions.expire(late, seen.append)
    assert [(event.data["option"], event.data["via"]) for event in seen] == [("deny", "expiry")]
    assert decisions.find(late, decision).status == "expired"
    decisions.expire(late, seen.append)
    assert len(seen) == 1
    assert "denied" in world.run().survey.choices[0].why
    assert world.branches() == []


def test_a_decision_does_not_expire_early(world: World, decision: str) -> None:
    early = later(world.open(), 23.9)
    decisions.expire(early, lambda _: None)
    assert decisions.find(early, decision).status == "pending"


@pytest.mark.parametrize(("first", "second"), [("approve", "deny"), ("deny", "approve"), ("deny", "deny")])
def test_the_first_answer_stands(world: World, decision: str, first: str, second: str) -> None:
    words = {"approve": ("decision", "approve", decision), "deny": ("decision", "deny", decision, "--reason", "no")}
    world.autonomy(*words[first])
    ended = world.call(*words[second])
    assert ended.returncode == 2
    assert "already" in ended.stderr
    assert len(events(world, "decision.answered")) == 1
    assert len(world.branches()) == (first == "approve")


def test_an_answer_to_another_action_is_not_stored(world: World, decision: str) -> None:
    answer = Event(
        kind="decision.answered",
        subject=decision,
        data={"option": "approve", "why": "", "via": "cli", "action_sha256": "0" * 64},
    )
    assert world.open().store.append([answer], only_if=DecisionOpen(decision=decision, action_sha256="0" * 64)) == []
    untouched(world, decision)


@pytest.mark.parametrize("field", ["branch", "base", "policy_sha256", "task"])
def test_records_that_name_another_action_are_refused(world: World, decision: str, field: str) -> None:
    path = offer_file(world)
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {field: data[field] + "0"}))
    ended = world.call("decision", "approve", decision)
    assert ended.returncode == 4
    assert "another action" in ended.stderr
    untouched(world, decision)


def test_records_that_name_another_commit_are_refused(world: World, decision: str) -> None:
    path = offer_file(world)
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"head": world.git("rev-parse", "HEAD")}))
    assert world.call("decision", "approve", decision).returncode == 4
    untouched(world, decision)


def test_a_bundle_that_was_changed_is_refused(world: World, decision: str) -> None:
    (bundle,) = world.root.rglob("attempt.bundle")
    content = bundle.read_bytes()
    bundle.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    ended = world.call("decision", "approve", decision)
    assert ended.returncode == 4
    assert "not the bundle" in ended.stderr
    untouched(world, decision)


def test_records_that_are_gone_are_refused(world: World, decision: str) -> None:
    offer_file(world).unlink()
    assert world.call("decision", "approve", decision).returncode == 2
    untouched(world, decision)


def test_a_base_that_moved_under_the_change_is_refused(world: World, decision: str) -> None:
    world.write("requirements.txt", "ruff==0.14.2\nmypy==1.0\n")
    world.commit("under it")
    ended = world.call("decision", "approve", decision)
    assert ended.returncode == 4
    assert "requirements.txt" in ended.stderr
    untouched(world, decision)


def test_a_base_that_moved_elsewhere_is_fine(world: World, decision: str) -> None:
    world.write("hello.txt", "elsewhere\n")
    world.commit("elsewhere")
    world.autonomy("decision", "approve", decision)
    assert world.git("rev-parse", world.branches()[0]) == kept_head(world)


def test_a_base_that_was_rewritten_is_refused(world: World, decision: str) -> None:
    world.git("commit", "-q", "--amend", "-m", "rewritten")
    ended = world.call("decision", "approve", decision)
    assert ended.returncode == 4
    assert "no longer contains" in ended.stderr
    untouched(world, decision)


def test_an_issue_whose_text_changed_is_refused(world: World, decision: str) -> None:
    path = world.root / ".autonomy/issues/1.md"
    path.write_text(path.read_text() + "\nAnd something else.\n")
    ended = world.call("decision", "approve", decision)
    assert ended.returncode == 4
    assert "text of issue 1 changed" in ended.stderr
    untouched(world, decision)


def test_an_issue_that_was_closed_is_refused(world: World, decision: str) -> None:
    path = world.root / ".autonomy/issues/1.md"
    path.write_text(path.read_text().replace('state: "open"', "state: closed"))
    assert "not open" in world.call("decision", "approve", decision).stderr
    untouched(world, decision)


def test_nothing_is_approved_under_a_stop(world: World, decision: str) -> None:
    touch_stop(world)
    assert world.call("decision", "approve", decision).returncode == 5
    untouched(world, decision)


def test_a_stop_between_the_answer_and_the_branch_makes_no_branch(world: World, decision: str) -> None:
    from autonomy_pack.errors import Stopped

    with pytest.raises(Stopped):
        decisions.approve(world.open(), decision, "", at("handoff.intended", lambda: touch_stop(world)))
    assert world.branches() == []
    world.autonomy("resume")
    world.run()
    assert len(world.branches()) == 1
    assert world.outcomes() == {".#1": "handed_off"}


def test_a_task_that_somebody_holds_is_handed_off_by_the_next_run(world: World, decision: str) -> None:
    steal(world)
    with pytest.raises(WorldError, match="held by another run"):
        decisions.approve(world.open(), decision, "", lambda _: None)
    assert world.branches() == []
    assert status(world, decision) == "approved"


AGENT = """import subprocess, sys
words = [sys.executable, '-m', 'autonomy_pack', *{words!r}, '--repo', {root!r}]
ended = subprocess.run(words, capture_output=True, text=True)
print('inner', ended.returncode, ended.stderr.strip(), flush=True)
"""
FORBIDDEN = {
    "approve": ["decision", "approve", "DECISION"],
    "decide": ["decision", "decide", "DECISION", "--answer", "x"],
    "deny": ["decision", "deny", "DECISION", "--reason", "x"],
    "resume": ["resume"],
    "reset": ["task", "reset", "1"],
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_an_agent_never_answers_for_a_person(world: World, decision: str, what: str) -> None:
    words = [decision if word == "DECISION" else word for word in FORBIDDEN[what]]
    program = world.root.parent / "agent.py"
    program.write_text(AGENT.format(words=words, root=str(world.root)))
    world.issue("2", labels=("priority:high", "mission:free", "agent:command"))
    world.mission("free", "goal: Do it.\nagent: command\n")
    world.run(agent="command", argv=(sys.executable, str(program)), issue="2")
    folder = records.find_run(world.open().place, world.open().store.head(".#2").run)
    said = [line["data"]["text"] for line in records.read_transcript(folder) if line["kind"] == "agent.said"]
    assert any("inner 3" in line and "from inside a run" in line for line in said), said
    untouched(world, decision)
    assert events(world, "task.reset") == []


def test_a_check_never_answers_for_a_person_either(world: World, decision: str) -> None:
    """What a check runs was written by an agent just now."""
    program, told = world.root.parent / "check.py", world.root.parent / "told"
    words = ["decision", "approve", decision]
    program.write_text(
        AGENT.format(words=words, root=str(world.root)).replace("flush=True", f"file=open({str(told)!r}, 'w')")
    )
    scripted(
        world, "write a.txt one", id="2", checks=f"checks: [{{name: tests, run: [{sys.executable}, {program}]}}]\n"
    )
    world.run(issue="2")
    assert "inner 3" in told.read_text()
    assert "from inside a run" in told.read_text()
    assert status(world, decision) == "pending"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at_write", range(1, 7))
def test_killed_while_it_hands_off_the_next_run_completes_it_once(
    world: World, decision: str, at_write: int, when: str
) -> None:
    words = [sys.executable, "-c", KILLED, str(world.root), decision, str(at_write), when]
    ended = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    world.run()
    if (at_write, when) == (1, "before"):
        untouched(world, decision)
        return
    assert world.git("rev-parse", *world.branches()) == kept_head(world)
    assert world.outcomes() == {".#1": "handed_off"}
    assert len(events(world, "handoff.made")) == 1
    assert world.open().store.leases() == []


def test_what_was_approved_but_no_longer_fits_is_tried_again_not_handed_off(world: World, decision: str) -> None:
    words = [sys.executable, "-c", KILLED, str(world.root), decision, "1", "after"]
    subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, check=False)
    assert status(world, decision) == "approved"
    world.write("requirements.txt", "ruff==0.14.2\nmypy==1.0\n")
    world.commit("under it")
    done = run_with(world, lambda _: None)
    assert [event.data["outcome"] for event in done.runs] == ["waiting"]
    assert world.branches() == []


def test_a_wrong_id_is_an_error(world: World, decision: str) -> None:
    for words in (("view", "apr_NOSUCH"), ("approve", "apr_NOSUCH"), ("view", ".#1")):
        assert world.call("decision", *words).returncode == 2
    assert decision in world.autonomy("decision", "list")
    assert json.loads(world.autonomy("decision", "list", "--json"))[0]["status"] == "pending"
