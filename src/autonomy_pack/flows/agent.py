"""Letting an agent work: start it in its box, record what it does, end it by stop, limits or its own exit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import files, shell, workspace
from autonomy_pack.edges.confined import Confined
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, PackError
from autonomy_pack.flows import gateway, heeding, instructions, returned
from autonomy_pack.flows.boundary import STOP, Boundary
from autonomy_pack.flows.gateway import Gateway, NoModel, NoMoney
from autonomy_pack.flows.install_agent import folder_of
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.model import Brief, Command, Ended, Outcome, Verdict
from autonomy_pack.policy import budget
from autonomy_pack.policy.hindered import COULD_NOT_BEGIN

_TALK = 1024 * 1024


class _Watch:
    """Reads an agent's output line by line: transcript, step limit, and the last thing that went wrong."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._agent = AGENTS[job.run.agent]
        self._boundary = Boundary(job)
        self.steps = 0
        self.failure = ""
        self.verdict: Verdict | None = None
        self._said = self._unsaid = 0

    @property
    def too_many(self) -> bool:
        return self.steps > self._job.run.mission.limits.steps

    @property
    def asks(self) -> Ending | None:
        """How the run ends because a person must answer first."""
        return self._boundary.ending

    @property
    def why_asked(self) -> str:
        """Why it must end here, in a word, when a person must answer first."""
        return "it waits for a person" if self.asks else ""

    def line(self, line: bytes) -> bytes | None:
        """Record one line; the answer it waits for, if any."""
        seen = self._agent.read(line)
        for kind, data in seen.events:
            if kind == "agent.said" and not self._worth_saying(line):
                continue
            event = self._job.transcript.add(kind, self._numbered(kind, data), f"agent:{self._job.run.agent}")
            self._boundary.heed(kind, event.data)
            self.steps += kind == "step.started"
            if kind == "step.finished" and data.get("exit"):
                self.failure = f"step {data.get('step')}: {_last_line(str(event.data.get('output') or ''))}"
        self.verdict = seen.verdict or self.verdict
        if not seen.waits:
            return None
        if self.too_many or self._job.why_stop():
            return STOP
        return self._boundary.answer(next(data for kind, data in seen.events if kind == "step.started"))

    def _numbered(self, kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A step of an agent that numbers none (0) gets the number it has here."""
        if data.get("step") != 0 or kind not in ("step.started", "step.finished"):
            return data
        return {**data, "step": self.steps + (kind == "step.started")}

    def _worth_saying(self, line: bytes) -> bool:
        """The first MiB of mere talk goes into the transcript; the log keeps the head and tail of all of it."""
        self._said += len(line)
        self._unsaid += self._said > _TALK
        return self._said <= _TALK

    def close(self) -> None:
        """Say how much was left out."""
        if self._unsaid:
            text = f"{self._unsaid} more lines; agent.log has the last of them"
            self._job.transcript.add("agent.said", {"text": text}, "system")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it failed and said nothing"])[-1][:300]


def perform(job: Job, complaint: str = "") -> Ending | None:
    """Run the agent once; None when it ended by itself in good order, else how the run ends.

    Raises Stopped or LeaseLost when that is why it was ended; whatever it left in the work folder stays.
    """
    job.heed_stop()
    agent, watch, home = AGENTS[job.run.agent], _Watch(job), _home(job)
    try:
        with gateway.opened(job, agent) as gate:
            ended = _run(job, watch, _brief(job, complaint, gate, home), gate)
    except NoMoney as error:
        return Ending(outcome=Outcome.OVER_BUDGET, why=f"{error.says}. {error.fix}")
    except NoModel as error:
        return Ending(outcome=Outcome.STALE, why=f"{COULD_NOT_BEGIN}{error.says}. {error.fix}")
    watch.close()
    if watch.asks:
        job.heed_stop()
        return watch.asks
    if ended.cause == "stopped" and not watch.too_many and not (gate and gate.fault):
        job.heed_stop()
        raise LeaseLost(f"run {job.run.id} was stopped: {ended.says}", "Run again.")
    ending = _ending(job, watch, ended, gate)
    if ending is None:
        returned.keep(job, home, watch.verdict.returned if watch.verdict else "")
    return ending


def _home(job: Job) -> Path:
    """A writable folder of the agent's own, apart from the work; it stays while the agent is asked again."""
    home = job.space.folder / "home"
    with files.explained(f"making {home}"):
        home.mkdir(exist_ok=True)
    return home


def _run(job: Job, watch: _Watch, brief: Brief, gate: Gateway | None) -> Ended:
    """Start it in its box, and hear it to its end, and what it left in a file after its end."""
    agent, endpoint = AGENTS[job.run.agent], brief.endpoint
    if agent.runs_programs(brief):
        job.terms.box.need_for_programs()
    command = agent.command(brief)
    boxed = job.terms.box.wrap(
        command,
        brief.work,
        (brief.program,),
        writable=(brief.home,),
        socket=endpoint.socket if endpoint else "",
        port=endpoint.port if endpoint else 0,
    )
    ended = shell.run(
        boxed,
        seconds=job.seconds_left,
        stall_seconds=job.run.mission.limits.stall_minutes * 60,
        on_line=watch.line,
        stop=lambda: (
            "too many steps" if watch.too_many else job.why_stop() or watch.why_asked or (gate.fault if gate else "")
        ),
        log=job.folder / "agent.log",
        on_start=lambda pid, start: _started(job, pid, start),
    )
    for line in _told_after(command, brief.home):
        watch.line(line)
    return ended


def _told_after(command: Command, home: str) -> list[bytes]:
    """The lines of the file in which a program tells how it ended; it wrote it, so no link in it is followed."""
    if not command.after:
        return []
    try:
        return Confined(home).read(str(Path(command.after).relative_to(home))).splitlines()
    except (ValueError, PackError):
        return []


def _brief(job: Job, complaint: str, gate: Gateway | None, home: Path) -> Brief:
    told = instructions.given(job, complaint, job.resumed)
    return Brief(
        task=job.run.task,
        mission=job.run.mission,
        steps=job.steps,
        prompt=told.prompt,
        system=told.system,
        work=str(job.space.work),
        complaint=complaint,
        argv=job.terms.argv,
        endpoint=gate.endpoint if gate else None,
        home=str(home),
        program=folder_of(job.run.agent),
        past=job.resumed.messages,
        answer=job.resumed.answer,
        returns=returned.shape(job.run.mission),
    )


def _started(job: Job, pid: int, pid_start: float) -> None:
    limits = job.run.mission.limits
    data: dict[str, object] = {
        "attempt": job.run.attempt,
        "agent": job.run.agent,
        "mission": job.run.mission.name,
        "mission_sha256": job.run.mission.sha256,
        "base": job.run.base,
        "sandbox": job.terms.box.level,
        "limits": {
            "steps": limits.steps,
            "minutes": limits.minutes,
            "stall_minutes": limits.stall_minutes,
            "usd": limits.usd,
            "tokens": limits.tokens,
            "turns": limits.turns,
            **budget.bounds(limits, job.project.config),
        },
        "pid": pid,
        "pid_start": pid_start,
    }
    job.tell([job.event("run.started", data, key=f"start/{job.run.id}/{pid}")])


def _ending(job: Job, watch: _Watch, ended: Ended, gate: Gateway | None) -> Ending | None:
    """What the gateway knows comes first, then what we saw, then what the agent itself says."""
    if gate and (ending := gate.ending()):
        return ending
    ending = _cut_short(job, watch, ended) or _failed(job, watch, ended)
    return (gate.ending_of_failure() if gate and ending else None) or ending


def _cut_short(job: Job, watch: _Watch, ended: Ended) -> Ending | None:
    limits = job.run.mission.limits
    if watch.too_many:
        return Ending(outcome=Outcome.FAILED, why=f"more than {limits.steps} steps (limits.steps)")
    if ended.cause == "timed_out":
        return Ending(outcome=Outcome.TIMED_OUT, why=f"not done after {limits.minutes:g} minutes (limits.minutes)")
    if ended.cause == "stalled":
        return Ending(outcome=Outcome.STALLED, why=f"no output for {limits.stall_minutes:g} minutes")
    if ended.cause != "exited":
        return Ending(outcome=Outcome.FAILED, why=ended.says or ended.cause)
    return None


def _failed(job: Job, watch: _Watch, ended: Ended) -> Ending | None:
    """Why an end of its own was no good one: exit code and verdict must both be good, where it gives one."""
    agent, verdict = AGENTS[job.run.agent], watch.verdict
    if ended.exit != 0:
        said = f": {_last_line(ended.says)}" if ended.says else ""
        told = one_line(verdict.why, 300) if verdict and not verdict.ok else ""
        why = told or watch.failure or f"agent {job.run.agent} ended with exit code {ended.exit}{said}"
        return Ending(outcome=Outcome.FAILED, why=why)
    if agent.tells_end and verdict is None:
        return Ending(outcome=Outcome.FAILED, why="its output ends without saying how it ended")
    if verdict and not verdict.ok:
        return Ending(outcome=Outcome.FAILED, why=one_line(verdict.why, 300) or "the agent says that it failed")
    if verdict and verdict.denied and not _changed(job):
        tools = one_line(", ".join(verdict.denied), 200)
        return Ending(outcome=Outcome.FAILED, why=f"it changed nothing, and was denied what it asked for: {tools}")
    return None


def _changed(job: Job) -> bool:
    """Whether it left anything but the base."""
    return workspace.tree(job.space, heeding.judging(job)) != workspace.base_tree(job.space)
