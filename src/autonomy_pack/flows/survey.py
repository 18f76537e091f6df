"""Looking at every issue once: read them all, choose, and note what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError
from autonomy_pack.flows import trust
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Choice, Event, Finding, Head, Issue, Mission, Outcome, value
from autonomy_pack.policy import choose


@value
class Survey:
    """Every open issue with its why, the files that could not be read, and the missions that were asked for."""

    choices: tuple[Choice, ...]
    broken: tuple[Finding, ...]
    missions: Mapping[str, Mission | str]


def look(project: Project, *, box: Box | None = None, agent: str | None = None) -> Survey:
    """Read every issue and choose; `box` None leaves out whether this machine can run a mission's programs."""
    issues, broken = project.forge.issues()
    heads = {head.subject: head for head in project.store.heads("task", repo=project.repo)}
    missions = {name: _mission(project, name, box) for name in _named(issues, project.config.mission)}
    facts = choose.Facts(
        repo=project.repo,
        config=project.config,
        missions=missions,
        agents=tuple(AGENTS),
        heads=heads,
        decisions={head.run: head for head in project.store.heads("decision", repo=project.repo)},
        handoffs=_handoffs(project),
        now=project.store.now(),
        agent=agent,
    )
    return Survey(choices=tuple(choose.choose(issues, facts)), broken=tuple(broken), missions=missions)


def _named(issues: Sequence[Issue], default: str | None) -> set[str]:
    named = {name for issue in issues if issue.state == "open" for name in choose.family(issue.labels, "mission")}
    return named | ({default} if default else set())


def _mission(project: Project, name: str, box: Box | None) -> Mission | str:
    """The mission of that name, or what keeps it from being run here."""
    try:
        mission = configuration.find_mission(name, project.missions, checks=[one.name for one in project.config.checks])
    except PackError as error:
        return one_line(error.says, 300)
    if not _runs_programs(project, mission):
        return mission
    if box is not None and box.level == "L0":
        return f"mission {name} runs programs, which need a sandbox: {box.missing}"
    if not trust.is_trusted(project.place):
        return f"mission {name} runs programs and this repository is not trusted; `autonomy trust`"
    return mission


def _runs_programs(project: Project, mission: Mission) -> bool:
    by_steps = mission.agent != "planner" or any(step.tool == "run" for step in mission.steps)
    return by_steps or bool(mission.checks or project.config.checks)


def _handoffs(project: Project) -> dict[str, str]:
    handed_off = project.store.heads("task", repo=project.repo, status=[Outcome.HANDED_OFF])
    return {
        head.subject.rpartition("#")[2]: project.forge.handoff_state(head.branch, head.commit, project.base.commit)
        for head in handed_off
        if head.branch
    }


def note(project: Project, survey: Survey) -> None:
    """Store what was seen of each eligible issue: once per text, so that waiting can be told from its first sight."""
    known = {head.subject: head for head in project.store.heads("task", repo=project.repo)}
    fresh = [choice for choice in survey.choices if choice.task and not _is_known(known.get(choice.task.id), choice)]
    project.store.append([_seen(choice) for choice in fresh])


def _is_known(head: Head | None, choice: Choice) -> bool:
    return head is not None and choice.task is not None and head.pin == choice.task.pin and bool(head.since)


def _seen(choice: Choice) -> Event:
    assert choice.task is not None  # noqa: S101 - only eligible choices are noted
    task = choice.task
    data = {
        "title": one_line(task.title, 300),
        "priority": int(task.priority),
        "lane": task.lane,
        "mission": task.mission,
        "agent": task.agent,
        "pin": task.pin,
        "eligible": True,
        "why": choice.why,
    }
    return Event(kind="task.seen", subject=task.id, repo=task.repo, data=data, key=f"seen/{task.id}/{task.pin}")
