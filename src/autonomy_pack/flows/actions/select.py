"""The `select` job: look and read (token), choose (box), claim (token). Each step is a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from autonomy_pack.contracts import Store
from autonomy_pack.edges.github import GitHub, Look
from autonomy_pack.errors import Stopped, UsageError, WorldError
from autonomy_pack.flows import session
from autonomy_pack.flows.actions import choosing, claiming, digest, governing, held
from autonomy_pack.flows.actions import facts as told
from autonomy_pack.flows.actions.facts import Facts
from autonomy_pack.model import Head, Issue, Lease, Outcome, Pull, WorkflowRun
from autonomy_pack.policy import choose as policy
from autonomy_pack.policy import names, trusted

# A plan is one variable of the environment: see plans.LARGEST.
MOST_LEGS = 90
choose_in_box = choosing.in_box
choose = choosing.choose
claim = claiming.claim
EMPTY = {"unchanged": True, "permissions": {}, "issues": [], "left_out": 0, "heads": [], "handoffs": {}, "held": []}


def fetch(github: GitHub, store: Store, workflow: WorkflowRun, wanted: session.Wanted) -> Facts:
    """What there is to choose from. max_issues 0 means what the configuration says.

    One request when nothing changed since the last look, after which nothing was going on. Else one, one for each 100
    open issues, and one for each account that set a steering label. Stopped under a STOP on the default branch.
    """
    look = github.look()
    need_work_may_begin(look, workflow)
    config = governing.config_of(look.files)
    wanted = replace(wanted, max_issues=wanted.max_issues or config.max_issues)
    _check(wanted)
    asked = {"max_issues": wanted.max_issues, "issue": wanted.issue, "agent": wanted.agent}
    now, mark = store.now(), digest.mark(look, asked)
    facts = {
        "version": 1,
        "repo": github.repo,
        "now": now,
        "branch": look.default_branch,
        "head": look.head,
        "mark": mark,
        "wanted": asked,
        "files": {path: text for path, text in look.files.items() if governing.governs(path)},
        **EMPTY,
    }
    if wanted.issue is None and digest.says_nothing_new(look.state, mark, now):
        return facts
    return {**facts, "unchanged": False, **_read(github, store, now)}


def need_work_may_begin(look: Look, workflow: WorkflowRun) -> None:
    """Stopped under a STOP on the default branch, or on a schedule in a fork; WorldError for an archived repository."""
    if look.stop:
        raise Stopped(f"stopped by .agent-workspace/STOP on {look.default_branch}", "Remove that file to go on.")
    if look.fork and workflow.event == "schedule":
        raise Stopped("scheduled runs do nothing in a fork", "Dispatch the workflow by hand if you mean it.")
    if look.archived:
        raise WorldError(f"{workflow.repo} is archived", "Unarchive it under Settings → General, or remove the caller.")


def _check(wanted: session.Wanted) -> None:
    session.check_wanted(wanted)
    if wanted.max_issues > MOST_LEGS:
        raise UsageError(f"max_issues is {wanted.max_issues}", f"One run of a workflow takes at most {MOST_LEGS}.")


def _read(github: GitHub, store: Store, now: str) -> dict[str, object]:
    """All that takes more than one request."""
    issues = github.issues()
    alive = held.alive(store, github, now)
    heads = _heads(store, github.repo, issues, alive)
    issues_json, left_out = told.issues_json(issues)
    decisions = [head for head in store.heads("decision") if head.run in {one.run for one in heads}]
    return {
        "permissions": {str(number): github.permission_of(number, login) for number, login in trusted.actors(issues)},
        "issues": issues_json,
        "left_out": left_out,
        "heads": [told.head_json(head) for head in (*heads, *decisions)],
        "handoffs": {issue: state for issue, state in _handoffs(github, issues, heads) if state},
        "held": sorted(lease.key for lease in alive),
    }


def _heads(store: Store, repo: str, issues: Sequence[Issue], alive: Iterable[Lease]) -> list[Head]:
    """The heads of the open issues; whether one is being worked on is told by its lease alone."""
    known = {head.subject: head for head in store.heads("task")}
    running = {names.task_of_claim(lease.key): names.run_of_claim(lease.key, lease.fence) for lease in alive}
    found = []
    for subject in (policy.task_id(repo, issue.id) for issue in issues):
        head = known.get(subject)
        if subject in running:
            head = replace(head or Head(repo=".", subject=subject, type="task"), status="running", run=running[subject])
        elif head and head.status == "running":
            head = replace(head, status="seen")
        if head:
            found.append(head)
    return found


def _handoffs(github: GitHub, issues: Iterable[Issue], heads: Iterable[Head]) -> Iterable[tuple[str, str]]:
    """Issue id and what became of its handoff; asked for by branch only where no link tells."""
    linked = {issue.id: issue.pulls for issue in issues}
    for head in heads:
        if head.status == Outcome.HANDED_OFF and head.branch:
            issue = names.issue_of(head.subject)
            pulls = [pull for pull in linked[issue] if pull.branch == head.branch and pull.same_repository]
            yield issue, _state(pulls or github.pulls(head.branch), head.commit)


def _state(pulls: Sequence[Pull], commit: str) -> str:
    """open, moved, merged or deleted, as policy.choose knows them; "" when there is no pull request."""
    if not pulls:
        return ""
    pull = max(pulls, key=lambda one: one.number)
    if pull.state == "open":
        return "open" if pull.head == commit else "moved"
    return "merged" if pull.merged else "deleted"
