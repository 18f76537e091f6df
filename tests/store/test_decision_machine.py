"""Decisions under every order of answers, replays, expiries and passing time, by several handles on one store."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import gitrefs
from autonomy_pack.edges import clock
from autonomy_pack.model import Event
from autonomy_pack.store import open_store
from autonomy_pack.store.conditions import DecisionExpired, DecisionOpen
from postgres import fresh_url

IDS = st.sampled_from(["d1", "d2"])
HASHES = st.sampled_from(["a" * 64, "b" * 64])
HANDLES = st.integers(0, 2)
KEYS = st.sampled_from(["answer/{}", "again/{}", None])


class Decisions(RuleBasedStateMachine):
    """The model: each decision's hash, deadline and, once given, its only answer."""

    def place(self) -> str:
        self.folder = tempfile.mkdtemp()
        return str(Path(self.folder) / "autonomy.db")

    def handle(self, url: str, number: int):
        return open_store(url, clock=lambda: self.at)

    @initialize()
    def open(self):
        self.at = "2026-01-02T03:04:05.000000Z"
        url = self.place()
        self.handles = [self.handle(url, number) for number in range(3)]
        self.asked: dict[str, tuple[str, str]] = {}
        self.answers: dict[str, str] = {}

    @rule(handle=HANDLES, decision=IDS, sha=HASHES, seconds=st.sampled_from([0.0, 10.0, 100.0]))
    def ask(self, handle, decision, sha, seconds):
        """Also a second time, with another action and deadline: the first question stands."""
        deadline = clock.later(self.at, seconds)
        data = {"kind": "handoff", "question": "?", "options": ["approve", "deny"], "default": "deny"}
        data |= {"deadline": deadline, "action_sha256": sha, "may_answer": ["person"]}
        event = Event(kind="decision.asked", subject=decision, data=data, key=f"ask/{decision}")
        stored = self.handles[handle].append([event])
        assert bool(stored) == (decision not in self.asked)
        self.asked.setdefault(decision, (sha, deadline))

    def event(self, decision, option, sha, key):
        data = {"option": option, "why": "", "via": "cli", "action_sha256": sha}
        name = key and key.format(decision)
        return Event(kind="decision.answered", subject=decision, data=data, key=name)

    @rule(handle=HANDLES, decision=IDS, option=st.sampled_from(["approve", "deny"]), sha=HASHES, key=KEYS)
    def answer(self, handle, decision, option, sha, key):
        """By anybody, at any time, about any action, under any key, any number of times."""
        condition = DecisionOpen(decision=decision, action_sha256=sha)
        stored = self.handles[handle].append([self.event(decision, option, sha, key)], only_if=condition)
        about, deadline = self.asked.get(decision, ("", ""))
        assert bool(stored) == (about == sha and self.at < deadline and decision not in self.answers)
        if stored:
            self.answers[decision] = {"approve": "approved", "deny": "denied"}[option]

    @rule(handle=HANDLES, decision=IDS, key=KEYS)
    def expire(self, handle, decision, key):
        about, deadline = self.asked.get(decision, ("a" * 64, "9999"))
        event = self.event(decision, "deny", about, key)
        stored = self.handles[handle].append([event], only_if=DecisionExpired(decision=decision))
        assert bool(stored) == (self.at >= deadline and decision not in self.answers)
        if stored:
            self.answers[decision] = "denied"

    @rule(seconds=st.sampled_from([1.0, 10.0, 50.0]))
    def pass_time(self, seconds):
        self.at = clock.later(self.at, seconds)

    @invariant()
    def every_decision_has_at_most_its_one_answer(self):
        answered = [event.subject for event in self.handles[0].events(kinds=["decision.answered"])]
        assert sorted(answered) == sorted(self.answers)
        found = {head.subject: head.status for head in self.handles[1].heads("decision")}
        assert found == {decision: self.answers.get(decision, "pending") for decision in self.asked}

    def teardown(self):
        for handle in getattr(self, "handles", []):
            handle.close()
        shutil.rmtree(getattr(self, "folder", "/nonexistent"), ignore_errors=True)


class DecisionsOnPostgres(Decisions):
    """The same on the server."""

    def place(self) -> str:
        return fresh_url()


class DecisionsOnRefs(Decisions):
    """The same on a git repository, where every process has a copy of its own."""

    def place(self) -> str:
        self.folder = tempfile.mkdtemp()
        return gitrefs.bare(Path(self.folder) / "refs.git")

    def handle(self, url: str, number: int):
        return gitrefs.clone(url, Path(self.folder) / str(number), clock=lambda: self.at)

    @invariant()
    def every_decision_has_at_most_its_one_answer(self):
        for handle in self.handles[:2]:
            handle.refresh()
        super().every_decision_has_at_most_its_one_answer()


@pytest.mark.parametrize(("machine", "examples"), [(Decisions, 150), (DecisionsOnPostgres, 30), (DecisionsOnRefs, 6)])
def test_a_decision_has_one_answer_in_time_and_about_its_own_action(machine, examples):
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, database=None)
    )
