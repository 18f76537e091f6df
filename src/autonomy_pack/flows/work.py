"""The inside of an attempt, in a workspace that is ready: produce a change; then block it, ask about it or hand it off.

On GitHub the two halves lie in two jobs: what produces holds nothing, what settles believes nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from autonomy_pack import __version__
from autonomy_pack.edges import objects, workspace
from autonomy_pack.edges.heeded import Heed, nothing
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped
from autonomy_pack.flows import (
    agent,
    boundary,
    checks,
    decisions,
    guard,
    handoff,
    heeding,
    instructions,
    plan,
    records,
    returned,
)
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.model import Change, CheckResult, Examination, Finding, Outcome, Risk, Rules, value
from autonomy_pack.policy import evidence, risk
from autonomy_pack.views import messages


@value
class Produced:
    """A change that its checks passed on."""

    change: Change
    results: tuple[CheckResult, ...]


def work(job: Job) -> Ending:
    """The story of an attempt, in a workspace that is ready."""
    if job.run.mission.returns:
        return judge(job)
    made = produce(job)
    return settle(job, made.change, made.results) if isinstance(made, Produced) else made


def produce(job: Job) -> Produced | Ending:
    """Let the agent work, commit what it left, run the checks, and let it repair what they complain of."""
    complaint = job.run.task.repair.complaint if job.run.task.repair else ""
    for _ in range(job.run.mission.repair + 1):
        ending = perform(job, complaint)
        if ending:
            keep_work(job)
            return ending
        with _kept(job):
            change = make_change(job, heeding.judging(job))
        if change is None:
            return Ending(outcome=Outcome.NO_CHANGE, why="the agent changed nothing")
        results = checks.run(job, change.head)
        if not checks.failed(results):
            return Produced(change=change, results=results)
        complaint = checks.complaint(results)
    first = checks.failed(results)[0]
    return Ending(outcome=Outcome.FAILED, why=f"check {first.name}: {checks.said(first)}")


def judge(job: Job) -> Ending:
    """Let the agent judge, and do what follows from the document it gives back; whatever it changed is thrown away."""
    if job.terms.receive is None:
        name, what = job.run.mission.name, job.run.mission.returns
        why = f"mission {name} returns a {what} instead of a change; it is for the command that uses one"
        return Ending(outcome=Outcome.FAILED, why=why)
    complaint = ""
    for _ in range(job.run.mission.repair + 1):
        ending = agent.perform(job, complaint)
        if ending:
            return ending
        document = returned.take(job)
        if not isinstance(document, str):
            job.heed_stop()
            return job.terms.receive(job, document)
        complaint = document
    return Ending(outcome=Outcome.FAILED, why=complaint)


def perform(job: Job, complaint: str) -> Ending | None:
    """Let the agent work, or write the plan where only a plan is wanted."""
    if plan.is_wanted(job):
        plan.write(job)
        return None
    with _kept(job):
        return agent.perform(job, complaint)


@contextlib.contextmanager
def _kept(job: Job) -> Iterator[None]:
    """Whatever stops the work meanwhile, what there is of it is kept."""
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        keep_work(job)
        raise


def keep_work(job: Job) -> None:
    """Keep what an unfinished agent left, where it can be kept: how the run ended counts, not what it left."""
    with contextlib.suppress(PackError):
        make_change(job, heeding.keeping())


def make_change(job: Job, heed: Heed = nothing) -> Change | None:
    """Commit what lies in the work folder, whatever the agent said or did, and keep it as a bundle; None if nothing.

    Raises what `heed` does.
    """
    tree = workspace.tree(job.space, heed)
    if tree == workspace.base_tree(job.space):
        return None
    message = messages.commit(job.run.task, job.run.id, job.policy_sha256, __version__)
    head = workspace.commit(job.space, tree, message, messages.author(job.run.agent))
    change = objects.read_change(job.space.git_dir, job.run.base, head, heed)
    bundle = job.folder / "attempt.bundle"
    change = dataclasses.replace(change, bundle=bundle.name, sha256=workspace.bundle(job.space, bundle, heed))
    job.tell([job.event("change.made", change_data(change))])
    return change


def change_data(change: Change) -> dict[str, object]:
    """A change as its event tells of it."""
    return {
        "base": change.base,
        "head": change.head,
        "tree": change.tree,
        "files": [one_line(file.path, 300) for file in change.files[:100]],
        "added": sum(file.added for file in change.files),
        "removed": sum(file.removed for file in change.files),
        "bundle": change.bundle,
        "sha256": change.sha256,
    }


def settle(job: Job, change: Change, results: tuple[CheckResult, ...]) -> Ending:
    """Examine the change; then block it, ask about it, or hand it off."""
    examination = examine(job, change, results)
    job.tell([job.event("finding.found", finding_data(finding)) for finding in examination.findings])
    becomes = outcome(job, examination)
    if becomes == Outcome.BLOCKED:
        worst = max(examination.findings, key=lambda finding: finding.risk)
        return Ending(outcome=Outcome.BLOCKED, why=worst.says)
    job.heed_stop()
    mission = job.run.mission
    offer = handoff.prepare(
        job, change, results, examination, evidence.weigh(job.run.task.acceptance, mission, results, change.head)
    )
    if becomes == Outcome.WAITING:
        ask_from, _ = _bounds(job)
        return decisions.ask(job, offer, _asking(examination.findings, ask_from))
    return handoff.deliver_run(job, offer)


def examine(job: Job, change: Change, results: tuple[CheckResult, ...]) -> Examination:
    """What the guards say of a change and the checks' results, and what of the task people should see."""
    rules = Rules(
        protected=job.project.config.protected,
        checks=checks.wanted(job),
        results=results,
        secrets=records.known_secrets(),
    )
    return instructions.with_hidden(_examined(job, change, rules), job.run.task)


def outcome(job: Job, examination: Examination) -> Outcome:
    """What a change comes to that was examined: blocked, waiting for a person, or handed off."""
    verdict, mission = risk.verdict(examination.findings, *_bounds(job)), job.run.mission
    if verdict == "block":
        return Outcome.BLOCKED
    if verdict == "ask" or (mission.requires_approval and not boundary.every_change_was_allowed(job)):
        return Outcome.WAITING
    return Outcome.HANDED_OFF


def _bounds(job: Job) -> tuple[Risk, Risk]:
    config, mission = job.project.config, job.run.mission
    return risk.tightest((config.ask_from, config.block_from), (mission.ask_from, mission.block_from))


def _examined(job: Job, change: Change, rules: Rules) -> Examination:
    read, repair, heed = objects.reader(job.space.git_dir), job.run.task.repair, heeding.judging(job)
    if repair is None:
        return guard.examine(change, read, rules, heed)
    last = objects.read_change(job.space.git_dir, repair.tip, change.head, heed)
    return guard.examine_repair(change, last, read, rules, heed)


def _asking(findings: Sequence[Finding], ask_from: Risk) -> list[Finding]:
    return [finding for finding in findings if finding.risk >= ask_from]


def finding_data(finding: Finding) -> dict[str, object]:
    """A finding as its event tells of it."""
    return {
        "rule": finding.rule,
        "risk": str(finding.risk),
        "says": one_line(finding.says, 500),
        "fix": one_line(finding.fix, 500),
        "where": one_line(finding.where, 300),
    }
