"""`autonomy issue triage`: an agent proposes how urgent an issue is and what it lacks. A proposal is data: it sets no
label, for a label of ours would start work that nobody with write asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from autonomy_pack import config as configuration
from autonomy_pack.edges import clock
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import session
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Issue, Mission, Outcome, Priority, Task, value
from autonomy_pack.policy import choose, names

MISSION = "issue-triage"
MOST = 20


@value
class Proposal:
    """What is proposed for an issue; `why_not` is why nothing is ("" = something is)."""

    issue: Issue
    priority: str = ""
    mission: str = ""
    lane: str = ""
    missing: tuple[str, ...] = ()
    why: str = ""
    why_not: str = ""


def wanted(project: Project, issue: str | None) -> list[Issue]:
    """The issue of that number, or the first open ones that nobody has given a priority; UsageError when there is none
    of that number."""
    if issue is not None:
        found = project.forge.issue(issue.removeprefix("#"))
        if found is None or found.state != "open":
            raise UsageError(f"there is no open issue {one_line(issue, 60)}", "`autonomy issue list` shows them.")
        return [found]
    every, _ = project.forge.issues()
    return [one for one in every if one.state == "open" and choose.priority_of(one.labels) is None][:MOST]


def mission_of(project: Project) -> Mission:
    """The mission, told which missions and lanes there are to choose from."""
    checks = [one.name for one in project.config.checks]
    found = configuration.find_mission(MISSION, project.missions, checks=checks)
    told = f"Missions: {', '.join(_missions(project))}. Lanes: {', '.join(project.config.lanes)}."
    return dataclasses.replace(found, goal=f"{found.goal.rstrip()}\n{told}")


def _missions(project: Project) -> list[str]:
    return sorted(name for name in configuration.mission_texts(project.missions) if name not in (MISSION, "pr-review"))


def propose(
    project: Project, issue: Issue, mission: Mission, agent: str, box: Box, report: Report, argv: tuple[str, ...] = ()
) -> Proposal:
    """Let the agent look at one issue. What it names and we do not have is left out."""
    heard: list[Mapping[str, Any]] = []

    def receive(job: Job, document: Mapping[str, Any]) -> Ending:
        del job
        heard.append(document)
        return Ending(outcome=Outcome.NO_CHANGE, why=f"proposed: {document['priority']}")

    done = session.run_mission(
        project, _task(project, issue, mission, agent), mission, {}, box, report, receive=receive, argv=argv
    )
    if not heard:
        why = str(done.runs[0].data["why"]) if done.runs else "another run is looking at it"
        return Proposal(issue=issue, why_not=why)
    said = heard[-1]
    return Proposal(
        issue=issue,
        priority=said["priority"],
        mission=said["mission"] if said["mission"] in _missions(project) else "",
        lane=said["lane"] if said["lane"] in project.config.lanes else "",
        missing=tuple(said["missing"]),
        why=said["why"],
    )


def _task(project: Project, issue: Issue, mission: Mission, agent: str) -> Task:
    return Task(
        id=f"{project.repo}#triage:{issue.id}",
        repo=project.repo,
        issue=issue.id,
        title=issue.title,
        body=issue.body,
        labels=(),
        priority=Priority.MEDIUM,
        lane="default",
        mission=mission.name,
        agent=agent,
        acceptance=(),  # they are for whoever does the work
        fields={},
        pin=names.sha256([issue.title, issue.body, mission.sha256]),
        created=clock.now(),
        url=issue.url,
    )
