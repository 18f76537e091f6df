"""Who holds a task, for how long, and what happens to what a dead holder left running."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from autonomy_pack.edges import clock, host
from autonomy_pack.flows import box, claim, recover, survey
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Event, Holder, Task
from tests.flows.scenes import at, begin, events, later, run_with, scripted, until, workers
from tests.world import World

LANES = "checks: [{{name: tests, run: [python3, -c, 'pass']}}]\nlanes: {{default: {{slots: {slots}}}, docs: {{slots: 1}}}}\n"


def tasks(opened: Project) -> list[Task]:
    return [choice.task for choice in survey.look(opened, box=box.choose(opened.config, "none")).choices if choice.task]


@pytest.fixture
def three(world: World) -> World:
    world.config(LANES.format(slots=1))
    for number in "123":
        world.issue(number)
    return world


def test_a_lane_holds_as_many_tasks_as_it_has_slots(world: World) -> None:
    world.config(LANES.format(slots=2))
    for number in "1234":
        world.issue(number, labels=["priority:high", "mission:replace-text", *(["lane:docs"] if number == "4" else [])])
    opened = world.open()
    one, two, three, docs = tasks(opened)
    first = claim.take(opened, one, None)
    assert first
    assert claim.take(opened, two, None)
    assert claim.take(opened, three, None) is None
    assert claim.take(opened, docs, None)
    claim.give_back(opened, first, [])
    assert claim.take(opened, three, None)


def test_a_task_is_held_by_one(three: World) -> None:
    opened = three.open()
    one, *_ = tasks(opened)
    assert claim.take(opened, one, None)
    assert claim.take(three.open(), one, None) is None


def test_why_a_task_was_passed_by_is_told(three: World) -> None:
    opened = three.open()
    one, two, _ = tasks(opened)
    held = claim.take(opened, one, None)
    assert held
    assert claim.why_not(opened, one) == "another session works on it, as run .#1/1"
    assert claim.why_not(opened, two).startswith("all 1 slots of lane default are in use (lanes.default.slots)")
    claim.give_back(opened, held, [])
    assert claim.why_not(opened, two).startswith("it changed while others were worked on")


def test_a_session_tells_why_it_passed_by(three: World) -> None:
    """Between two of its runs another session takes the second task, and with it the only slot of the lane."""
    held = []

    def take() -> None:
        opened = three.open()
        held.append(claim.take(opened, tasks(opened)[0], None))

    done = run_with(three, at("run.finished", take))
    assert held[0]
    assert list(done.passed_by) == [".#2", ".#3"]
    assert "as run .#2/1" in done.passed_by[".#2"]
    assert "lane default" in done.passed_by[".#3"]


def test_a_claim_that_cannot_have_the_lane_leaves_the_task_free(three: World) -> None:
    opened = three.open()
    one, two, _ = tasks(opened)
    held = claim.take(opened, one, None)
    assert held
    assert claim.take(opened, two, None) is None
    assert [lease.key for lease in opened.store.leases()] == ["lane:default/1", "task:.#1"]
    claim.give_back(opened, held, [])
    assert opened.store.leases() == []


def test_a_task_that_another_session_finished_meanwhile_is_not_taken(three: World) -> None:
    """This session has looked and chosen; before it claims, another does all the work."""
    done: list[Event] = []

    def others() -> None:
        done.extend(three.run().runs)

    first = run_with(three, at("run.finished", others))
    assert [event.subject for event in first.runs] == [".#1"]
    assert [event.subject for event in done] == [".#2", ".#3"]
    assert len(events(three, "handoff.made")) == 3


def test_two_runs_at_once_both_finish_and_do_no_task_twice(world: World) -> None:
    world.config(LANES.format(slots=2))
    for number in range(1, 7):
        world.issue(str(number))
    both = [begin(world), begin(world)]
    for one in both:
        said, _ = one.communicate(timeout=60)
        assert one.returncode == 0, said
    world.run()
    assert sorted(event.subject for event in events(world, "handoff.made")) == [f".#{number}" for number in range(1, 7)]
    assert len(events(world, "task.claimed")) == 6
    assert len(world.branches()) == 6


def dead_holder() -> Holder:
    """A process of this boot that is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    start = host.pid_start(gone.pid) or 1.0
    gone.wait()
    return dataclasses.replace(host.me(), pid=gone.pid, pid_start=start)


def abandoned(opened: Project, holder: Holder, worker: subprocess.Popen[bytes]) -> None:
    """A run whose harness is `holder`, and whose agent is still there."""
    (task, *_) = tasks(opened)
    survey.note(opened, survey.look(opened, box=box.choose(opened.config, "none")))
    held = opened.store.claim([f"task:{task.id}"], holder, seconds=30, dead=lambda _: False)
    assert held
    run = claim.run_id(held[0])
    claimed = {"fence": held[0].fence, "holder": "x", "expires": held[0].expires}
    started = {"attempt": 1, "agent": "script", "mission": "free", "mission_sha256": "", "base": opened.base.commit}
    started |= {"sandbox": "none", "limits": {}, "pid": worker.pid, "pid_start": host.pid_start(worker.pid)}
    opened.store.append([Event(kind="task.claimed", subject=task.id, run=run, data=claimed)])
    opened.store.append([Event(kind="run.started", subject=task.id, run=run, data=started)])


@pytest.fixture
def worker():
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def test_what_a_dead_harness_left_running_is_ended_before_its_task_is_tried_again(
    three: World, worker: subprocess.Popen[bytes]
) -> None:
    opened = three.open()
    abandoned(opened, dead_holder(), worker)
    seen: list[Event] = []
    recover.recover(opened, seen.append)
    assert host.pid_start(worker.pid) is None
    assert [event.data["outcome"] for event in seen] == ["stale"]
    assert opened.store.leases() == []


def test_another_process_with_the_same_number_is_not_touched(three: World, worker: subprocess.Popen[bytes]) -> None:
    opened = three.open()
    abandoned(opened, dead_holder(), worker)
    with subprocess.Popen(["sleep", "60"]) as other:
        moved = [dataclasses.replace(event, key=None) for event in opened.store.events(kinds=["run.started"])]
        moved = [dataclasses.replace(event, data={**event.data, "pid": other.pid}) for event in moved]
        opened.store.append(moved)
        recover.recover(opened, lambda _: None)
        assert other.poll() is None
        other.kill()


def test_a_holder_of_another_machine_counts_as_alive_until_its_lease_ends(
    three: World, worker: subprocess.Popen[bytes]
) -> None:
    opened = three.open()
    abandoned(opened, dataclasses.replace(dead_holder(), boot="another"), worker)
    recover.recover(opened, lambda _: None)
    assert [lease.key for lease in opened.store.leases()] == ["task:.#1"]
    assert worker.poll() is None
    late = later(opened, 1 / 60)
    recover.recover(late, lambda _: None)
    assert late.store.leases() == []
    assert worker.poll() is None, "a number of another machine means nothing here"


def test_a_lease_is_renewed_while_work_goes_on(world: World) -> None:
    scripted(world, "sleep 6\nwrite a.txt one")
    expires: list[str] = []

    def look() -> None:
        lease = world.open().store.lease("task:.#1")
        assert lease
        expires.append(lease.expires)

    run_with(world, at("step.started", look, step=2))
    (claimed,) = events(world, "task.claimed")
    assert expires[0] > clock.later(claimed.data["expires"], 4)
    assert world.outcomes() == {".#1": "handed_off"}


def test_a_killed_session_is_finished_by_the_next_and_its_agent_is_gone(world: World) -> None:
    scripted(world, "write a.txt one\ndaemon\nhang")
    killed = begin(world)
    until(lambda: any(b'"hang"' in path.read_bytes() for path in world.root.rglob("transcript.jsonl")))
    killed.kill()
    killed.communicate(timeout=20)
    until(lambda: not workers(), 10)
    scripted(world, "write a.txt one")
    world.run()
    outcomes = [event.data["outcome"] for event in events(world, "run.finished")]
    assert outcomes == ["stale", "handed_off"]
    assert {head.status for head in world.open().store.heads("session")} == {"finished"}
