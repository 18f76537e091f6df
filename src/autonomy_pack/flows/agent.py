"""Letting an agent work: start it in its box, record what it does, end it by stop, limits or its own exit."""

from __future__ import annotations

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import shell
from autonomy_pack.errors import LeaseLost
from autonomy_pack.flows import returned
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.model import Brief, Ended, Outcome, Verdict
from autonomy_pack.views import prompt

_GO, _STOP = b"go\n", b"stop\n"
_TALK = 1024 * 1024


class _Watch:
    """Reads an agent's output line by line: transcript, step limit, and the last thing that went wrong."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._agent = AGENTS[job.run.agent]
        self.steps = 0
        self.failure = ""
        self.verdict: Verdict | None = None
        self._said = self._unsaid = 0

    @property
    def too_many(self) -> bool:
        return self.steps > self._job.run.mission.limits.steps

    def line(self, line: bytes) -> bytes | None:
        """Record one line; the answer it waits for, if any."""
        seen = self._agent.read(line)
        for kind, data in seen.events:
            if kind == "agent.said" and not self._worth_saying(line):
                continue
            event = self._job.transcript.add(kind, data, f"agent:{self._job.run.agent}")
            self.steps += kind == "step.started"
            if kind == "step.finished" and data.get("exit"):
                self.failure = f"step {data.get('step')}: {_last_line(str(event.data.get('output') or ''))}"
        self.verdict = seen.verdict or self.verdict
        if not seen.waits:
            return None
        return _STOP if self.too_many or self._job.why_stop() else _GO

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
    watch = _Watch(job)
    agent, brief = AGENTS[job.run.agent], _brief(job, complaint)
    if agent.runs_programs(brief):
        job.terms.box.need_for_programs()
    ended = shell.run(
        job.terms.box.wrap(agent.command(brief), str(job.space.work)),
        seconds=job.seconds_left,
        stall_seconds=job.run.mission.limits.stall_minutes * 60,
        on_line=watch.line,
        stop=lambda: "too many steps" if watch.too_many else job.why_stop(),
        log=job.folder / "agent.log",
        on_start=lambda pid, start: _started(job, pid, start),
    )
    watch.close()
    if ended.cause == "stopped" and not watch.too_many:
        job.heed_stop()
        raise LeaseLost(f"run {job.run.id} was stopped: {ended.says}", "Run again.")
    ending = _ending(job, watch, ended)
    if ending is None:
        returned.keep(job, job.space.folder / "home", watch.verdict.returned if watch.verdict else "")
    return ending


def _brief(job: Job, complaint: str) -> Brief:
    return Brief(
        task=job.run.task,
        mission=job.run.mission,
        steps=job.steps,
        prompt=prompt.render(job.run.task, job.run.mission, complaint, returned.shape(job.run.mission)),
        work=str(job.space.work),
        complaint=complaint,
        argv=job.terms.argv,
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
        },
        "pid": pid,
        "pid_start": pid_start,
    }
    job.tell([job.event("run.started", data, key=f"start/{job.run.id}/{pid}")])


def _ending(job: Job, watch: _Watch, ended: Ended) -> Ending | None:
    limits = job.run.mission.limits
    if watch.too_many:
        return Ending(outcome=Outcome.FAILED, why=f"more than {limits.steps} steps (limits.steps)")
    if ended.cause == "timed_out":
        return Ending(outcome=Outcome.TIMED_OUT, why=f"not done after {limits.minutes:g} minutes (limits.minutes)")
    if ended.cause == "stalled":
        return Ending(outcome=Outcome.STALLED, why=f"no output for {limits.stall_minutes:g} minutes")
    if ended.cause != "exited":
        return Ending(outcome=Outcome.FAILED, why=ended.says or ended.cause)
    if ended.exit != 0:
        said = f": {_last_line(ended.says)}" if ended.says else ""
        why = watch.failure or f"agent {job.run.agent} ended with exit code {ended.exit}{said}"
        return Ending(outcome=Outcome.FAILED, why=why)
    return None
