"""Setting right what a crash left behind, before anything new begins. Every step may itself be cut and run again."""

from __future__ import annotations

from autonomy_pack.edges import host, shell
from autonomy_pack.errors import PackError
from autonomy_pack.flows import budget, claim, decisions, handoff, summary
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Event, Head, Lease, Outcome
from autonomy_pack.policy import names
from autonomy_pack.store.conditions import HeadUnmoved


def recover(project: Project, report: Report) -> None:
    """Finish dead runs and sessions, complete answered handoffs, expire decisions, note what became of handoffs."""
    for lease in project.store.leases():
        if lease.key.startswith("task:") and _is_abandoned(project, lease):
            _finish_run(project, lease, report)
    for lease in project.store.leases():
        if lease.holder and host.is_dead(lease.holder):
            _let_go(project, lease, report)
    decisions.expire(project, report)
    decisions.complete_answered(project, report)
    settle_handoffs(project, report)


def _let_go(project: Project, lease: Lease, report: Report) -> None:
    """Finish a dead session; of anything else a dead process held, such as a slot of a lane, just let go."""
    if lease.key.startswith("session:"):
        summary.finish_session(project, lease, report)
        return
    taken = claim.take_over(project, lease.key)
    if taken:
        project.store.release(taken)


def _is_abandoned(project: Project, lease: Lease) -> bool:
    return lease.holder is not None and (lease.expires <= project.store.now() or host.is_dead(lease.holder))


def _finish_run(project: Project, lease: Lease, report: Report) -> None:
    """Take the task over, end what the dead run still has running, and finish it: handed off, or stale."""
    _kill(project, lease)
    taken = claim.take_over(project, lease.key)
    if taken is None:
        return
    head = project.store.head(names.task_of_claim(lease.key))
    events = _end(project, taken, head, report) if head and head.status == "running" else []
    project.store.release(taken, events=events)
    for event in events:
        report(event)


def _kill(project: Project, lease: Lease) -> None:
    if lease.holder is None or not host.same_boot(lease.holder):
        return
    run = claim.run_id(lease)
    for event in project.store.events(kinds=["run.started"], run=run):
        shell.kill_recorded(event.data["pid"], event.data["pid_start"])


def _end(project: Project, lease: Lease, head: Head, report: Report) -> list[Event]:
    """The events that finish the dead run. One that had begun its handoff is completed: the decision was made."""
    if any(project.store.events(kinds=["handoff.intended"], run=head.run)):
        try:
            made = handoff.deliver(project, lease, handoff.read(project, head.run), report)
            return [
                made,
                _finished(project, head, Outcome.HANDED_OFF, f"branch {head.branch}, completed after a crash"),
            ]
        except PackError as error:
            return [_finished(project, head, Outcome.STALE, f"its handoff could not be completed: {error.says}")]
    return [_finished(project, head, Outcome.STALE, "its harness died")]


def _finished(project: Project, head: Head, outcome: Outcome, why: str) -> Event:
    """Its end. A call of a model that nobody heard the end of counts with all that was set aside for it."""
    usd, tokens = budget.spent(project.store, head.run)
    data: dict[str, object] = {
        "outcome": str(outcome),
        "why": why,
        "seconds": 0.0,
        "usd": usd,
        "tokens": tokens,
        "transcript_sha256": "",
    }
    return Event(kind="run.finished", subject=head.subject, run=head.run, data=data, key=f"finish/{head.run}")


def settle_handoffs(project: Project, report: Report) -> None:
    """Note each handoff that was merged or deleted; close the issue of one that had evidence for every criterion."""
    open_issues = {issue.id for issue in project.forge.issues()[0] if issue.state == "open"}
    for head in project.store.heads("task", status=[Outcome.HANDED_OFF]):
        state = project.forge.handoff_state(head.branch, head.commit, project.base.commit)
        if state not in ("merged", "deleted"):
            continue
        issue = names.issue_of(head.subject)
        intended = list(project.store.events(kinds=["handoff.intended"], run=head.run))
        closes = state == "merged" and issue in open_issues and bool(intended) and intended[-1].data["closes"]
        data: dict[str, object] = {"state": state, "closed": closes and project.forge.close_issue(issue)}
        ended = Event(
            kind="handoff.ended", subject=head.subject, run=head.run, data=data, key=f"handoff.ended/{head.run}"
        )
        for event in project.store.append([ended], only_if=HeadUnmoved(subject=head.subject, seq=head.seq)):
            report(event)
