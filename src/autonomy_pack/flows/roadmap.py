"""`autonomy roadmap generate`: an agent reads the repository and proposes; people decide. One issue or one file, never
more, and nothing in it starts anything: it has no label.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import files, workspace
from autonomy_pack.edges.confined import Confined, parts
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import checks, missions, records, session, trust, work
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job, Receive
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Choice, Issue, Mission, Outcome, Task, value
from autonomy_pack.policy import names
from autonomy_pack.policy.budget import NOTHING, Asked
from autonomy_pack.views import roadmap as view

MISSION = "roadmap"
ISSUE = "issue"
_REF = "issue:"


@value
class Wanted:
    """What a person asked for: who proposes (None = the configuration's agent), and where to: `issue` or a file."""

    agent: str | None = None
    into: str = ISSUE
    argv: tuple[str, ...] = ()
    asked: Asked = NOTHING


def check(wanted: Wanted) -> None:
    """UsageError unless the agent is one we have, and the place an issue or a Markdown file of the repository."""
    session.check_wanted(session.Wanted(max_issues=1, agent=wanted.agent, argv=wanted.argv))
    if wanted.into != ISSUE and not wanted.into.endswith(".md"):
        raise UsageError(
            f"--into {one_line(wanted.into, 80)} is no place for a roadmap", "Say issue, or docs/ROADMAP.md."
        )
    if wanted.into != ISSUE:
        parts(wanted.into)


def agent_of(project: Project, wanted: Wanted, mission: Mission) -> str:
    """Who proposes; "" when that is the planner, which judges nothing."""
    agent = wanted.agent or mission.agent or project.config.agent
    if agent not in AGENTS:
        raise UsageError(f"unknown agent {one_line(agent, 60)}", f"The agents are {', '.join(AGENTS)}.")
    return "" if agent == "planner" else agent


def mission_of(project: Project) -> Mission:
    """The repository's own mission of that name, else the shipped one. UsageError when it returns no roadmap."""
    found = configuration.find_mission(MISSION, project.missions, checks=[one.name for one in project.config.checks])
    if found.returns != MISSION:
        raise UsageError(f"mission {MISSION} does not say `returns: roadmap`", "Add that to its file.")
    return found


def without_model(choices: Sequence[Choice]) -> str:
    """The open issues by priority, as Markdown."""
    return view.text(view.of_issues(choices))


def generate(
    project: Project, mission: Mission, agent: str, wanted: Wanted, box: Box, report: Report
) -> session.Session:
    """Let the agent propose, in a run like every other, and put what it proposes where it was wanted."""
    box.need_for_programs()
    trust.need_for_programs(project.place)
    issues, _ = project.forge.issues()
    task = _task(project, mission, agent, issues)
    receive = _into_issue if wanted.into == ISSUE else _into_file(wanted.into)
    return session.run_mission(
        project, task, mission, {}, box, report, receive=receive, argv=wanted.argv, asked=wanted.asked
    )


def _task(project: Project, mission: Mission, agent: str, issues: Sequence[Issue]) -> Task:
    """The issues are its body: data, quoted to the agent as every issue is."""
    made = missions.task(mission, {}, project.config, project.repo)
    body = redact(view.as_data(issues), records.known_secrets())
    return dataclasses.replace(made, agent=agent, body=body, pin=names.sha256([mission.sha256, body]), title="Roadmap")


def _into_issue(job: Job, document: Mapping[str, Any]) -> Ending:
    """One issue without any label: the one that we recorded, while it is open, else a new one."""
    body = redact(view.text(document["items"], job.run.agent), records.known_secrets())
    forge = job.project.forge
    job.heed_stop()
    mine = _recorded(job.project, job.run.task.id)
    if mine is None or not forge.edit_issue(mine, body):
        mine = forge.open_issue(view.TITLE, body)
    there = forge.issue(mine)
    url = there.url if there else ""
    made: dict[str, object] = {"ref": f"{_REF}{mine}", "url": url, "number": None, "verified": there is not None}
    return Ending(
        outcome=Outcome.HANDED_OFF,
        why=f"issue {mine}, {len(document['items'])} proposals",
        events=(job.event("handoff.made", made, key=f"handoff.made/{job.run.id}"),),
    )


def _recorded(project: Project, task: str) -> str | None:
    """The issue that an earlier run of ours opened, when it is open still."""
    told = [one.data["ref"] for one in project.store.events(kinds=["handoff.made"], subject=task)]
    known = [ref.removeprefix(_REF) for ref in told if ref.startswith(_REF)]
    issue = project.forge.issue(known[-1]) if known else None
    return issue.id if issue and issue.state == "open" else None


def _into_file(path: str) -> Receive:
    """The file as the one change of a handoff: committed on the base by us, checked and judged as every change."""

    def receive(job: Job, document: Mapping[str, Any]) -> Ending:
        text = redact(view.text(document["items"], job.run.agent), records.known_secrets())
        _as_it_was(job)
        Confined(str(job.space.work)).write(path, text.encode())
        change = work.make_change(job)
        if change is None:
            return Ending(outcome=Outcome.NO_CHANGE, why=f"{path} says so already")
        results = checks.run(job, change.head)
        if bad := checks.failed(results):
            return Ending(outcome=Outcome.FAILED, why=f"check {bad[0].name}: {checks.said(bad[0])}")
        return work.settle(job, change, results)

    return receive


def _as_it_was(job: Job) -> None:
    """Throw away whatever the agent left: only what it returned counts."""
    files.remove_tree(job.space.work)
    with files.explained("making the work folder anew"):
        job.space.work.mkdir()
    workspace.export(job.space, job.run.base, job.space.work)
