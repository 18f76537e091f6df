"""The tool boundary: every step that an agent announces is ruled on here before it may begin.

Only agents that wait for "go" can be held here, and only of their tools do we know what they do. Whatever the others
do lies in a folder of its own, and is asked about as a whole before it is handed off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.contracts import ModelTool, Tool
from autonomy_pack.edges import host
from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import PackError, Stopped, UsageError
from autonomy_pack.flows import asking
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.records import known_secrets, read_transcript
from autonomy_pack.model import Event, Risk
from autonomy_pack.policy import steps
from autonomy_pack.policy.steps import Call
from autonomy_pack.tools import TOOLS
from autonomy_pack.tools.model import MODEL_TOOLS
from autonomy_pack.views import step as view

STOP = b"stop\n"
# The agents that wait before each step, and the tools that their steps are of.
_TOOLS: Mapping[str, Mapping[str, Tool | ModelTool]] = {"planner": TOOLS, "anthropic": MODEL_TOOLS}
_SHOWN = 256 * 1024


def need_to_wait(agent: str) -> None:
    """UsageError for an agent whose steps nobody can be asked about."""
    if agent not in _TOOLS:
        raise UsageError(
            f"agent {agent} does not wait before its steps, so nobody can be asked about each",
            f"Leave --interactive out; it works with {' and '.join(_TOOLS)}.",
        )


def risk_of(agent: str, tool: str) -> Risk:
    """How dangerous a step of that agent with that tool is by itself; high where nobody knows."""
    known = _TOOLS.get(agent, {}).get(tool)
    return known.risk if known else Risk.HIGH


def every_change_was_allowed(job: Job) -> bool:
    """Whether a person has seen and allowed each step of the run that changed something."""
    tools = _TOOLS.get(job.run.agent)
    return tools is not None and steps.all_were_shown(read_transcript(job.folder), tools)


class Boundary:
    """Rules on the steps of one start of an agent. `ending`: how the run ends once somebody has to be asked."""

    def __init__(self, job: Job) -> None:
        self.ending: Ending | None = None
        self._job = job
        self._tools = _TOOLS.get(job.run.agent)
        self._position = job.resumed.position
        self._all = False

    def heed(self, kind: str, data: Mapping[str, Any]) -> None:
        """An agent that asks ends its run: nobody waits in a process."""
        if kind == "agent.asked" and self.ending is None:
            self.ending = asking.about_question(self._job, str(data["question"]), list(map(str, data["options"])))

    def answer(self, data: Mapping[str, Any]) -> bytes:
        """What the program is told that waits with the step it announced.

        Raises Stopped when a person ends the run here.
        """
        if self.ending:
            return STOP
        call = steps.announced(data, self._position)
        if self._tools is None:
            return steps.go(call)
        ruling = steps.rule(call, self._tools, _allowed(self._job), asks=self._asks)
        if ruling.word == "no":
            return self._refused(call, "rule", ruling.why)
        self._position += self._tools[call.tool].mutates
        return self._asked(call) if ruling.word == "ask" else steps.go(call)

    @property
    def _asks(self) -> bool:
        terms, required = self._job.terms, self._job.run.mission.requires_approval
        return terms.answers is not None or terms.ask is not None or (required and terms.can_ask)

    def _asked(self, call: Call) -> bytes:
        """By what was recorded (in a replay), by a decision, by the person at the terminal, by a new decision."""
        terms = self._job.terms
        if terms.answers is not None:
            return self._recorded(call, terms.answers)
        approved = asking.allowed_by(self._job, call) if self._job.run.mission.requires_approval else ""
        if approved:
            return self._allowed(call, approved)
        if terms.ask is not None:
            return self._by_a_person(call)
        return self._waiting(call)

    def _waiting(self, call: Call) -> bytes:
        self.ending = asking.about_step(self._job, call, self._risk(call))
        self._tell(call, "waiting", self.ending.events[0].subject, "")
        return STOP

    def _by_a_person(self, call: Call) -> bytes:
        who = f"person:{host.user_name()}"
        word = "all" if self._all else self._word(call)
        self._all = word == "all"
        if word in ("yes", "all"):
            return STOP if self._job.why_stop() else self._allowed(call, who)
        if word == "no":
            return self._refused(call, who, "the person said no")
        if word == "quit":
            raise Stopped(f"the person ended it before step {call.step}", "Run again when it may go on.")
        return STOP

    def _word(self, call: Call) -> str:
        assert self._job.terms.ask is not None  # noqa: S101 - only then is anybody asked
        text = view.text(call, self._risk(call), self._before(call), known_secrets())
        return self._job.terms.ask(text, self._job.why_stop)

    def _recorded(self, call: Call, answers: Mapping[tuple[int, str], Mapping[str, Any]]) -> bytes:
        """What was answered then; a step that was another one then is asked about anew."""
        told = answers.get((call.step, call.sha256))
        if told is None and all(step != call.step for step, _ in answers):
            return steps.go(call)
        if told is None or told["answer"] == "waiting":
            return self._waiting(call)
        said = self._refused if told["answer"] == "refused" else self._allowed
        return said(call, str(told["by"]), str(told["why"]))

    def _risk(self, call: Call) -> Risk:
        return risk_of(self._job.run.agent, call.tool)

    def _before(self, call: Call) -> str | None:
        """The text of the file that the step names, when it is one that can be shown."""
        path = call.arguments.get("path") if isinstance(call.arguments, Mapping) else None
        try:
            content = Confined(str(self._job.space.work)).read(str(path)) if path else b""
        except PackError:
            content = b""
        return content.decode(errors="replace") if len(content) <= _SHOWN else None

    def _allowed(self, call: Call, by: str, why: str = "") -> bytes:
        self._tell(call, "allowed", by, why)
        return steps.go(call)

    def _refused(self, call: Call, by: str, why: str) -> bytes:
        self._tell(call, "refused", by, why)
        return steps.refusal(call, why)

    def _tell(self, call: Call, answer: str, by: str, why: str) -> Event:
        data = {"step": call.step, "call_sha256": call.sha256, "answer": answer, "by": by, "why": why}
        return self._job.transcript.add("step.answered", data, by if by.startswith("person:") else "system")


def _allowed(job: Job) -> tuple[str, ...] | None:
    """The tools that the mission allows; None for the planner, whose steps are the mission's own word."""
    return None if job.run.agent == "planner" else job.run.mission.tools
