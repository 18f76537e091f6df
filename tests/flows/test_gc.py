"""What `autonomy gc` removes, what it leaves, and that it never takes what somebody took meanwhile."""

import json

import pytest
from click.testing import CliRunner

import gitrefs
from autonomy_pack.commands.gc import command
from autonomy_pack.edges import clock, commits, git
from autonomy_pack.edges.remote import ZERO
from autonomy_pack.errors import UsageError
from autonomy_pack.flows.gc import gc
from autonomy_pack.model import Event, Holder, Move
from autonomy_pack.store import open_store, states
from autonomy_pack.store.conditions import DecisionOpen

START = "2026-01-02T03:04:05.000000Z"
LATER = clock.later(START, 40 * 86_400)
ME = Holder(host="actions", boot="77", pid_namespace="acme/site", pid=1, pid_start=0.0)
SHA = "a" * 64


class Past:
    """A store in which tasks went through their lives 40 days ago."""

    def __init__(self, folder):
        self.at, self.folder = START, folder
        self.url = gitrefs.bare(folder / "refs.git")
        self.store = gitrefs.clone(self.url, folder / "a", clock=lambda: self.at)

    def other(self):
        return gitrefs.clone(self.url, self.folder / "b", clock=lambda: self.at)

    def attempt(self, number, outcome="handed_off", *more):
        """A task's claim, its run's end and its release; the key."""
        task, key = f"acme/site#{number}", f"task:acme/site#{number}@9{number}"
        words = {"title": "T", "priority": 1, "lane": "default", "mission": "m", "agent": "planner", "pin": "p"}
        seen = event("task.seen", task, **words, eligible=True, why="")
        [lease] = self.store.claim([key], ME, seconds=1e8, dead=lambda _: False, events=lambda _: [seen])
        end = {"outcome": outcome, "why": "", "seconds": 1.0, "usd": 0.0, "tokens": 0, "transcript_sha256": ""}
        run = f"{task}@9{number}/{lease.fence}"
        started = event("task.claimed", task, run, fence=lease.fence, holder="", expires=lease.expires)
        self.store.release(lease, events=[started, event("run.finished", task, run, **end), *more])
        return key

    def ask(self, number, answer=None):
        run = f"acme/site#{number}@9{number}/1"
        data = {"kind": "handoff", "question": "?", "options": ["approve", "deny"], "default": "deny"}
        data |= {"deadline": clock.later(LATER, 1e7), "action_sha256": SHA, "may_answer": ["*"]}
        self.store.append([event("decision.asked", f"d{number}", run, **data)])
        if answer:
            said = event("decision.answered", f"d{number}", run, option=answer, why="", via="cli", action_sha256=SHA)
            assert self.store.append([said], only_if=DecisionOpen(decision=f"d{number}", action_sha256=SHA))

    def keep(self, folder, name):
        ref = f"refs/autonomy/{folder}/{name}"
        oid = commits.write(self.store.remote.git_dir, ref, "", START)
        assert self.store.remote.push([Move(ref=ref, old=ZERO, new=oid)])
        return ref

    def refs(self):
        return self.store.remote.tips("refs/*")


def event(kind, subject, run="", /, **data):
    return Event(kind=kind, subject=subject, run=run, data=data)


def ended(number, state):
    return event("handoff.ended", f"acme/site#{number}", state=state, closed=False)


@pytest.fixture
def past(tmp_path):
    made = Past(tmp_path)
    yield made
    made.store.close()


def removed(swept):
    return {one.ref for one in swept if one.removed}


def test_leases_of_tasks_that_are_long_over_go_and_all_others_stay(past):
    merged, dropped = (
        past.attempt(1, "handed_off", ended(1, "merged")),
        past.attempt(2, "handed_off", ended(2, "deleted")),
    )
    denied = past.attempt(3, "waiting")
    past.ask(3, "deny")
    past.attempt(4, "handed_off")
    past.attempt(5, "failed")
    past.attempt(6, "waiting")
    past.ask(6)
    past.store.claim(["task:acme/site#7@97", "lane:default/1"], ME, seconds=1e8, dead=lambda _: False)
    past.at = LATER
    past.attempt(8, "handed_off", ended(8, "merged"))
    before = past.refs()
    swept = gc(past.store)
    gone = {states.ref_of(key) for key in (merged, dropped, denied)}
    assert removed(swept) == gone
    assert past.refs() == {ref: oid for ref, oid in before.items() if ref not in gone}
    whys = {states.key_of(one.ref): one.why for one in swept}
    assert whys["task:acme/site#4@94"] == "its task is handed_off"
    assert whys["task:acme/site#7@97"] == "it is held"
    assert whys["lane:default/1"] == "its key will be claimed again"
    assert "only" in whys["task:acme/site#8@98"]
    assert removed(gc(past.store)) == set()


def test_changes_go_when_their_run_and_their_question_are_over(past):
    for number, outcome, answer in (
        (1, "waiting", "deny"),
        (2, "waiting", None),
        (3, "waiting", "approve"),
        (4, "handed_off", None),
    ):
        past.attempt(number, outcome)
        if outcome == "waiting":
            past.ask(number, answer)
    kept = {number: past.keep("pending", f"{number}-9{number}-1") for number in (1, 2, 3, 4)}
    objects, strange = past.keep("objects", "4-94-1"), past.keep("pending", "7-97-1")
    state = past.keep("state", "x")
    past.at = LATER
    whys = {one.ref: one.why for one in gc(past.store, dry_run=True)}
    assert (whys[kept[2]], whys[kept[3]]) == ("its question is open", "it is approved and not handed off yet")
    assert whys[strange] == "nothing is known of its run"
    assert state not in whys
    assert removed(gc(past.store)) == {kept[1], kept[4], objects, states.ref_of("task:acme/site#1@91")}
    assert {kept[2], kept[3], strange, state} <= past.refs().keys()


def test_a_dry_run_writes_nothing(past):
    key = past.attempt(1, "handed_off", ended(1, "merged"))
    past.at = LATER
    before = past.refs()
    assert removed(gc(past.store, dry_run=True)) == {states.ref_of(key)}
    assert past.refs() == before


def test_a_ref_that_moved_meanwhile_stays_and_the_others_go(past):
    taken, free = (past.attempt(number, "handed_off", ended(number, "merged")) for number in (1, 2))
    past.at = LATER
    other = past.other()
    path = past.folder / "refs.git/hooks/reference-transaction"
    # Between the look and the push somebody claims the first key: here, when the push asks for its lock.
    tip = other.state_of(taken)
    state = commits.write(past.folder / "refs.git", "autonomy/lease 1\nsomebody's", tip, START)
    once = f"test -e moved || {{ touch moved; git update-ref {states.ref_of(taken)} {state}; }}"
    path.with_name("pre-receive").write_text(f'#!/bin/sh\ncd "$GIT_DIR"; unset GIT_QUARANTINE_PATH; {once}\n')
    path.with_name("pre-receive").chmod(0o755)
    swept = gc(past.store)
    assert removed(swept) == {states.ref_of(free)}
    assert [one.why for one in swept if one.ref == states.ref_of(taken)] == ["it moved meanwhile"]
    assert past.refs()[states.ref_of(taken)] == state
    other.close()


@pytest.mark.parametrize("days", [0, 0.5, -1, float("nan")])
def test_what_may_be_at_work_is_never_asked_for(past, days):
    with pytest.raises(UsageError):
        gc(past.store, days=days)


def test_a_store_without_refs_has_nothing_to_remove(tmp_path):
    store = open_store(str(tmp_path / "autonomy.db"))
    assert gc(store) == []
    store.close()


def test_the_command_says_what_it_did(past, world, monkeypatch):
    monkeypatch.setenv("AUTONOMY_STORE", f"gitrefs+{past.url}")
    past.attempt(1, "handed_off", ended(1, "merged"))
    run = CliRunner().invoke
    told = run(command, ["--repo", str(world.root), "--days", "1", "--dry-run"])
    assert (told.exit_code, "1 of 1 refs would be removed." in told.output) == (0, True), told.output
    assert "would be removed  refs/autonomy/lease/" in told.output
    said = json.loads(run(command, ["--repo", str(world.root), "--days", "1", "--json"]).output)
    assert [one["removed"] for one in said] == [True]
    assert "0 of 0 refs removed." in run(command, ["--repo", str(world.root)]).output
    monkeypatch.delenv("AUTONOMY_STORE")
    assert "keeps no refs" in run(command, ["--repo", str(world.root)]).output
    assert git.run("for-each-ref", "refs/autonomy/lease", at=past.folder / "refs.git") == b""
