"""Whatever is asked and answered, in whatever order and at whatever time: a decision is answered once, in time, by the
one action it is about, and only the yes to a change reads as an approval.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from autonomy_pack.edges import clock
from autonomy_pack.model import Event
from autonomy_pack.store import open_store
from autonomy_pack.store.conditions import DecisionExpired, DecisionOpen

KINDS = {"handoff": "approve", "step": "allow", "guidance": "answer"}
YES = {"handoff": "approved", "step": "answered", "guidance": "answered"}
IDS = st.sampled_from(["apr_A", "apr_B"])


class Decisions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.hours = 0.0
        self.folder = TemporaryDirectory()
        begun = clock.now()
        url = f"sqlite:///{Path(self.folder.name) / 'a.db'}"
        self.store = open_store(url, clock=lambda: clock.later(begun, self.hours * 3600))
        self.kinds: dict[str, str] = {}
        self.deadlines: dict[str, float] = {}
        self.expected: dict[str, str] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(decision=IDS, kind=st.sampled_from(sorted(KINDS)))
    def ask(self, decision: str, kind: str) -> None:
        data = {
            "kind": kind,
            "question": "?",
            "options": [KINDS[kind], "deny"],
            "default": "deny",
            "deadline": clock.later(self.store.now(), 24 * 3600),
            "action_sha256": f"{kind:0<64}",
            "may_answer": ["person"],
        }
        event = Event(kind="decision.asked", subject=decision, run=".#1/1", data=data, key=f"ask/{decision}")
        if self.store.append([event]):
            assert decision not in self.kinds
            self.kinds[decision], self.deadlines[decision] = kind, self.hours + 24
            self.expected[decision] = "pending"

    @rule(decision=IDS, no=st.booleans(), action=st.sampled_from([*KINDS, "other"]))
    def answer(self, decision: str, no: bool, action: str) -> None:
        kind = self.kinds.get(decision, "step")
        sha256 = f"{action:0<64}"
        data = {"option": "deny" if no else KINDS[kind], "why": "approve", "via": "cli", "action_sha256": sha256}
        event = Event(kind="decision.answered", subject=decision, run=".#1/1", data=data, key=f"answer/{decision}")
        stored = self.store.append([event], only_if=DecisionOpen(decision=decision, action_sha256=sha256))
        is_open = self.expected.get(decision) == "pending" and self.hours < self.deadlines[decision]
        assert bool(stored) == (is_open and action == self.kinds[decision])
        if stored:
            self.expected[decision] = "denied" if no else YES[kind]

    @rule(decision=IDS)
    def expire(self, decision: str) -> None:
        data = {"option": "deny", "why": "", "via": "expiry", "action_sha256": ""}
        event = Event(kind="decision.answered", subject=decision, run=".#1/1", data=data, key=f"answer/{decision}")
        if self.store.append([event], only_if=DecisionExpired(decision=decision)):
            assert self.expected[decision] == "pending"
            assert self.hours >= self.deadlines[decision]
            self.expected[decision] = "denied"

    @rule(hours=st.sampled_from([1, 23, 25]))
    def wait(self, hours: int) -> None:
        self.hours += hours

    @invariant()
    def each_is_as_it_was_answered_first(self) -> None:
        assert {head.subject: head.status for head in self.store.heads("decision")} == self.expected


TestDecisions = Decisions.TestCase
TestDecisions.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
