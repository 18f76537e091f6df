"""The `run` job: one attempt, made where nothing can be published; what it leaves are three files of claims.

Its token reads; it serves to read the issue anew and to hear of stops. The agent, in its box, never sees it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import artifact, clock, files, objects, workspace
from autonomy_pack.edges.redact import redact
from autonomy_pack.errors import LeaseLost, PackError, Stopped, TimedOut
from autonomy_pack.flows import attempt, budget, checks, claim, discussion, guard, models, project, records, work
from autonomy_pack.flows.actions import claims, complaints, grounds
from autonomy_pack.flows.actions.complaints import Unmendable
from autonomy_pack.flows.actions.grounds import Ground, Stale
from autonomy_pack.flows.actions.watch import Watch, words
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.install_agent import folder_of
from autonomy_pack.flows.job import Ending, Job, Terms
from autonomy_pack.flows.project import Base, Project
from autonomy_pack.flows.work import Produced
from autonomy_pack.forges import FORGES
from autonomy_pack.model import CheckResult, Event, Leg, Outcome, Place, Result, Rules, Task, WorkflowRun
from autonomy_pack.policy import hindered
from autonomy_pack.store import open_store
from autonomy_pack.views.render import sentence

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

LARGEST_BUNDLE = 16 * 1000 * 1000
LARGEST_TRANSCRIPT = 15 * 1000 * 1000
_READ = 64 * 1024  # bytes of a log's end that are looked through for secrets
_CODES = {claims.PRODUCED: 0, Outcome.NO_CHANGE: 0, Outcome.STALE: 0, Outcome.STOPPED: 5}


def exit_code(result: Result) -> int:
    """0 when the attempt ended as attempts may end, 5 when it was stopped, else 4."""
    if hindered.is_hindered({"outcome": result.outcome, "why": result.why}):
        return 4
    return _CODES.get(result.outcome, 4)


def run(github: GitHub, workflow_run: WorkflowRun, leg: Leg, repository: Path, out: Path, box: Box) -> Result:
    """Make one attempt at the leg in the checkout `repository`; its three files are in `out`, however it ended.

    Only a bug of ours is raised, and after the files are written.
    """
    folder = files.temporary("autonomy-leg-")
    desk = _Desk(github, workflow_run, leg, repository, folder, box)
    begun = clock.monotonic()
    bug: Exception | None = None
    try:
        outcome, why = desk.work()
    except Stale as moved:
        outcome, why = str(Outcome.STALE), str(moved)
    except Unmendable as said:
        outcome, why = str(Outcome.BLOCKED), str(said)
    except LeaseLost as error:
        outcome, why = str(Outcome.STALE), error.says
    except (Stopped, KeyboardInterrupt) as error:
        outcome, why = str(Outcome.STOPPED), error.says if isinstance(error, PackError) else "interrupted"
    except TimedOut as error:
        outcome, why = str(Outcome.TIMED_OUT), _words(error)
    except PackError as error:
        outcome, why = (str(Outcome.FAILED), _words(error)) if desk.begun else _without_attempt(error)
    except Exception as error:  # noqa: BLE001 - what was done is written first; the bug is raised right after
        outcome, why, bug = str(Outcome.FAILED), f"our bug: {type(error).__name__}: {error}", error
    try:
        result = _written(desk, out, outcome, why, clock.monotonic() - begun)
    finally:
        files.remove_tree(folder)
    if bug:
        raise bug
    return result


def could_not_begin(leg: Leg, out: Path, error: PackError, seconds: float) -> Result:
    """Leave the three files of an attempt that was never begun, for a reason that is not the task's."""
    result = dataclasses.replace(_blank(leg, *_without_attempt(error)), seconds=round(seconds, 3))
    files.write(out / artifact.BUNDLE, b"")
    files.write(out / artifact.TRANSCRIPT, b"")
    files.write(out / artifact.RESULT, claims.to_json(result))
    return result


def _without_attempt(error: PackError) -> tuple[str, str]:
    """Outcome and why: a setting or a service is no fault of the task's, so none of its attempts is used up."""
    return str(Outcome.STALE), f"{hindered.COULD_NOT_BEGIN}{_words(error)}"


def _words(error: PackError) -> str:
    return f"{sentence(error.says)} {error.fix}"


def _blank(leg: Leg, outcome: str, why: str) -> Result:
    """Claims of no change at all."""
    return Result(
        version=1,
        issue=leg.issue,
        event=leg.event,
        attempt=leg.attempt,
        outcome=outcome,
        why=redact(why, records.known_secrets())[: claims.LONGEST_WHY],
        base=leg.base,
        head="",
        tree="",
        bundle_sha256="",
        checks=(),
        seconds=0.0,
        usd=0.0,
        tokens=0,
        sandbox="none",
        agent=leg.agent,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Scratch(Project):
    """A project whose base is the plan's: a job's checkout is detached at it, and has no branches."""

    at: Base

    def find_base(self) -> Base:
        """The plan's base."""
        return self.at


class _Desk:
    """Where the attempt is made: a store, records and a workspace that are all thrown away."""

    def __init__(
        self, github: GitHub, workflow_run: WorkflowRun, leg: Leg, repository: Path, folder: Path, box: Box
    ) -> None:
        self.github, self.workflow_run, self.leg, self.box = github, workflow_run, leg, box
        self.repository, self.folder = repository, folder
        self.records = folder / "records"
        self.told: list[Event] = []
        self.secret = ""
        self.begun = False
        self.spent = (0.0, 0)

    def work(self) -> tuple[str, str]:
        """Outcome and why."""
        with Watch(lambda: words(self.github, self.workflow_run.workflow, self.leg.number)) as watch:
            if watch.said:
                raise Stopped(f"stopped by {watch.said}", "Take the stop away when work may go on.")
            place = project.find(self.repository)
            issue = grounds.need_issue(self.github.issue(self.leg.issue), self.leg)
            grounds.need_text(issue, self.leg)
            ground = grounds.ground(place.git_dir, self.leg)
            task = grounds.task_of(issue, self.leg, self.workflow_run.repo, ground.config)
            if task.repair:
                task = complaints.heard(self.github, task, task.repair)
            return self._attempted(place, task, ground, watch)

    def _attempted(self, place: Place, task: Task, ground: Ground, watch: Watch) -> tuple[str, str]:
        scratch = self._project(place, ground)
        terms = Terms(
            session="actions",
            box=self.box,
            report=self.told.append,
            stopped=lambda: watch.said,
            discussion=discussion.of(self.github, task),
            can_ask=False,
        )
        try:
            return self._produced(scratch, task, ground, terms)
        finally:
            scratch.store.close()

    def _project(self, place: Place, ground: Ground) -> Project:
        """The checkout with a store and a forge that nobody else knows."""
        url = f"sqlite:///{self.folder / 'scratch.db'}"
        own = Place(root=place.root, git_dir=place.git_dir, workspace=self.folder / "workspace")
        forge = FORGES["local"](root=self.folder, git_dir=place.git_dir, handoffs=self.folder / "handoffs")
        return _Scratch(
            at=Base(branch="HEAD", commit=self.leg.base, dirty=False),
            place=own,
            config=ground.config,
            missions={},
            store=open_store(url),
            store_url=url,
            forge=forge,
            repo=self.workflow_run.repo,
        )

    def _produced(self, scratch: Project, task: Task, ground: Ground, terms: Terms) -> tuple[str, str]:
        held = claim.take(scratch, task, None)
        assert held is not None  # noqa: S101 - nobody else knows this store
        limits = ground.mission.limits
        minutes = min(limits.minutes, float(self.leg.minutes))
        # What was set aside for this leg is all that it may spend; the ledger here is one that nobody else knows.
        limits = dataclasses.replace(limits, minutes=minutes, usd=self.leg.usd, tokens=self.leg.tokens)
        mission = dataclasses.replace(ground.mission, limits=limits)
        run = attempt.begin(scratch, task, mission, held, self.records, terms)
        run = dataclasses.replace(
            run,
            id=grounds.run_of(self.leg, self.workflow_run.repo),
            attempt=self.leg.attempt,
            base=self.leg.base,
            folder=str(self.records),
        )
        transcript = records.Transcript(self.records, run.id, task.id, self.told.append)
        if checks.of(ground.config, mission):
            terms.box.need_for_programs()
        models.need(AGENTS[run.agent])
        folder_of(run.agent)
        self.begun = True
        job: Job | None = None
        try:
            job = attempt.prepare(scratch, run, held, terms, transcript, self.folder / "space")
            return _ended(work.produce(job))
        finally:
            _keep_failed(transcript, self.told, self.records)
            transcript.close()
            self.spent = budget.spent(scratch.store, run.id)
            if job:
                change = self.change
                self.secret = _why_secret(job, change) if change else ""
                workspace.clear(job.space)

    @property
    def change(self) -> Mapping[str, Any] | None:
        """What was told of the newest change."""
        return next((event.data for event in reversed(self.told) if event.kind == "change.made"), None)


def _ended(made: Produced | Ending) -> tuple[str, str]:
    if isinstance(made, Ending):
        return str(made.outcome), made.why
    passed = sum(result.exit == 0 for result in made.results)
    return claims.PRODUCED, f"checks {passed}/{len(made.results)}" if made.results else "no checks"


def _why_secret(job: Job, made: Mapping[str, Any]) -> str:
    """What secret a change holds, "" when none. Artifacts can be read by whoever may read the code, and this is the
    one place that knows the secrets of this machine."""
    try:
        change = objects.read_change(job.space.git_dir, made["base"], made["head"])
        rules = Rules(secrets=records.known_secrets())
        found = guard.examine(change, objects.reader(job.space.git_dir), rules).findings
    except PackError as error:
        return f"nobody could tell whether it holds secrets: {error.says}"
    return next((f"{one.says}: {one.where}" for one in found if one.rule == "secrets"), "")


def _written(desk: _Desk, out: Path, outcome: str, why: str, seconds: float) -> Result:
    """Write the three files, whole and no larger than they may be."""
    bundle = _content(desk.records / "attempt.bundle")
    if len(bundle) > LARGEST_BUNDLE:
        outcome, why, bundle = str(Outcome.FAILED), f"the change has more than {LARGEST_BUNDLE:,} bytes", b""
    if desk.secret:
        bundle = b""
        outcome, why = (str(Outcome.BLOCKED), desk.secret) if outcome == claims.PRODUCED else (outcome, why)
    change = desk.change
    kept = change if bundle else None
    result = dataclasses.replace(
        _blank(desk.leg, outcome, why),
        head=kept["head"] if kept else "",
        tree=kept["tree"] if kept else "",
        bundle_sha256=files.sha256(bundle) if kept else "",
        checks=_checks(desk.told, change["head"] if change else "", desk.records),
        seconds=round(seconds, 3),
        usd=desk.spent[0],
        tokens=desk.spent[1],
        sandbox=desk.box.level,
        summary=_last_words(desk.told),
    )
    files.write(out / artifact.BUNDLE, bundle)
    files.write(out / artifact.TRANSCRIPT, _fitting(_content(desk.records / "transcript.jsonl")))
    files.write(out / artifact.RESULT, claims.to_json(result))
    return result


def _content(path: Path) -> bytes:
    return files.read(path, limit=1 << 30) if path.exists() else b""


def _fitting(transcript: bytes) -> bytes:
    """The last lines that fit: how it ended tells more than how it began."""
    if len(transcript) <= LARGEST_TRANSCRIPT:
        return transcript
    return transcript[-LARGEST_TRANSCRIPT:].partition(b"\n")[2]


def _checks(told: Sequence[Event], head: str, folder: Path) -> tuple[CheckResult, ...]:
    """What each check did on the last change; of one that failed, also the end of what it printed."""
    ran = {event.data["name"]: event.data for event in told if event.kind == "check.ran" and event.data["head"] == head}
    return tuple(
        CheckResult(**{**data, "argv": tuple(data["argv"]), "tail": _tail(data, folder)}) for data in ran.values()
    )


def _tail(ran: Mapping[str, Any], folder: Path) -> str:
    """The end of what a failed check printed, without secrets; "" when that is not known."""
    printed = _content(folder / "checks" / f"{ran['name']}.log") if ran["exit"] != 0 else b""
    if not printed or files.sha256(printed) != ran["log_sha256"]:
        return ""
    # Cut last: a secret that is cut in two is no longer known for one.
    return redact(printed[-_READ:].decode(errors="replace"), records.known_secrets())[-claims.LONGEST_TAIL :]


def _keep_failed(transcript: records.Transcript, told: Sequence[Event], folder: Path) -> None:
    """The transcript tells what failed checks printed, each as a step of its own after the agent's."""
    ran = [event.data for event in told if event.kind == "check.ran"]
    last = max((int(event.data["step"]) for event in told if event.kind == "step.started"), default=0)
    for step, data in enumerate((one for one in ran if _tail(one, folder)), last + 1):
        call = {"name": "check", "arguments": {"name": data["name"], "argv": list(data["argv"])}}
        transcript.add("step.started", {"step": step, "tool_call": call}, "system")
        ended = {"step": step, "exit": data["exit"], "duration": data["seconds"], "output_sha256": data["log_sha256"]}
        transcript.add("step.finished", {**ended, "output": _tail(data, folder)}, "system")


def _last_words(told: Sequence[Event]) -> str:
    said = [str(event.data["text"]) for event in told if event.kind == "agent.said"]
    return redact(said[-1], records.known_secrets()) if said else ""
