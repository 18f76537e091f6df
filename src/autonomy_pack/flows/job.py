"""One attempt in progress: everything its steps need, handed from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autonomy_pack.edges import clock
from autonomy_pack.edges.workspace import Workspace
from autonomy_pack.errors import LeaseLost, Stopped
from autonomy_pack.flows import stop
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.claim import Claim
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report, Transcript
from autonomy_pack.model import Answered, Comment, Event, Outcome, Run, Step, value
from autonomy_pack.policy import names
from autonomy_pack.policy.budget import NOTHING, Asked


@value
class Record:
    """A run that is made again: its transcript, and the folder it worked in."""

    transcript: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a session gives each of its attempts: its name, its box, who watches.

    `argv` is a person's command for agent `command`, `given` a person's inputs for the mission. `stopped` says why
    work must end, beside the STOP file; it is asked several times a second, so it looks at what it knows already.
    `asked` are the limits and the model that a person said for this session.
    `receive` does what follows from the document that a mission returns; None where no such mission may run.
    `discussion` gives the comments on the task that an agent may see.

    `ask` shows a step to the person at the terminal; its word is yes, no, all, quit or, when what it is given says why
    work must end, stop. `can_ask`: a run may end with a question that somebody can answer later. `replay` is the record
    whose answers stand for the models', `answers` what came there of each step that was asked about, by its number and
    the hash of its call; `diverged` is told where a model is asked something else.
    """

    session: str
    box: Box
    report: Report
    argv: tuple[str, ...] = ()
    stopped: Callable[[], str] = lambda: ""
    asked: Asked = NOTHING
    given: Mapping[str, str] = field(default_factory=dict)
    ask: Ask | None = None
    can_ask: bool = True
    replay: Record | None = None
    answers: Mapping[tuple[int, str], Mapping[str, Any]] | None = None
    diverged: Callable[[Mapping[str, Any]], None] = lambda _: None
    receive: Receive | None = None
    discussion: Callable[[], Sequence[Comment]] = tuple


@value
class Resumed:
    """What a run goes on from: the run that asked (its id), the messages of its model so far and how many of its steps
    changed something, what a person said to its question. `answered` are all questions that were answered so far, and
    `kept`: the work done before the last of them is in the folder. Empty when a run begins anew.
    """

    run: str = ""
    messages: tuple[Mapping[str, Any], ...] = ()
    position: int = 0
    answer: str = ""
    answered: tuple[Answered, ...] = ()
    kept: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run with its terms, claim, workspace and records; `started` by the monotonic clock."""

    project: Project
    run: Run
    steps: tuple[Step, ...]
    terms: Terms
    claim: Claim
    space: Workspace
    transcript: Transcript
    started: float
    resumed: Resumed = field(default_factory=Resumed)

    @property
    def folder(self) -> Path:
        """Where the run's records are kept."""
        return Path(self.run.folder)

    @property
    def seconds_left(self) -> float:
        """How much of the mission's minutes is left for work."""
        return max(0.0, self.run.mission.limits.minutes * 60 - (clock.monotonic() - self.started))

    @property
    def policy_sha256(self) -> str:
        """The hash of what the change is judged by."""
        return names.sha256([self.project.config.sha256, self.run.mission.sha256])

    def event(self, kind: str, data: dict[str, object], key: str | None = None) -> Event:
        """An event of this run."""
        return Event(kind=kind, subject=self.run.task.id, run=self.run.id, data=data, key=key)

    def tell(self, events: Sequence[Event]) -> None:
        """Append events under the run's fence and show them; LeaseLost when the task was taken over."""
        if not events:
            return
        for event in self.project.store.append(events, lease=self.claim.task):
            self.terms.report(event)

    def why_stop(self) -> str:
        """Why work must end at once; "" to go on. Cheap: asked several times a second."""
        if self.claim.lost.is_set():
            return "the lease was lost"
        set_stop = stop.read(self.project.place)
        return str(set_stop) if set_stop else self.terms.stopped()

    def heed_stop(self) -> None:
        """Raise LeaseLost or Stopped when work must end: called before each step and write."""
        if self.claim.lost.is_set():
            raise LeaseLost(f"run {self.run.id} lost its lease", "Its successor goes on with the task.")
        stop.heed(self.project.place)
        if why := self.terms.stopped():
            raise Stopped(f"stopped by {why}", "Take the stop away when work may go on.")


@value
class Ending:
    """How a run ended, and the events that must be stored in the same transaction as its end."""

    outcome: Outcome
    why: str
    events: tuple[Event, ...] = ()


Ask = Callable[[str, Callable[[], str]], str]
"""Shows a person the text of a step; yes, no, all or quit, or stop once the callable says why work must end."""

Receive = Callable[[Job, Mapping[str, Any]], Ending]
"""What follows from the document that a mission returned: how the run ends."""
