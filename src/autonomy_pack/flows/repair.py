"""`autonomy pr repair N`: a pull request of ours whose CI is red gets one more commit, by the flow of every change.

What CI printed is a stranger's text: it is bounded, redacted, sorted by its error and shown to the agent as data. We
push only to a branch that is exactly where we left it, and only on top of that.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import git, packs
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import checks, hosting, records, session, trust
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Head, Issue, Mission, Pull, Repair, Task, value
from autonomy_pack.policy import agent_pull, choose, ci_failures, inputs, names, repairs
from autonomy_pack.policy.budget import NOTHING, Asked
from autonomy_pack.policy.ci_failures import Failed, Failure

if TYPE_CHECKING:
    from pathlib import Path

    from autonomy_pack.edges.github import Ci, GitHub
    from autonomy_pack.edges.remote import Remote

# A mission of this name, if the repository has one, mends; else the one that made the pull request.
MISSION = "ci-repair"
MOST_JOBS = 5
# Commits of ours that one pull request may have.
MOST_COMMITS = 12
_EXCERPT = 3000


@value
class Diagnosis:
    """What is to be done about a pull request. `why_not` is why nothing is ("" = it can be mended), `next` what a
    person can do then; `waits`: a person has to act first, or nothing is left to try."""

    pull: Pull
    failures: tuple[Failure, ...] = ()
    task: Task | None = None
    mission: Mission | None = None
    why_not: str = ""
    next: tuple[str, ...] = ()
    waits: bool = False


def diagnose(project: Project, github: GitHub, number: int, agent: str | None = None) -> Diagnosis:
    """Look at the pull request and its CI; nothing is written.

    UsageError when it is none of ours, or somebody pushed to it.
    """
    pull, made = _ours(project, github, number)
    ci = github.ci(pull.head)
    if why := repairs.why_not_now(ci.state):
        return Diagnosis(pull=pull, why_not=why, waits=ci.state == "approval")
    failures = read(github, ci)
    mendable = ci_failures.mendable(failures)
    if not mendable:
        why = "what failed is nothing that a change of the code mends"
        return Diagnosis(
            pull=pull, failures=failures, why_not=why, next=tuple(repairs.next_steps(failures)), waits=True
        )
    if why := _why_no_attempts(project, number):
        return Diagnosis(pull=pull, failures=failures, why_not=why, waits=True)
    task, mission = _task(project, github, pull, made, repairs.complaint(mendable), agent)
    return Diagnosis(pull=pull, failures=failures, task=task, mission=mission)


def mend(
    project: Project,
    found: Diagnosis,
    box: Box,
    report: Report,
    *,
    argv: tuple[str, ...] = (),
    asked: Asked = NOTHING,
) -> session.Session:
    """One attempt at a pull request that can be mended, by the flow of every attempt."""
    assert found.task is not None  # noqa: S101 - the caller looked at why_not
    assert found.mission is not None  # noqa: S101
    if found.task.agent != "planner" or checks.of(project.config, found.mission):
        box.need_for_programs()
        trust.need_for_programs(project.place)
    return session.run_mission(project, found.task, found.mission, {}, box, report, argv=argv, asked=asked)


def read(github: GitHub, ci: Ci) -> tuple[Failure, ...]:
    """Why the first jobs failed that did, from the ends of their logs, redacted and harmless."""
    secrets = records.known_secrets()
    found = []
    for job in ci.failed[:MOST_JOBS]:
        log = redact(github.job_log(job.id), secrets)
        told = ci_failures.classify(Failed(name=job.name, conclusion=job.conclusion, log=log), most=_EXCERPT)
        found.append(
            dataclasses.replace(
                told,
                job=sanitize(one_line(told.job, 100)),
                line=sanitize(one_line(told.line, 300)),
                excerpt=sanitize(told.excerpt),
            )
        )
    return tuple(found)


def _ours(project: Project, github: GitHub, number: int) -> tuple[Pull, Head]:
    """The pull request with the head of the task that made it."""
    pull = github.pull(number)
    about = agent_pull.named(pull.branch) if pull else None
    first = project.store.head(f"{project.repo}#{about.issue}") if about else None
    tasks = [f"{project.repo}#{about.issue}" if about else "", repairs.task_id(project.repo, number)]
    told = [one for task in tasks for one in project.store.events(kinds=["handoff.intended"], subject=task)]
    why = repairs.why_not_ours(pull, told)
    if why or pull is None or first is None:
        step = "Only a pull request that we made, and that nobody else pushed to, is mended."
        raise UsageError(f"pull request {number}: {why or 'nothing is recorded here of having made it'}", step)
    return pull, first


def _why_no_attempts(project: Project, number: int) -> str:
    task = repairs.task_id(project.repo, number)
    spent = repairs.used(project.store.events(kinds=["run.finished"], subject=task))
    most = project.config.attempts
    return f"it was tried {spent} times (attempts: {most}); a person looks at it now" if spent >= most else ""


def _task(
    project: Project, github: GitHub, pull: Pull, made: Head, complaint: str, agent: str | None
) -> tuple[Task, Mission]:
    issue = _issue(github, made)
    mission = mission_of(project, made.mission)
    word = agent or (mission.agent if mission.name == MISSION else made.agent) or project.config.agent
    if word not in AGENTS:
        raise UsageError(f"unknown agent {one_line(word, 60)}", f"The agents are {', '.join(AGENTS)}.")
    facts = choose.Facts(
        repo=project.repo,
        config=project.config,
        missions={},
        agents=tuple(AGENTS),
        why_no_programs="",
        heads={},
        decisions={},
        handoffs={},
        now="",
    )
    task = choose.task_of(issue, word, facts)
    inputs.fill(mission, task.fields, {})
    base = brought_here(hosting.remote(github, project.place.git_dir), project.place.git_dir, pull.head)
    repair = Repair(pull=pull.number, branch=pull.branch, tip=pull.head, base=base, complaint=complaint)
    id_ = repairs.task_id(project.repo, pull.number)
    return dataclasses.replace(task, id=id_, mission=mission.name, repair=repair, url=pull.url), mission


def _issue(github: GitHub, made: Head) -> Issue:
    """The issue, when its text still is the one that the pull request was made for."""
    name = names.issue_of(made.subject)
    issue = github.issue(name)
    if issue is None or issue.state != "open":
        raise UsageError(f"issue {name} is not open any more", "Close the pull request, or open the issue again.")
    if made.pin and choose.text_pin(issue) != made.pin:
        raise UsageError(f"the text of issue {name} changed since", "Close the pull request; the issue is tried anew.")
    return issue


def mission_of(project: Project, name: str) -> Mission:
    """The repository's own mission `ci-repair`, else the one that made the pull request."""
    own = configuration.mission_texts(project.missions)
    wanted = MISSION if MISSION in own else name
    return configuration.find_mission(wanted, project.missions, checks=[one.name for one in project.config.checks])


def brought_here(remote: Remote, git_dir: Path, tip: str) -> str:
    """Bring the commit here, and find the one below ours: the base that the whole change is judged against."""
    remote.fetch(tip)
    return base_of(git_dir, tip)


def base_of(git_dir: Path, tip: str) -> str:
    """The first commit below `tip`, from parent to parent, that is none of ours. UsageError when there are too many."""
    commit = tip
    for _ in range(MOST_COMMITS):
        if not repairs.is_ours(packs.message_of(git_dir, commit)):
            break
        commit = git.text(git.run("rev-parse", "--verify", f"{commit}^1", at=git_dir))
    else:
        raise UsageError("the branch has too many commits of ours", "Close the pull request.")
    if commit == tip:
        raise UsageError("its newest commit is not one of ours", "A person goes on with it.")
    return commit
