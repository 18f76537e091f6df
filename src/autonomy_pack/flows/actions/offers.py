"""From what a run job claims to what is to be done with it: judged in the box, then blocked, asked about or offered."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from autonomy_pack import __version__
from autonomy_pack.edges import packs
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.remake import Moved, remake, tree_of
from autonomy_pack.flows import checks, handoff, instructions, records, work
from autonomy_pack.flows.actions import scan
from autonomy_pack.flows.actions.fetched import Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known
from autonomy_pack.flows.actions.scan import Question, Verdict
from autonomy_pack.model import Change, Check, CheckResult, Finding, Handoff, Leg, Result, Risk, Run, value
from autonomy_pack.policy import evidence, names, risk
from autonomy_pack.views import handoff as view
from autonomy_pack.views import messages

SECURITY = "security:review-required"
HANDOFF = "agent:handoff"
_VERSION = re.compile(r"\nAutonomy-Version: ([0-9A-Za-z.+-]{1,40})\n\Z")


@value
class Judged:
    """What is to be done with a change, and the offer of it; `findings` are those a person must know before, `claimed`
    is what the run job says of it, its checks only the ones that are wanted."""

    verdict: Literal["pass", "ask", "block"]
    why: str
    offer: Handoff
    findings: tuple[Finding, ...]
    claimed: Result
    change: Change


def judge(case: Case, known: Known, result: Result, bundle: bytes | None, *, approved: bool = False) -> Judged:
    """Judge the claimed change in the box; one that may go out is made again where its base moved. Tells what it found.

    `approved`: a person agreed to it, so it may go out though it has to be asked about. Without `bundle` the commit is
    here already.

    Unfit when it is not what the run job says, Stale when the base moved under it, UsageError without a box.
    """
    made_by = __version__ if bundle is not None else _version(case.means.remote.git_dir, result.head)
    question = _question(case, known, result, made_by)
    verdict = _judged(case, known, question, bundle)
    _tell(case, verdict, question, result)
    goes_out = ("pass", "ask") if approved else ("pass",)
    if not case.leg.tip and known.head != question.base and verdict.verdict(known) in goes_out:
        verdict = _made_again(case, known, question, verdict.said)
    return _settled(case, known, result, verdict)


def judge_pushed(case: Case, known: Known, result: Result, commit: str, base: str) -> Judged:
    """Judge a commit once more that was pushed before, as if it had never been: `base` is its parent, and `result`
    what the run job claimed of it, maybe of the same change on the leg's own base. Tells what it found.

    Unfit when it is not what we would have pushed, Stale when it cannot be compared, UsageError without a box.
    """
    git_dir = case.means.remote.git_dir
    here = dataclasses.replace(result, head=commit, tree=tree_of(git_dir, commit))
    question = _question(case, known, here, _version(git_dir, commit))
    results = _on(question.results, result.head, commit)
    question = dataclasses.replace(question, base=base, parent=case.leg.tip or base, results=results)
    asked = _judged(case, known, question, None)
    if _as_made(case, asked, base) != result.head:
        raise Unfit("it is not the change that its checks ran on")
    _tell(case, asked, question, result)
    return _settled(case, known, result, dataclasses.replace(asked, tested=result.head))


def _as_made(case: Case, asked: _Asked, base: str) -> str:
    """The commit that the run job made of a change that was made again on `base`: the way back has only one end."""
    if base == case.leg.base:
        return asked.question.head
    try:
        git_dir = case.means.remote.git_dir
        return remake(git_dir, asked.said.change.files, base, asked.question.head, case.leg.base)
    except Moved as moved:
        raise Stale(moved.says) from moved


def _version(git_dir: Path, commit: str) -> str:
    """The version that a commit says it was made by: it may be an older one of us. The message is compared whole."""
    found = _VERSION.search(packs.message_of(git_dir, commit))
    return found[1] if found else __version__


def _on(results: Sequence[CheckResult], made: str, commit: str) -> tuple[CheckResult, ...]:
    """The results of a commit, as those of the same change on another base."""
    return tuple(dataclasses.replace(one, head=commit) if one.head == made else one for one in results)


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


def _question(case: Case, known: Known, result: Result, made_by: str) -> Question:
    wanted = checks.of(known.config, known.mission)
    return Question(
        base=case.leg.base,
        parent=case.leg.parent,
        head=result.head,
        tree=result.tree,
        author=messages.author(case.leg.agent),
        message=messages.commit(known.task, case.run, policy_sha256(known), made_by),
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


def _judged(case: Case, known: Known, question: Question, bundle: bytes | None) -> _Asked:
    """What the guards say of the change, and what the issue hides from those who read it."""
    means = case.means
    said = scan.judge(question, bundle, means.remote.git_dir, means.box)
    if said.refused:
        raise Unfit(f"its change is refused: {said.refused}")
    packs.take_in(said.pack, means.remote.git_dir)
    examination = instructions.with_hidden(said.examination, known.task)
    return _Asked(question=question, said=dataclasses.replace(said, examination=examination), tested=question.head)


def _made_again(case: Case, known: Known, question: Question, said: Verdict) -> _Asked:
    """The same change on the newest base, judged anew; the checks count as run on what they ran on."""
    means, onto = case.means, known.head
    means.remote.fetch(onto, depth=1)
    try:
        head = remake(means.remote.git_dir, said.change.files, question.base, question.head, onto)
    except Moved as moved:
        raise Stale(moved.says) from moved
    results = _on(question.results, question.head, head)
    again = dataclasses.replace(
        question, base=onto, parent=onto, head=head, tree=tree_of(means.remote.git_dir, head), results=results
    )
    return dataclasses.replace(_judged(case, known, again, None), tested=question.head)


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
    return Judged(
        verdict=verdict,
        why=why,
        offer=_offer(case, known, result, asked, risky),
        findings=risky,
        claimed=dataclasses.replace(result, checks=_reported(asked.question.checks, result.checks)),
        change=asked.said.change,
    )


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
        reviewers=() if case.leg.tip else known.config.reviewers,
        replaces=case.leg.tip,
    )
    hosted = view.Hosted(tested=asked.tested, base=case.leg.base, run_url=case.run_url)
    text = view.body(
        offer,
        run_of(case, known),
        f"{result.sandbox} (as the run job says)",
        asked.said.change,
        reported,
        asked.said.examination,
        weighed,
        hosted=hosted,
        claims=result.summary,
        cost=handoff.cost(case.means.store, run_of(case, known), _spent(case.leg, result)),
    )
    return dataclasses.replace(offer, body=redact(text, records.known_secrets()))


def _spent(leg: Leg, result: Result) -> tuple[float, int]:
    """Dollars and tokens as the run job claims them, at most the leg's ceilings."""
    return min(result.usd, leg.usd or result.usd), min(result.tokens, leg.tokens or result.tokens)


def run_of(case: Case, known: Known) -> Run:
    """The run of a case, as views and records tell of it."""
    return Run(
        id=case.run,
        task=known.task,
        mission=known.mission,
        agent=case.leg.agent,
        attempt=names.fence_of_run(case.run) or case.leg.attempt,
        lease=case.lease,
        session=str(case.means.workflow_run.run_id),
        base=case.leg.base,
        folder="",
    )
