"""What a person says about a task: try again, or leave it."""

from __future__ import annotations

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import budget, claim, stop
from autonomy_pack.flows.project import Project, task_named
from autonomy_pack.model import Event, Head, Outcome
from autonomy_pack.policy import budget as limits
from autonomy_pack.policy import names


def reset(project: Project, named: str, why: str) -> str:
    """Give a task its attempts back and take away what held it; the task's id."""
    return _say(project, "task.reset", "queued", named, why)


def still_held(project: Project, task: str) -> str:
    """Which budget keeps a task from its model though it was reset, with the next step; "" when none does."""
    head = project.store.head(task)
    agent = AGENTS.get(head.agent) if head else None
    if agent is None or not agent.protocol:
        return ""
    ceilings = limits.shared(project.config, task, project.store.now())
    return budget.why_no_call(project.store, ceilings, limits.ANY_CALL)


def skip(project: Project, named: str, why: str) -> str:
    """Leave a task until it is reset; the task's id."""
    return _say(project, "task.skipped", "skipped", named, why)


def _say(project: Project, kind: str, state: str, named: str, why: str) -> str:
    stop.refuse_agents(project.store, kind)
    task = task_named(project.store, project.place, project.config, named) or f"{project.repo}#{named}"
    head = project.store.head(task)
    if head is None:
        raise UsageError(f"task {one_line(task, 80)} was never seen", "`autonomy issue list` shows what there is.")
    if kind == "task.reset" and head.status == Outcome.HANDED_OFF:
        _need_no_branch(project, head)
    lease = claim.take_over(project, names.claim_of_run(head.run) if head.run else f"task:{task}")
    if lease is None:
        raise UsageError(f"task {task} is being worked on", "`autonomy stop` ends that; then try again.")
    data = {"scope": "task", "state": state, "why": one_line(why, 300)}
    event = Event(kind=kind, subject=task, actor=f"person:{host.user_name()}", data=data)
    project.store.release(lease, events=[event])
    return task


def _need_no_branch(project: Project, head: Head) -> None:
    """UsageError while the branch of the last handoff is there: the next one could not be made."""
    if project.forge.handoff_state(head.branch, head.commit, project.base.commit) in ("open", "moved"):
        url = handoff_url(project, head.run)
        raise UsageError(
            f"{head.subject} is handed off: {url or f'branch {head.branch} is there'}",
            "Merge it, or close it and delete its branch there, then reset."
            if url
            else f"Merge it, or drop it (`git branch -D {head.branch}`), then reset.",
        )


def handoff_url(project: Project, run: str) -> str:
    """The address of the pull request that a run handed off as; "" where there is none."""
    made = list(project.store.events(run=run, kinds=["handoff.made"]))
    return str(made[-1].data["url"]) if made and made[-1].data.get("number") else ""
