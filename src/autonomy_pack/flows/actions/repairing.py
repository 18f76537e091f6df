"""The repair on GitHub: select claims pull requests of ours whose CI is red; run and publish are those of the loop.

Select reads what GitHub itself says of them, and no word that CI printed: logs are for the `run` job.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges.github import GitHub, Look
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped, UsageError
from autonomy_pack.flows import repair
from autonomy_pack.flows.actions import admit, claiming, delivery, governing, grounds, select
from autonomy_pack.flows.actions import facts as told
from autonomy_pack.flows.actions.claiming import Claiming, Selected
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.model import Head, Issue, Leg, Mission, Outcome, Pull, Task, WorkflowRun, value
from autonomy_pack.policy import agent_pull, choose, names, repairs, trusted
from autonomy_pack.store.gitrefs import GitRefs
from autonomy_pack.views import selection

MOST_LEGS = 10
_BOT = "github-actions"
# A person looks at these; the next look of a schedule would find the same.
_OVER = frozenset({Outcome.BLOCKED, Outcome.NO_CHANGE, Outcome.WAITING})


@value
class Wanted:
    """What a run may mend: at most so many, or the one pull request `pull`; `agent` instead of the mission's."""

    most: int = 3
    pull: str = ""
    agent: str = ""


def claim(github: GitHub, store: GitRefs, workflow: WorkflowRun, wanted: Wanted, *, dry_run: bool = False) -> Selected:
    """Take the lease of each red pull request of ours that may be mended, and of what a dead run left.

    Raises Stopped under a stop, UsageError when the one that was asked for cannot be mended. One pull request's trouble
    drops that one alone.
    """
    _check(wanted)
    look = github.look()
    select.need_work_may_begin(look, workflow)
    pulls = [one for one in github.open_pulls() if wanted.pull in ("", str(one.number))]
    at = Claiming(
        github=github, store=store, workflow=workflow, facts=_facts(store, github, look, pulls, wanted), dry_run=dry_run
    )
    claiming.resume(at, {str(one.number) for one in pulls})
    for pull in pulls:
        _try(at, pull, wanted)
    if wanted.pull and not at.legs:
        why = next((row.why for row in at.rows), "it is not an open one of this repository's own branches")
        raise UsageError(f"pull request {wanted.pull} is not mended: {why}", "Once that has changed, run again.")
    url = f"{workflow.server_url}/{workflow.repo}/issues"
    summary = selection.render(at.legs, at.rows, issues_url=url, dry_run=dry_run)
    return Selected(plan=at.plan(), summary=summary, trouble=tuple(at.trouble))


def _check(wanted: Wanted) -> None:
    if not 1 <= wanted.most <= MOST_LEGS:
        raise UsageError(f"max_pulls is {wanted.most}", f"Give 1 to {MOST_LEGS}.")
    if wanted.agent and wanted.agent not in AGENTS:
        raise UsageError(f"unknown agent {one_line(wanted.agent, 60)}", f"The agents are {', '.join(AGENTS)}.")


def _facts(store: GitRefs, github: GitHub, look: Look, pulls: Sequence[Pull], wanted: Wanted) -> Mapping[str, Any]:
    """What claiming goes by: what governs, and the history of these pull requests."""
    mine = {repairs.task_id(github.repo, one.number) for one in pulls}
    return {
        "version": 1,
        "repo": github.repo,
        "now": store.now(),
        "branch": look.default_branch,
        "head": look.head,
        "mark": "",
        "wanted": {"max_issues": wanted.most, "issue": None, "agent": wanted.agent or None},
        "files": {path: text for path, text in look.files.items() if governing.governs(path)},
        **select.EMPTY,
        "unchanged": False,
        "heads": [told.head_json(head) for head in store.heads("task") if head.subject in mine],
    }


def _try(at: Claiming, pull: Pull, wanted: Wanted) -> None:
    """Claim one, or say why not; other people's pull requests are none of ours to speak of."""
    number = str(pull.number)
    about = agent_pull.named(pull.branch)
    if (about is None and not wanted.pull) or any(leg.pull == number for leg in at.legs):
        return
    try:
        why = _consider(at, pull, wanted)
    except Stopped:
        raise
    except Stale as moved:
        why = str(moved)
    except PackError as error:
        why = f"{error.says}. {error.fix}"
        at.trouble.append(one_line(f"pull request {number}: {why}", 400))
    if why and not any(row.issue == number for row in at.rows):
        at.pass_by(number, why)


def _consider(at: Claiming, pull: Pull, wanted: Wanted) -> str:
    """Why the pull request is not mended; "" when it was claimed."""
    if why := _why_not_ours(at, pull) or _why_not_again(at, pull, asked=bool(wanted.pull)):
        return why
    if why := repairs.why_not_now(at.github.ci(pull.head).state):
        return why
    if not at.room:
        return "red; this run has enough to do"
    about = agent_pull.named(pull.branch)
    issue = at.github.issue(about.issue) if about else None
    if about is None or issue is None or choose.priority_of(issue.labels) is None:
        return "its issue is gone, or has no priority label any more"
    mission = _mission(at, issue)
    if isinstance(mission, str):
        return mission
    agent = wanted.agent or (mission.agent if mission.name == repair.MISSION else about.agent) or about.agent
    task = _task(at, pull, issue, about.agent)
    if isinstance(task, str):
        return task
    return _claimed(at, pull, dataclasses.replace(task, agent=agent, mission=mission.name), mission, issue)


def _why_not_ours(at: Claiming, pull: Pull) -> str:
    """Why it is none that we may push to: our own record of it and the check run of our workflow both have to be there,
    of exactly the commit that it is at."""
    about = agent_pull.named(pull.branch)
    tasks = [repairs.task_id(at.github.repo, pull.number)]
    tasks += [choose.task_id(at.github.repo, about.issue)] if about else []
    pushed = [one for task in tasks for one in at.store.events(kinds=["handoff.intended"], subject=task)]
    if why := repairs.why_not_ours(pull, pushed):
        return why
    made = at.github.check_runs(pull.head, delivery.CHECK)
    if any(one.app == _BOT and one.conclusion == "success" for one in made):
        return ""
    return f"its newest commit has no check run {delivery.CHECK} of GitHub Actions: no workflow of ours pushed it"


def _why_not_again(at: Claiming, pull: Pull, *, asked: bool) -> str:
    """Why it has no attempt left; one that a person has to look at is tried again when they ask for it."""
    task = repairs.task_id(at.github.repo, pull.number)
    spent = repairs.used(at.store.events(kinds=["run.finished"], subject=task))
    most = at.judged_by.config.attempts
    if spent >= most:
        return f"it was tried {spent} times (attempts: {most}); a person looks at it now"
    head: Head | None = at.store.head(task)
    if head and head.status in _OVER and not asked:
        return "its last attempt ended with something for a person; dispatch this workflow with its number to try again"
    return ""


def _mission(at: Claiming, issue: Issue) -> Mission | str:
    """The repository's own mission for it, else the one that made the pull request; or what is wrong with it."""
    files, config = at.facts["files"], at.judged_by.config
    named = next(iter(choose.family(issue.labels, "mission")), config.mission)
    own = governing.mission_of(repair.MISSION, files, config)
    has_own = any(path.rpartition("/")[2].partition(".")[0] == repair.MISSION for path in files)
    found = own if has_own or isinstance(own, Mission) else governing.mission_of(named or "", files, config)
    if isinstance(found, Mission) and found.returns:
        return f"mission {found.name} returns a {found.returns} instead of a change"
    return found


def _task(at: Claiming, pull: Pull, issue: Issue, made_by: str) -> Task | str:
    """The issue as the task of mending, when it still is what the pull request was made for."""
    task = choose.task_of(issue, made_by, at.judged_by)
    made = at.store.head(task.id)
    if made and made.pin and made.pin != task.pin:
        return f"the text of issue {issue.id} changed since"
    if not task.event or names.branch(task, made_by) != pull.branch:
        return f"branch {pull.branch} is not the one of issue {issue.id} as it is labelled now"
    return dataclasses.replace(task, id=repairs.task_id(at.github.repo, pull.number))


def _claimed(at: Claiming, pull: Pull, task: Task, mission: Mission, issue: Issue) -> str:
    """Claim it when all that `publish` will ask for holds already; else why not."""
    alone = at.github.permission_of(issue.author_id, issue.author) not in trusted.WRITERS
    if alone and at.legs:
        return "red; the issue's author may not write here, so it waits for a run of its own"
    if why := claiming.why_no_money(at, task, mission):
        return why
    at.store.remote.fetch(pull.head, depth=repair.MOST_COMMITS + 1)
    base = repair.base_of(at.store.remote.git_dir, pull.head)
    leg = claiming.drafted(at, task, mission, alone=alone)
    leg = dataclasses.replace(leg, base=base, branch=pull.branch, pull=str(pull.number), tip=pull.head)
    if why := _why_not_admitted(at, leg):
        return why
    if at.dry_run:
        at.legs.append(leg)
        return ""
    return claiming.claimed(at, names.claim_key(task), leg)


def _why_not_admitted(at: Claiming, leg: Leg) -> str:
    lease = at.store.lease(grounds.key_of(leg, at.github.repo))
    if lease and lease.fence >= choose.most_claims(at.judged_by.config):
        return f"it was claimed {lease.fence} times; a person looks at it now"
    admit.need_pull(at.github, leg)
    admit.facts(at.github, leg)
    grounds.ground(at.store.remote.git_dir, leg)
    return ""
