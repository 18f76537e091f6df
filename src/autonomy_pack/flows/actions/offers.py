"""From what a run job claims to what is to be done with it: judged in the box, then blocked, asked about or offered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from autonomy_pack import __version__
from autonomy_pack.edges import packs
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.remake import Moved, remake, tree_of
from autonomy_pack.flows import checks, records, work
from autonomy_pack.flows.actions import scan
from autonomy_pack.flows.actions.fetched import Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known
from autonomy_pack.flows.actions.scan import Question, Verdict
from autonomy_pack.model import Check, CheckResult, Finding, Handoff, Result, Risk, Run, value
from autonomy_pack.policy import evidence, names, risk
from autonomy_pack.views import handoff as view
from autonomy_pack.views import messages

SECURITY = "security:review-required"
HANDOFF = "agent:handoff"


@value
class Judged:
    """What is to be done with a change, and the offer of it; `findings` are those a person must know before."""

    verdict: Literal["pass", "ask", "block"]
    why: str
    offer: Handoff
    findings: tuple[Finding, ...]


def judge(case: Case, known: Known, result: Result, bundle: bytes | None, *, approved: bool = False) -> Judged:
    """Judge the claimed change in the box; one that may go out is made again where its base moved. Tells what it found.

    `approved`: a person agreed to it, so it may go out though it has to be asked about. Without `bundle` the commit is
    here already.

    Unfit when it is not what the run job says, Stale when the base moved under it, UsageError without a box.
    """
    # A commit that is here already was judged when it came in; an older version of us may have made it.
    message = "" if bundle is not None else packs.message_of(case.means.remote.git_dir, result.head)
    question = _question(case, known, result, message)
    verdict = _judged(case, question, bundle)
    _tell(case, verdict, question, result)
    goes_out = ("pass", "ask") if approved else ("pass",)
    if known.head != question.base and verdict.verdict(known) in goes_out:
        verdict = _made_again(case, question, verdict.said, known.head)
    return _settled(case, known, result, verdict)


@value
class _Asked:
    """A question with its answer; `tested` is the commit that the checks ran on."""

    question: Question
    said: Verdict
    tested: str

    def verdict(self, known: Known) -> Literal["pass", "ask", "block"]:
        """What the findings mean under this configuration and mission."""
        found = risk.verdict(self.said.examination.findings, *bounds(known))
        return "ask" if found == "pass" and known.mission.requires_approval else found


def bounds(known: Known) -> tuple[Risk, Risk]:
    """From which risk on a person is asked, and from which on nothing is done."""
    config, mission = known.config, known.mission
    return risk.tightest((config.ask_from, config.block_from), (mission.ask_from, mission.block_from))


def policy_sha256(known: Known) -> str:
    """The hash of what the change is judged by."""
    return names.sha256([known.config.sha256, known.mission.sha256])


def _question(case: Case, known: Known, result: Result, message: str) -> Question:
    wanted = checks.of(known.config, known.mission)
    return Question(
        base=case.leg.base,
        head=result.head,
        tree=result.tree,
        author=messages.author(case.leg.agent),
        message=message or messages.commit(known.task, case.run, policy_sha256(known), __version__),
        protected=known.config.protected,
        checks=wanted,
        results=_reported(wanted, result.checks),
    )


def _reported(wanted: Sequence[Check], claimed: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """What the run job says of the checks that we want; what they run is our word, not its."""
    said = {one.name: one for one in claimed}
    return tuple(
        dataclasses.replace(said[check.name], argv=check.argv, tail="") for check in wanted if check.name in said
    )


def _judged(case: Case, question: Question, bundle: bytes | None) -> _Asked:
    means = case.means
    said = scan.judge(question, bundle, means.remote.git_dir, means.box)
    if said.refused:
        raise Unfit(f"its change is refused: {said.refused}")
    packs.take_in(said.pack, means.remote.git_dir)
    return _Asked(question=question, said=said, tested=question.head)


def _made_again(case: Case, question: Question, said: Verdict, onto: str) -> _Asked:
    """The same change on another base, judged anew; the checks count as run on what they ran on."""
    means = case.means
    means.remote.fetch(onto, depth=1)
    try:
        head = remake(means.remote.git_dir, said.change.files, question.base, question.head, onto)
    except Moved as moved:
        raise Stale(moved.says) from moved
    results = tuple(
        dataclasses.replace(one, head=head) if one.head == question.head else one for one in question.results
    )
    again = dataclasses.replace(
        question, base=onto, head=head, tree=tree_of(means.remote.git_dir, head), results=results
    )
    return dataclasses.replace(_judged(case, again, None), tested=question.head)


def _tell(case: Case, asked: _Asked, question: Question, result: Result) -> None:
    change = dataclasses.replace(asked.said.change, bundle="attempt.bundle", sha256=result.bundle_sha256)
    case.tell("change.made", work.change_data(change), f"change/{case.run}")
    for one in question.results:
        case.tell("check.ran", checks.check_data(one), f"check/{case.run}/{one.name}")
    for number, finding in enumerate(asked.said.examination.findings):
        case.tell("finding.found", work.finding_data(finding), f"finding/{case.run}/{number}")


def _settled(case: Case, known: Known, result: Result, asked: _Asked) -> Judged:
    findings = asked.said.examination.findings
    ask_from, _ = bounds(known)
    risky = tuple(one for one in findings if one.risk >= ask_from)
    verdict = asked.verdict(known)
    why = risky[0].says if risky else "the mission requires approval" if verdict == "ask" else ""
    return Judged(verdict=verdict, why=why, offer=_offer(case, known, result, asked, risky), findings=risky)


def _offer(case: Case, known: Known, result: Result, asked: _Asked, risky: Sequence[Finding]) -> Handoff:
    reported = _reported(asked.question.checks, result.checks)
    weighed = evidence.weigh(known.task.acceptance, known.mission, reported, asked.tested)
    offer = Handoff(
        repo=case.means.workflow_run.repo,
        task=case.task_id,
        issue=case.leg.issue,
        pin=case.leg.pin,
        run=case.run,
        branch=case.leg.branch,
        base=asked.question.base,
        head=asked.question.head,
        title=names.title(known.task),
        body="",
        closes=evidence.closes(weighed) and not known.mission.plan_only,
        bundle="attempt.bundle",
        sha256=result.bundle_sha256,
        policy_sha256=policy_sha256(known),
        target=known.branch,
        labels=(HANDOFF, *((SECURITY,) if risky else ())),
        draft=known.config.draft,
        reviewers=known.config.reviewers,
    )
    hosted = view.Hosted(tested=asked.tested, base=case.leg.base, run_url=case.means.run_url)
    text = view.body(
        offer,
        run_of(case, known),
        result.sandbox,
        asked.said.change,
        reported,
        asked.said.examination,
        weighed,
        hosted=hosted,
    )
    return dataclasses.replace(offer, body=redact(text, records.known_secrets()))


def run_of(case: Case, known: Known) -> Run:
    """The run of a case, as views and records tell of it."""
    return Run(
        id=case.run,
        task=known.task,
        mission=known.mission,
        agent=case.leg.agent,
        attempt=case.leg.attempt,
        lease=case.lease,
        session=str(case.means.workflow_run.run_id),
        base=case.leg.base,
        folder="",
    )
