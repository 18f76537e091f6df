"""One attempt at one task: claim → attempt → examine → (ask) → hand off. Whatever happens, the run is finished."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

from autonomy_pack import __version__
from autonomy_pack.edges import clock, host, objects, workspace
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, PackError, Stopped
from autonomy_pack.flows import agent, checks, claim, decisions, guard, handoff, plan, records
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report, Transcript
from autonomy_pack.model import Change, CheckResult, Event, Finding, Mission, Outcome, Risk, Rules, Run, Task
from autonomy_pack.policy import evidence, inputs, names, risk
from autonomy_pack.views import messages


def attempt(
    project: Project,
    task: Task,
    mission: Mission,
    *,
    session: str,
    box: Box,
    report: Report,
    argv: tuple[str, ...] = (),
) -> Event | None:
    """Work on one task; its run.finished event, or None when somebody alive holds the task or its lane.

    Nothing it meets is lost: every error becomes an outcome with a sentence, and the work done so far is kept.
    """
    held = claim.take(project, task)
    if held is None:
        return None
    run = _run(project, task, mission, session, held)
    _write_record(project, run, None)
    with claim.kept(project, held):
        return _finished(project, run, held, box, report, argv)


def _run(project: Project, task: Task, mission: Mission, session: str, held: claim.Claim) -> Run:
    run = claim.run_id(held.task)
    head = project.store.head(task.id)
    folder = records.session_folder(project.place, session) / names.path_name(run)
    return Run(
        id=run,
        task=task,
        mission=mission,
        agent=task.agent,
        attempt=(head.attempts if head and head.pin == task.pin else 0) + 1,
        lease=held.task,
        session=session,
        base=project.base.commit,
        folder=str(folder),
    )


def _finished(
    project: Project, run: Run, held: claim.Claim, box: Box, report: Report, argv: tuple[str, ...]
) -> Event | None:
    """Do the run and store how it ended."""
    started = clock.monotonic()
    transcript = Transcript(Path(run.folder), run.id, run.task.id, report)
    bug: Exception | None = None
    try:
        ending = _worked(project, run, held, box, transcript, report, argv, started)
    except LeaseLost as error:
        ending = Ending(outcome=Outcome.STALE, why=error.says)
    except (Stopped, KeyboardInterrupt) as error:
        ending = Ending(outcome=Outcome.STOPPED, why=error.says if isinstance(error, PackError) else "interrupted")
    except PackError as error:
        ending = Ending(outcome=Outcome.FAILED, why=f"{error.says} {error.fix}")
    except Exception as error:  # noqa: BLE001 - one task's bug must not stop the others; it is raised at the end
        ending, bug = Ending(outcome=Outcome.FAILED, why=f"our bug: {type(error).__name__}: {error}"), error
    finished = _finish(project, run, held, ending, transcript.close(), clock.monotonic() - started, report)
    if bug:
        raise bug
    return finished


def _finish(
    project: Project, run: Run, held: claim.Claim, ending: Ending, transcript: str, seconds: float, report: Report
) -> Event:
    data = {
        "outcome": str(ending.outcome),
        "why": one_line(ending.why, 500),
        "seconds": round(seconds, 3),
        "usd": 0.0,
        "tokens": 0,
        "transcript_sha256": transcript,
    }
    end = Event(kind="run.finished", subject=run.task.id, run=run.id, data=data, key=f"finish/{run.id}")
    # A lost lease means that its successor has finished the run as stale already.
    with contextlib.suppress(LeaseLost):
        claim.give_back(project, held, [*ending.events, end])
    for event in (*ending.events, end):
        report(event)
    _write_record(project, run, end)
    return end


def _write_record(project: Project, run: Run, end: Event | None) -> None:
    """run.json: the run as its events tell it; outcome null while it goes on, or when its process was killed."""
    ended = ("outcome", "why", "seconds", "usd", "tokens", "transcript_sha256")
    record = {
        "version": 1,
        "pack": __version__,
        "run": run.id,
        "session": run.session,
        "task": {"id": run.task.id, "issue": run.task.issue, "title": run.task.title, "pin": run.task.pin},
        "mission": {"name": run.mission.name, "version": run.mission.version, "sha256": run.mission.sha256},
        "agent": run.agent,
        "attempt": run.attempt,
        "base": run.base,
        **{name: end.data[name] if end else None for name in ended},
        "events": [records.as_json(event) for event in project.store.events(run=run.id)],
    }
    records.write_json(Path(run.folder) / "run.json", record)


def _worked(
    project: Project,
    run: Run,
    held: claim.Claim,
    box: Box,
    transcript: Transcript,
    report: Report,
    argv: tuple[str, ...],
    started: float,
) -> Ending:
    """Make the workspace, work in it, and remove it again."""
    folder = (
        host.cache_home()
        / "work"
        / names.path_name(f"{project.place.root.name}-{run.id}-{held.task.fence}-{host.me().pid}")
    )
    shutil.rmtree(folder, ignore_errors=True)
    space = workspace.open_workspace(project.place.git_dir, folder, run.base)
    job = Job(
        project=project,
        run=run,
        steps=inputs.fill(run.mission, run.task.fields, {}),
        claim=held,
        box=box,
        space=space,
        transcript=transcript,
        report=report,
        started=started,
        argv=argv,
    )
    try:
        return work(job)
    finally:
        workspace.clear(space)


def work(job: Job) -> Ending:
    """The story of an attempt, in a workspace that is ready."""
    complaint = ""
    for _ in range(job.run.mission.repair + 1):
        ending = perform(job, complaint)
        if ending:
            keep_work(job)
            return ending
        change = make_change(job)
        if change is None:
            return Ending(outcome=Outcome.NO_CHANGE, why="the agent changed nothing")
        results = checks.run(job, change.head)
        if not checks.failed(results):
            return settle(job, change, results)
        complaint = checks.complaint(results)
    first = checks.failed(results)[0]
    return Ending(outcome=Outcome.FAILED, why=f"check {first.name}: {checks.said(first)}")


def perform(job: Job, complaint: str) -> Ending | None:
    """Let the agent work, or write the plan where only a plan is wanted."""
    if plan.is_wanted(job):
        plan.write(job)
        return None
    try:
        return agent.perform(job, complaint)
    except (Stopped, KeyboardInterrupt):
        keep_work(job)
        raise


def keep_work(job: Job) -> None:
    """Keep what an unfinished agent left, where it can be kept: how the run ended counts, not what it left."""
    with contextlib.suppress(PackError):
        make_change(job)


def make_change(job: Job) -> Change | None:
    """Commit what lies in the work folder, whatever the agent said or did, and keep it as a bundle; None if nothing."""
    tree = workspace.tree(job.space)
    if tree == workspace.base_tree(job.space):
        return None
    message = messages.commit(job.run.task, job.run.id, __version__)
    head = workspace.commit(
        job.space, tree, message, f"Autonomy Pack ({job.run.agent}) <{job.run.agent}@autonomy.invalid>"
    )
    change = objects.read_change(job.space.git_dir, job.run.base, head)
    bundle = job.folder / "attempt.bundle"
    change = dataclasses.replace(change, bundle=str(bundle), sha256=workspace.bundle(job.space, bundle))
    data: dict[str, object] = {
        "base": change.base,
        "head": change.head,
        "tree": change.tree,
        "files": [one_line(file.path, 300) for file in change.files[:100]],
        "added": sum(file.added for file in change.files),
        "removed": sum(file.removed for file in change.files),
        "bundle": bundle.name,
        "sha256": change.sha256,
    }
    job.tell([job.event("change.made", data)])
    return change


def settle(job: Job, change: Change, results: tuple[CheckResult, ...]) -> Ending:
    """Examine the change; then block it, ask about it, or hand it off."""
    config, mission = job.project.config, job.run.mission
    rules = Rules(
        protected=config.protected, checks=checks.wanted(job), results=results, secrets=records.known_secrets()
    )
    examination = guard.examine(change, objects.reader(job.space.git_dir), rules)
    job.tell([job.event("finding.found", _data(finding)) for finding in examination.findings])
    ask_from, block_from = risk.tightest((config.ask_from, config.block_from), (mission.ask_from, mission.block_from))
    verdict = risk.verdict(examination.findings, ask_from, block_from)
    if verdict == "block":
        worst = max(examination.findings, key=lambda finding: finding.risk)
        return Ending(outcome=Outcome.BLOCKED, why=worst.says)
    job.heed_stop()
    offer = handoff.prepare(
        job, change, results, examination, evidence.weigh(job.run.task.acceptance, mission, results, change.head)
    )
    if verdict == "ask" or mission.requires_approval:
        return decisions.ask(job, offer, _asking(examination.findings, ask_from))
    return handoff.deliver_run(job, offer)


def _asking(findings: Sequence[Finding], ask_from: Risk) -> list[Finding]:
    return [finding for finding in findings if finding.risk >= ask_from]


def _data(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "risk": str(finding.risk),
        "says": one_line(finding.says, 500),
        "fix": one_line(finding.fix, 500),
        "where": one_line(finding.where, 300),
    }
