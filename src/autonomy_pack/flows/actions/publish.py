"""The `publish` job: for each leg of the plan, believe nothing, read everything anew, hand off what holds.

Every leg ends in one commit of events with the lease's release. Until then a rerun, of this job or of the next
session, finds what is there and does the rest: nothing is done twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy_pack.edges import clock, files, refusals
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import LeaseLost, PackError, Stopped, UsageError
from autonomy_pack.flows import decisions, records, survey
from autonomy_pack.flows.actions import (
    admit,
    comments,
    delivery,
    ending,
    fetched,
    grounds,
    held,
    means,
    offers,
    pending,
    resuming,
    said,
)
from autonomy_pack.flows.actions.claims import PRODUCED
from autonomy_pack.flows.actions.delivery import Theirs
from autonomy_pack.flows.actions.ending import End
from autonomy_pack.flows.actions.fetched import Fetched, Unfit
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Case, Known, Means
from autonomy_pack.flows.actions.offers import Judged
from autonomy_pack.flows.actions.said import Said
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Leg, Move, Outcome, Plan, Result, WorkflowRun, value
from autonomy_pack.policy import hindered
from autonomy_pack.store.gitrefs import GitRefs
from autonomy_pack.views import publication as view
from autonomy_pack.views.publication import Row

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub

BAD = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.STALLED})
deliver_pending = pending.deliver
why_not_pending = pending.why_not


@value
class Session:
    """What publishing did: a row a leg, the Markdown that tells it, and 0, 4 (something failed) or 5 (stopped)."""

    rows: tuple[Row, ...]
    summary: str
    exit_code: int


def publish(
    github: GitHub, remote: Remote, store: GitRefs, workflow_run: WorkflowRun, plan: Plan, out: Path, box: Box
) -> Session:
    """Finish every leg of the plan, each on its own; its summary and records are in `out`.

    UsageError when the plan is another run's. A bug of ours with one leg is raised when the others are done.
    """
    if (plan.repo, plan.run_id) != (workflow_run.repo, workflow_run.run_id):
        raise UsageError("the plan is of another run", "Hand over the plan that the select job of this run made.")
    here = Means(github=github, remote=remote, store=store, workflow_run=workflow_run, box=box)
    rows: list[Row] = []
    bugs: list[Exception] = []
    for leg in plan.legs:
        try:
            rows.append(_published(here, leg, out))
        except Exception as error:  # noqa: BLE001 - our bug with one leg must not stop the others; it is raised at the end
            bugs.append(error)
    summary = _summary(here, rows, out)
    if bugs:
        raise bugs[0]
    return Session(rows=tuple(rows), summary=summary, exit_code=_exit_code(rows))


def _exit_code(rows: Sequence[Row]) -> int:
    if any(row.outcome == Outcome.STOPPED for row in rows):
        return 5
    return 4 if any(row.failed or row.outcome in BAD for row in rows) else 0


def _published(here: Means, leg: Leg, out: Path) -> Row:
    """One leg, whatever it meets."""
    run = grounds.run_of(leg, here.workflow_run.repo)
    row = Row(issue=leg.number, outcome="", agent=leg.agent, why="", next="", run=run)
    here.github.calls.before_write = lambda: here.heed(leg.number)
    try:
        here.heed(leg.number)
        return _worked(here, leg, row, out)
    except Stopped as error:
        step = view.next_step(Outcome.STOPPED)
        return dataclasses.replace(row, outcome=str(Outcome.STOPPED), why=error.says, next=step, failed=True)
    except LeaseLost as error:
        return _finished(here, row, error)
    except PackError as error:
        return _unfinished(here, row, error)


def _unfinished(here: Means, row: Row, error: PackError) -> Row:
    """The row of a leg that waits for something, which its issue says too when that is a setting."""
    row = dataclasses.replace(row, outcome="unfinished", why=error.says, next=error.fix, fix=error.fix, failed=True)
    # What cannot be said on the issue, or may not because of a stop, stands in the summary.
    with contextlib.suppress(PackError):
        issue = here.github.issue(row.issue)
        row = dataclasses.replace(row, title=issue.title if issue else "")
        if issue and (isinstance(error, Refused) or refusals.is_rule(error.says)):
            step = f"{error.fix} The next run does the rest; nothing has to be made again"
            text = view.status("not finished", error.says, row.run, here.run_url, next_=step)
            comments.keep(here.github, here.store, row.issue, "status", text)
    return row


def _finished(here: Means, row: Row, error: LeaseLost) -> Row:
    """The row of a leg that is not ours any more: an earlier attempt of this job finished it, or somebody took it."""
    ended = next(iter(here.store.events(kinds=["run.finished"], run=row.run)), None)
    outcome = str(ended.data["outcome"]) if ended else str(Outcome.STALE)
    why = str(ended.data["why"]) if ended else error.says
    return dataclasses.replace(row, outcome=outcome, why=why, next=view.next_step(outcome))


def _worked(here: Means, leg: Leg, row: Row, out: Path) -> Row:
    lease = means.lease_of(here, leg)
    kept = said.of_json(here.store.said(lease.key), lease.key)
    if kept and (leg.resume or kept.leg == leg):
        row = dataclasses.replace(row, run=kept.run)
        return _resumed(Case(means=here, leg=kept.leg, lease=lease, run=kept.run, made_in=kept.run_id), row, out, kept)
    case = Case(means=here, leg=leg, lease=lease, run=row.run)
    if leg.resume:
        return _ended(case, row, out, End(outcome=str(Outcome.STALE), why="nothing was pushed for it"))
    return _attempted(case, row, out)


def _resumed(case: Case, row: Row, out: Path, kept: Said) -> Row:
    """The rest of a handoff, or of a question, that an earlier process began: all of it is judged anew."""
    known: Known | None = None
    try:
        there = [] if kept.waits else delivery.need_ours(case, kept.leg.branch, kept.pushed)
        if there and there[0].merged:
            how = End(outcome=str(Outcome.HANDED_OFF), why="it is merged", number=there[0].number, url=there[0].url)
            return _ended(case, row, out, how)
        known = resuming.admitted(case, kept)
        row = dataclasses.replace(row, title=known.task.title)
        _begun(case, known, kept.claimed)
        return _ended(case, row, out, _rest(case, known, kept), known=known)
    except Theirs as why:
        return _ended(case, row, out, ending.left_alone(why), known=known)
    except (Stale, Unfit, UsageError) as why:
        return _ended(case, row, out, ending.broken_off(case, str(why)), known=known)


def _rest(case: Case, known: Known, kept: Said) -> End:
    if kept.waits:
        judged, move = resuming.waiting(case, known, kept)
        return _settled(case, known, judged, waited=move)
    judged = resuming.pushed(case, known, kept)
    if judged.verdict == "block":
        return ending.broken_off(case, judged.why, judged.findings)
    if judged.verdict == "ask" and not resuming.is_agreed(case, kept):
        return ending.broken_off(case, f"nobody who may agreed to it: {judged.why}", judged.findings)
    return ending.handed_off(case, judged.offer)


def _attempted(case: Case, row: Row, out: Path) -> Row:
    """Read anew, judge, and do what follows from it."""
    got: Fetched | None = None
    known: Known | None = None
    try:
        known = admit.admit(case.means, case.leg)
        row = dataclasses.replace(row, title=known.task.title)
        _need_place(case)
        got = fetched.fetch(case.means.github, case.means.workflow_run.run_id, case.leg)
        _begun(case, known, got.result)
        return _ended(case, row, out, _judged(case, known, got), got, known)
    except Stale as moved:
        return _ended(case, row, out, End(outcome=str(Outcome.STALE), why=str(moved)), got, known)
    except Unfit as why:
        return _ended(case, row, out, End(outcome=str(Outcome.FAILED), why=str(why)), got, known)


def _ended(case: Case, row: Row, out: Path, how: End, got: Fetched | None = None, known: Known | None = None) -> Row:
    how = ending.weighed(case, how, known)
    ending.end(case, out, how, got, known)
    return dataclasses.replace(
        row,
        outcome=how.outcome,
        why=how.why,
        url=how.url,
        run=case.run,
        usd=got.result.usd if got else 0.0,
        next=how.next,
        notes=tuple(case.notes),
        failed_checks=how.failed[:5],
    )


def _need_place(case: Case) -> None:
    """Stale when the branch is not as the plan found it: absent, or at the commit that is to be mended."""
    if not case.leg.tip:
        _need_free(case)
    elif case.means.github.tip(f"refs/heads/{case.leg.branch}") != case.leg.tip:
        _need_alone(case)
        raise Stale(f"somebody pushed to branch {case.leg.branch}, or deleted it; it is theirs now")


def _need_free(case: Case) -> None:
    """Stale when a branch or a pull request of this attempt is there already that we did not just push."""
    branch = case.leg.branch
    there = next(iter(case.means.github.pulls(branch)), None)
    tip = None if there else case.means.github.tip(f"refs/heads/{branch}")
    if there or tip:
        _need_alone(case)
    if there:
        raise Stale(f"pull request #{there.number} of {branch} is there already")
    if tip:
        raise Stale(f"branch {branch} exists with another commit; it is never overwritten")


def _need_alone(case: Case) -> None:
    """LeaseLost when the lease was taken over since we looked, or the change pushed under it by another attempt of this
    run or a run that is over as far as GitHub says: then nothing may be said of it here that is not so any more."""
    store = case.means.store
    store.refresh()
    lease = store.lease(case.lease.key)
    is_ours = lease and (lease.fence, lease.holder) == (case.lease.fence, case.lease.holder)
    if lease is None or not is_ours or held.leg_of(store, lease):
        step = "Who works on it now does the rest, or else the next run."
        raise LeaseLost("another process pushed this change, or took it over, meanwhile", step)


def _begun(case: Case, known: Known, result: Result) -> None:
    """Tell what choosing and running would have told locally."""
    task, leg, limits, holder = known.task, case.leg, known.mission.limits, case.lease.holder
    claimed: dict[str, object] = {
        "fence": case.lease.fence,
        "holder": f"{holder.host}:{holder.pid}" if holder else "",
        "expires": case.lease.expires,
    }
    started: dict[str, object] = {
        "attempt": leg.attempt,
        "agent": leg.agent,
        "mission": leg.mission,
        "mission_sha256": leg.mission_sha256,
        "base": leg.base,
        "sandbox": result.sandbox,
        "limits": {"steps": limits.steps, "minutes": leg.minutes, "usd": leg.usd, "tokens": leg.tokens},
        "pid": None,
        "pid_start": None,
    }
    case.tell("task.seen", survey.seen_data(task), f"seen/{task.id}/{task.pin}/{leg.event}")
    case.tell("task.claimed", claimed, f"claim/{task.id}/{case.run}")
    case.tell("run.started", started, f"start/{case.run}")


def _judged(case: Case, known: Known, got: Fetched) -> End:
    if got.result.outcome != PRODUCED:
        return _unmade(got.result, kept=bool(got.bundle))
    try:
        judged = offers.judge(case, known, got.result, got.bundle)
    except UsageError as error:
        return End(outcome=str(Outcome.BLOCKED), why=f"{error.says}. {error.fix}", label=delivery.BLOCKED)
    return _settled(case, known, judged)


def _unmade(result: Result, *, kept: bool) -> End:
    """The end of an attempt that has nothing to hand off, as its run job says."""
    if result.outcome == Outcome.STALE and hindered.is_hindered({"outcome": result.outcome, "why": result.why}):
        step = "mend what it names; then it is tried again, and no attempt is used up"
        return End(outcome=result.outcome, why=result.why, label=delivery.BLOCKED, next=step, kept=kept)
    failed = tuple(one for one in result.checks if one.exit != 0)
    return End(outcome=result.outcome, why=f"{result.why} (as the run job says)", failed=failed, kept=kept)


def _settled(case: Case, known: Known, judged: Judged, *, waited: Move | None = None) -> End:
    """Block, ask or hand off, as it was judged; `waited` when it is kept already where it waits."""
    if judged.verdict == "block":
        blocked = End(outcome=str(Outcome.BLOCKED), why=judged.why, label=delivery.BLOCKED, findings=judged.findings)
        return dataclasses.replace(blocked, change=judged.change, kept=True)
    if judged.verdict == "ask" and case.leg.pull:
        why = f"a person has to agree to it, so it is not pushed: {judged.why}"
        blocked = End(outcome=str(Outcome.BLOCKED), why=why, label=delivery.BLOCKED, findings=judged.findings)
        return dataclasses.replace(blocked, change=judged.change, kept=True)
    if judged.verdict == "ask":
        return _ask(case, known, judged, is_kept=waited is not None)
    return ending.handed_off(case, delivery.push(case, judged, waited=waited))


def _ask(case: Case, known: Known, judged: Judged, *, is_kept: bool) -> End:
    """Keep the change where it waits, and ask; nobody waits in a process."""
    now, hours = case.means.store.now(), known.config.decision_hours
    question = decisions.question(judged.offer, judged.findings, now, hours)
    case.told.append(question)
    if not is_kept:
        delivery.keep_pending(case, judged)
    return ending.waiting(question, judged.findings, judged.change)


def _summary(here: Means, rows: Sequence[Row], out: Path) -> str:
    name = clock.stamp(clock.now())
    run = here.workflow_run
    text = view.summary(name, rows, here.run_url, run.repo, public=not run.private)
    text = redact(text, records.known_secrets())
    files.write(out / f"AUTONOMOUS_SESSION_{name}.md", text)
    return text
