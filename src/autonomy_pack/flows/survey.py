"""Looking at every issue once: read them all, choose, and note what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError
from autonomy_pack.flows import budget, install_agent, models, trust
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Choice, Event, Finding, Head, Issue, Mission, Outcome, Task, value
from autonomy_pack.policy import budget as limits
from autonomy_pack.policy import choose, hindered, names, trusted
from autonomy_pack.policy.budget import NOTHING, Asked
from autonomy_pack.store.conditions import HeadUnmoved

_CONFIRMED = 20


@value
class Survey:
    """Every open issue with its why, the files that could not be read, the missions that were asked for, and the
    heads that choosing saw.
    """

    choices: tuple[Choice, ...]
    broken: tuple[Finding, ...]
    missions: Mapping[str, Mission | str]
    heads: Mapping[str, Head]


def look(project: Project, *, box: Box, agent: str | None = None, asked: Asked = NOTHING) -> Survey:
    """Read every issue and choose, for work in that box; `agent` and `asked` are a person's word for all issues."""
    issues, broken = project.forge.issues()
    heads = {head.subject: head for head in project.store.heads("task")}
    missions = {name: _mission(project, name) for name in _named(issues, project.config.mission)}
    facts = choose.Facts(
        repo=project.repo,
        config=project.config,
        missions=missions,
        agents=tuple(AGENTS),
        why_no_programs=_why_no_programs(project, box),
        heads=heads,
        decisions={head.run: head for head in project.store.heads("decision")},
        handoffs=_handoffs(project),
        now=project.store.now(),
        agent=agent,
        permissions=_permissions(project, issues),
        only_open=any(issue.labelings is not None for issue in issues),
        models={name: why_no_model(name) for name, unit in AGENTS.items() if unit.protocol},
        budgets=budget.heads_of(
            project.store, project.config, (choose.task_id(project.repo, one.id) for one in issues)
        ),
        least=lambda agent, mission: models.least(agent, mission, project.config),
        bounds=budget.bounds_before(project.store, heads),
        asked=asked,
        hindered=hindered_today(project, heads),
    )
    confirmed = _confirmed(project, issues, facts)
    choices = tuple(_unless_branch_is_there(project, choice) for choice in confirmed)
    return Survey(choices=choices, broken=tuple(broken), missions=missions, heads=heads)


def why_no_money(project: Project, task: Task, mission: Mission, asked: Asked) -> str:
    """Why no run of it can call its model by now, "" when one can: other runs spend from the same budgets."""
    if not AGENTS[task.agent].protocol:
        return ""
    limited = limits.limited(mission, project.config, asked)
    ceilings = limits.ceilings(project.config, limited.limits, "", task.id, project.store.now())
    return budget.why_no_call(project.store, ceilings, models.least(task.agent, limited, project.config))


def without(survey: Survey, task: Task, why: str) -> Survey:
    """The survey with that task no longer eligible, and why."""
    left = [replace(one, eligible=False, why=why, task=None) if one.id == task.issue else one for one in survey.choices]
    return replace(survey, choices=tuple(left))


def _permissions(project: Project, issues: Sequence[Issue]) -> dict[str, str] | None:
    """What everybody who set a steering label may do now; None where nobody is known to have set one."""
    if all(issue.labelings is None for issue in issues):
        return None
    return {str(number): project.forge.permission_of(number, login) for number, login in trusted.actors(issues)}


def _confirmed(project: Project, issues: Sequence[Issue], facts: choose.Facts) -> Iterator[Choice]:
    """The choices, where the forge has actors judged once more by the label events themselves; only the first can be
    worked on soon, so only they cost a request each."""
    read = {issue.id: issue for issue in issues}
    for number, choice in enumerate(choose.choose(issues, facts)):
        if choice.task is None or read[choice.id].labelings is None:
            yield choice
        elif number >= _CONFIRMED:
            yield replace(choice, eligible=False, why=f"eligible; {_CONFIRMED} are before it", task=None)
        else:
            yield _again(project, read[choice.id], choice, facts)


def _again(project: Project, issue: Issue, choice: Choice, facts: choose.Facts) -> Choice:
    """The choice by the label events themselves, on the first of which the claim is keyed."""
    confirmed = project.forge.confirmed(issue)
    if confirmed is None:
        return replace(choice, eligible=False, why="it is gone, or was moved to another repository", task=None)
    again = choose.choose([confirmed], facts)[0]
    if again.task and not again.task.event:
        return replace(again, eligible=False, why="not trusted: its label has no event; relabel it", task=None)
    return again


def _unless_branch_is_there(project: Project, choice: Choice) -> Choice:
    """Not eligible while a branch has the name its handoff would get: better told before the work than after."""
    if choice.task is None:
        return choice
    branch = names.branch(choice.task, choice.task.agent)
    if project.forge.handoff_state(branch, "", project.base.commit) == "deleted":
        return choice
    why = f"branch {branch} is there already; merge it, or drop it (`git branch -D`)"
    return replace(choice, eligible=False, why=why, task=None)


def _named(issues: Sequence[Issue], default: str | None) -> set[str]:
    named = {name for issue in issues if issue.state == "open" for name in choose.family(issue.labels, "mission")}
    return named | ({default} if default else set())


def _mission(project: Project, name: str) -> Mission | str:
    """The mission of that name, or what is wrong with it."""
    try:
        return configuration.find_mission(name, project.missions, checks=[one.name for one in project.config.checks])
    except PackError as error:
        return one_line(error.says, 300)


def _why_no_programs(project: Project, box: Box) -> str:
    if not trust.may_run_programs(project.place):
        return "this repository is not trusted; `autonomy trust`"
    return f"they need a sandbox: {box.missing}" if box.level == "L0" else ""


def need_agent(agent: str) -> None:
    """UsageError when that agent cannot work on this machine: no key for its models, or its program is not there."""
    models.need(AGENTS[agent])
    install_agent.folder_of(agent)


def why_no_model(agent: str) -> str:
    """Why that agent cannot work on this machine, with the next step; "" when it can."""
    try:
        need_agent(agent)
    except PackError as error:
        return f"{error.says}. {error.fix}"
    return ""


def hindered_today(project: Project, heads: Mapping[str, Head]) -> dict[str, int]:
    """Task → how many of its runs ended today by the fault of a setting or a service, since its text changed or it was
    reset; of those whose last one did.
    """
    today, found = project.store.now()[:10], {}
    for head in heads.values():
        if head.status in (Outcome.STALE, Outcome.RATE_LIMITED) and head.at >= today:
            told = project.store.events(
                subject=head.subject, kinds=["run.finished", "task.seen", "task.reset"], since=today
            )
            found[head.subject] = _since_anew(told)
    return found


def _since_anew(told: Iterable[Event]) -> int:
    count = 0
    for event in told:
        count = count + hindered.is_hindered(event.data) if event.kind == "run.finished" else 0
    return count


def _handoffs(project: Project) -> dict[str, str]:
    handed_off = project.store.heads("task", status=[Outcome.HANDED_OFF])
    return {
        names.issue_of(head.subject): project.forge.handoff_state(head.branch, head.commit, project.base.commit)
        for head in handed_off
        if head.branch
    }


def note(project: Project, survey: Survey) -> dict[str, int]:
    """Store the first sight of each eligible issue's text; for each task that nobody moved since: its head's seq.

    A claim that is bound to that seq cannot take a task which another session finished in between.
    """
    seqs: dict[str, int] = {}
    for task in (choice.task for choice in survey.choices if choice.task):
        head = survey.heads.get(task.id)
        if not _is_noted(head, task):
            seq = head.seq if head else 0
            project.store.append([_seen(task, seq)], only_if=HeadUnmoved(subject=task.id, seq=seq))
            # Another session that began at the same time may have noted the same: then nobody has moved it either.
            head = project.store.head(task.id)
            head = head if head and head.kind == "task.seen" else None
        if head and _is_noted(head, task):
            seqs[task.id] = head.seq
    return seqs


def _is_noted(head: Head | None, task: Task) -> bool:
    return head is not None and head.pin == task.pin and bool(head.since)


def seen_data(task: Task) -> dict[str, object]:
    """What task.seen tells of an eligible task."""
    return {
        "title": one_line(task.title, 300),
        "priority": int(task.priority),
        "lane": task.lane,
        "mission": task.mission,
        "agent": task.agent,
        "pin": task.pin,
        "eligible": True,
        "why": "eligible",
    }


def _seen(task: Task, after: int) -> Event:
    # A text that comes back after another one is seen anew, so the key says after what it was seen.
    key = f"seen/{task.id}/{task.pin}/{after}"
    return Event(kind="task.seen", subject=task.id, data=seen_data(task), key=key)
