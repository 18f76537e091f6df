"""Which issues may be worked on, in which order, and why each other one may not. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from autonomy_pack.model import (
    HOLD_LABEL,
    STOP_LABEL,
    Choice,
    Config,
    Head,
    Issue,
    Mission,
    Priority,
    Pull,
    Task,
    value,
)
from autonomy_pack.policy import budget, inputs, issue_text, names, standing, trusted
from autonomy_pack.policy.budget import ANY_CALL, Asked, Least

# Says on the forge that a pull request was made of the issue; a person takes it off for another round.
MADE_LABEL = "status:pr-created"
AGEING_DAYS = 7
# Of an attempt that counts and of those that do not (stale, rate limited, stopped), so many may be begun.
CLAIMS_PER_ATTEMPT = 3


@value
class Facts:
    """What choosing judges by, besides the issues themselves.

    `missions`: name → the mission, or what is wrong with it. `heads`: task id → head. `decisions`: run → the head of
    its decision.
    `why_no_programs`: why nothing may run a program here, "" when it may. `agent`: a person's word for all issues.
    `handoffs`: issue id → open, merged, moved, deleted or "". `now`: store time.
    `permissions`: see policy.trusted; None where the forge has no actors. `only_open`: the closed issues were not read.
    `models`: each agent that calls a model → why it can call none here, "" when it can. `budgets`: scope → head.
    `least`: of an agent and a mission as it is limited, what a run's first call sets aside at least.
    `hindered`: a task → how many of its runs a setting or a service ended today, where it ended the last.
    `bounds`: a run that ended over budget → what bounded its spending. `asked`: a person's word of what runs may spend.
    """

    repo: str
    config: Config
    missions: Mapping[str, Mission | str]
    agents: Sequence[str]
    why_no_programs: str
    heads: Mapping[str, Head]
    decisions: Mapping[str, Head]
    handoffs: Mapping[str, str]
    now: str
    agent: str | None = None
    permissions: Mapping[str, str] | None = None
    only_open: bool = False
    models: Mapping[str, str] = field(default_factory=dict)
    budgets: Mapping[str, Head] = field(default_factory=dict)
    least: Callable[[str, Mission], Least] = lambda _agent, _mission: ANY_CALL
    bounds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    asked: Asked = Asked()
    hindered: Mapping[str, int] = field(default_factory=dict)


class _NotEligible(Exception):
    """Carries the one-line why."""


def task_id(repo: str, issue: str) -> str:
    """REPO#ID; the local repository is "."."""
    return f"{repo}#{issue}"


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which 9 comes before 10."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text))


def family(labels: Iterable[str], prefix: str) -> list[str]:
    """The labels of one family, without its prefix: `priority:high` is in the family `priority`; exact, any case."""
    return [label[len(prefix) + 1 :].strip() for label in labels if label.casefold().startswith(f"{prefix}:")]


def choose(issues: Sequence[Issue], facts: Facts) -> list[Choice]:
    """Every open issue: first the eligible ones in the order they should be worked on, then the others by id.

    All issues are judged before any is dropped; beyond `queue_capacity` an eligible issue waits outside the queue.
    """
    states = {issue.id: issue.state for issue in issues}
    judged = [_judge(issue, states, facts) for issue in issues if issue.state == "open"]
    eligible = sorted((choice for choice in judged if choice.eligible), key=lambda choice: _order(choice, facts))
    others = sorted((choice for choice in judged if not choice.eligible), key=lambda choice: natural(choice.id))
    capacity = facts.config.queue_capacity
    return eligible[:capacity] + [_outside_queue(choice, capacity) for choice in eligible[capacity:]] + others


def _outside_queue(choice: Choice, capacity: int) -> Choice:
    why = f"queue full: {capacity} issues are before it (queue_capacity)"
    return replace(choice, eligible=False, why=why, task=None)


def _order(choice: Choice, facts: Facts) -> tuple[object, ...]:
    assert choice.task is not None  # noqa: S101 - only eligible choices are sorted
    lane = facts.config.lanes[choice.task.lane]
    return effective_priority(choice.task, facts), lane.priority, choice.task.created, natural(choice.id)


def effective_priority(task: Task, facts: Facts) -> int:
    """The label's priority, one level higher for each 7 days since it was first seen as eligible."""
    head = facts.heads.get(task.id)
    if head is None or not head.since or head.pin != task.pin:
        return int(task.priority)
    waited = datetime.fromisoformat(facts.now) - datetime.fromisoformat(head.since)
    return max(0, task.priority - waited.days // AGEING_DAYS)


def most_claims(config: Config) -> int:
    """How often one labelling may be claimed, whatever the outcomes."""
    return CLAIMS_PER_ATTEMPT * config.attempts


def why_no_claims_left(claims: int, config: Config) -> str:
    """Why one labelling that was claimed so often may not be claimed again; "" when it may."""
    most = most_claims(config)
    why = f"claimed {claims} times, and {most} is the most for one labelling; set the priority label anew"
    return why if claims >= most else ""


def is_spent(task: str, facts: Facts) -> bool:
    """Whether the last run of a task was the last that its labelling allowed. It may have been labelled anew since."""
    head = facts.heads.get(task)
    return head is not None and names.fence_of_run(head.run) >= most_claims(facts.config)


def reconsider(issue: Issue, facts: Facts) -> Choice:
    """What its labels, events and history say of one issue, its text unread: for a process that holds a token.

    The task of an eligible one has no acceptance criteria and no fields.
    """
    if issue.state != "open":
        return _refused(issue, facts, "it is not open any more")
    return _judge(issue, None, facts)


def _refused(issue: Issue, facts: Facts, why: str) -> Choice:
    return replace(_as_labelled(issue, facts), why=why)


def _as_labelled(issue: Issue, facts: Facts) -> Choice:
    """What the labels ask for; not judged yet."""
    priority = priority_of(issue.labels)
    return Choice(
        id=issue.id,
        title=issue.title,
        priority=priority,
        lane=None if priority is None else lane_of(issue.labels),
        agent=_agent(issue, facts),
        mission=_mission(issue, facts),
        eligible=False,
        why="",
    )


def _judge(issue: Issue, states: Mapping[str, str] | None, facts: Facts) -> Choice:
    """Without the states of the issues it may depend on, its text is left unread."""
    choice = _as_labelled(issue, facts)
    try:
        _need_labels(issue, facts)
        if states is not None:
            _need_text(issue)
        mission = _need_mission(choice.mission, facts)
        choice = replace(choice, agent=_agent_of(mission, issue, facts))
        if states is not None:
            _need_inputs(mission, issue)
            _need_dependencies(issue, states, facts)
        agent = _need_agent(mission, issue, facts)
        task = task_of(issue, agent, facts, read=states is not None)
        _need_no_pull(issue, facts)
        _need_claims_left(facts.heads.get(task.id), task, facts)
        _need_tries(facts.heads.get(task.id), task, facts)
        _need_free(facts.heads.get(task.id), task.pin, _handoff(issue, facts), facts)
        _need_money(mission, task, facts)
        _need_trust(issue, facts)
    except _NotEligible as refusal:
        return replace(choice, why=str(refusal))
    return replace(choice, agent=task.agent, eligible=True, why="eligible", task=task)


def task_of(issue: Issue, agent: str, facts: Facts, *, read: bool = True) -> Task:
    """The issue as a task; only of issues whose labels were found in order. `read`: its text too."""
    return Task(
        id=task_id(facts.repo, issue.id),
        repo=facts.repo,
        issue=issue.id,
        title=issue.title,
        body=issue.body,
        labels=issue.labels,
        priority=priority_of(issue.labels) or Priority.CRITICAL,
        lane=lane_of(issue.labels),
        mission=_mission(issue, facts) or "",
        agent=agent,
        acceptance=issue_text.acceptance(issue.body) if read else (),
        fields=issue_text.fields(issue.body) if read else {},
        pin=text_pin(issue),
        created=issue.created,
        url=issue.url,
        event=trusted.event_of(issue, _priority_label(issue.labels)),
        node=issue.node,
        labelled=trusted.labelled_at(issue, _priority_label(issue.labels)),
    )


def text_pin(issue: Issue) -> str:
    """sha256 of what a person agreed to: title, body, priority and mission labels (we write other labels ourselves)."""
    steering = sorted(label for label in issue.labels if label.casefold().startswith(("priority:", "mission:")))
    return hashlib.sha256(json.dumps([issue.title, issue.body, steering], ensure_ascii=True).encode()).hexdigest()


def priority_of(labels: Sequence[str]) -> Priority | None:
    known = [Priority[word.upper()] for word in family(labels, "priority") if word.upper() in Priority.__members__]
    return min(known) if known else None


def _priority_label(labels: Sequence[str]) -> str:
    """The label that made the issue eligible: its highest priority."""
    return next(
        label for label in labels if family([label], "priority") and priority_of([label]) == priority_of(labels)
    )


def _mission(issue: Issue, facts: Facts) -> str | None:
    names = family(issue.labels, "mission")
    return names[0] if names else facts.config.mission


def _agent(issue: Issue, facts: Facts) -> str | None:
    return facts.agent or next(iter(family(trusted.steering(issue.labels), "agent")), None)


def lane_of(labels: Sequence[str]) -> str:
    """The lane that the labels name, or the default one."""
    return next(iter(family(labels, "lane")), "default")


def _need_labels(issue: Issue, facts: Facts) -> None:
    labels = {label.casefold() for label in issue.labels}
    words = family(issue.labels, "priority")
    if not words:
        here = f"; labels here: {', '.join(issue.labels)}" if issue.labels else ""
        raise _NotEligible(f"no priority label{here}")
    unknown = [word for word in words if word.upper() not in Priority.__members__]
    if unknown:
        known = ", ".join(map(str, Priority))
        raise _NotEligible(f"unknown label priority:{unknown[0]}; the priorities are {known}")
    if STOP_LABEL in labels:
        raise _NotEligible(f"stopped by label {STOP_LABEL}")
    if HOLD_LABEL in labels:
        raise _NotEligible(f"held by label {HOLD_LABEL}")
    for name in ("mission", "lane", "agent"):
        if len(set(family(trusted.steering(issue.labels), name))) > 1:
            raise _NotEligible(f"more than one {name} label; keep one")
    if lane_of(issue.labels) not in facts.config.lanes:
        raise _NotEligible(f"unknown lane {lane_of(issue.labels)}; the lanes are {', '.join(facts.config.lanes)}")


def _need_text(issue: Issue) -> None:
    if not issue_text.acceptance(issue.body):
        raise _NotEligible(issue_text.why_no_acceptance(issue.body))


def _need_inputs(mission: Mission, issue: Issue) -> None:
    for problem in inputs.problems(mission, issue_text.fields(issue.body), {}):
        raise _NotEligible(problem.says)


def _need_mission(name: str | None, facts: Facts) -> Mission:
    if name is None:
        raise _NotEligible("no mission label and no default mission in the configuration")
    mission = facts.missions.get(name, f"no mission named {name}; `autonomy mission list` shows them")
    if isinstance(mission, str):
        raise _NotEligible(mission)
    if mission.returns:
        raise _NotEligible(f"mission {name} returns a {mission.returns} and changes nothing; it has its own command")
    return mission


def _agent_of(mission: Mission, issue: Issue, facts: Facts) -> str:
    """A person's word, else the issue's label, else the mission's agent, else the configuration's."""
    return _agent(issue, facts) or mission.agent or facts.config.agent


def _need_agent(mission: Mission, issue: Issue, facts: Facts) -> str:
    agent = _agent_of(mission, issue, facts)
    if agent not in facts.agents:
        raise _NotEligible(f"unknown agent {agent}; the agents are {', '.join(facts.agents)}")
    if agent == "planner" and not mission.steps:
        raise _NotEligible(f"mission {mission.name} has no steps for the planner; label another agent")
    if facts.why_no_programs and _runs_programs(mission, agent, facts.config):
        raise _NotEligible(f"mission {mission.name} or its checks run programs, and {facts.why_no_programs}")
    return agent


def _runs_programs(mission: Mission, agent: str, config: Config) -> bool:
    """Only the planner's own steps are no programs; `run` steps, checks and every other agent are."""
    steps = agent != "planner" or any(step.tool == "run" for step in mission.steps)
    return steps or bool(mission.checks or config.checks)


def _need_money(mission: Mission, task: Task, facts: Facts) -> None:
    """Where a model is asked: one can be asked here, and each budget holds the first call of a run."""
    if task.agent not in facts.models:
        return
    if why := facts.models[task.agent]:
        raise _NotEligible(f"agent {task.agent} cannot work here: {why}")
    mission = budget.limited(mission, facts.config, facts.asked)
    limits = mission.limits
    if not budget.may_ask_models(limits):
        why, step = budget.why_no_model(mission, facts.config, facts.asked)
        raise _NotEligible(f"agent {task.agent} asks a model, and {why}. {step}")
    ceilings = budget.ceilings(facts.config, limits, "", task.id, facts.now)
    if why := budget.why_no_call(ceilings, facts.budgets, facts.least(task.agent, mission)):
        raise _NotEligible(why)
    _need_more_than_before(facts.heads.get(task.id), task.pin, budget.bounds(limits, facts.config), facts)


def _need_more_than_before(head: Head | None, pin: str, bounds: Mapping[str, float], facts: Facts) -> None:
    """A run that met a budget is not begun again on the same day while no bound of its spending is higher: it is no
    attempt, so nothing else would end that."""
    why = standing.why_over_budget(head, pin, facts.now) if head else ""
    before = facts.bounds.get(head.run) if head else None
    if why and before and not budget.is_more(bounds, before):
        raise _NotEligible(why)


def _need_dependencies(issue: Issue, states: Mapping[str, str], facts: Facts) -> None:
    for other in issue.depends_on:
        if other not in states:
            if facts.only_open:
                continue
            raise _NotEligible(f"depends on {other}, which does not exist")
        if states[other] == "open":
            raise _NotEligible(f"depends on {other}, which is open")


def _need_no_pull(issue: Issue, facts: Facts) -> None:
    """No pull request is open for it: two for one issue are one too many. Nor was ours closed since it was labelled."""
    for pull in issue.pulls:
        if pull.state == "open" and _is_for(pull, issue) and _is_by_a_writer(pull, facts):
            raise _NotEligible(f"pull request {pull.number} is open for it")
    closed = _last_closed(issue)
    if closed and not _is_asked_anew(issue, closed):
        raise _NotEligible(f"pull request {closed.number} was closed; set the priority label anew to try again")
    if not closed and _has_actors(issue, facts) and MADE_LABEL in {label.casefold() for label in issue.labels}:
        raise _NotEligible(f"a pull request was made of it; for another round remove the label {MADE_LABEL}")


def _is_for(pull: Pull, issue: Issue) -> bool:
    """It would close the issue, or is of ours; anybody may mention any issue."""
    return pull.closes or names.is_branch_of(pull.branch, issue.id)


def _is_by_a_writer(pull: Pull, facts: Facts) -> bool:
    """Strangers say in forks that they fix anything: that stops nobody. An author nobody asked about is a stranger."""
    permissions = facts.permissions or {}
    return pull.same_repository or permissions.get(str(pull.author_id), "none") in trusted.WRITERS


def _last_closed(issue: Issue) -> Pull | None:
    """The pull request of ours for it that a person closed last, unmerged."""
    ours = [pull for pull in issue.pulls if pull.same_repository and names.is_branch_of(pull.branch, issue.id)]
    closed = [pull for pull in ours if pull.state == "closed" and not pull.merged]
    return max(closed, key=lambda pull: (pull.closed, pull.number), default=None)


def _is_asked_anew(issue: Issue, closed: Pull) -> bool:
    return trusted.is_set_after(issue, _priority_label(issue.labels), closed.closed)


def _handoff(issue: Issue, facts: Facts) -> str:
    """What became of its handoff; nothing that counts once it was closed and the issue labelled anew."""
    closed = _last_closed(issue)
    return "anew" if closed and _is_asked_anew(issue, closed) else facts.handoffs.get(issue.id, "")


def _need_claims_left(head: Head | None, task: Task, facts: Facts) -> None:
    """Outcomes that are no attempt (stale, rate limited, stopped) can be provoked by others: claims have an end too."""
    same = head and task.event and names.claim_of_run(head.run) == names.claim_key(task)
    if head and same and (why := why_no_claims_left(names.fence_of_run(head.run), facts.config)):
        raise _NotEligible(why)


def _need_tries(head: Head | None, task: Task, facts: Facts) -> None:
    """The same end where no label event keys the claims: what uses up no attempt is tried so often a day."""
    tried = facts.hindered.get(task.id, 0)
    if head and tried >= most_claims(facts.config):
        raise _NotEligible(f"begun {tried} times today; tomorrow (UTC), or after `autonomy task reset`: {head.why}")


def _need_trust(issue: Issue, facts: Facts) -> None:
    if _has_actors(issue, facts) and (why := trusted.why_not(issue, facts.permissions or {}, facts.config.apps)):
        raise _NotEligible(f"not trusted: {why}")


def _has_actors(issue: Issue, facts: Facts) -> bool:
    """Either sign of a forge with actors is enough, so that a missing one never means trust."""
    return issue.labelings is not None or facts.permissions is not None


def _need_free(head: Head | None, pin: str, handoff: str, facts: Facts) -> None:
    decision = facts.decisions.get(head.run) if head else None
    if head and (why := standing.why_held(head, pin, handoff, decision, facts.config.attempts)):
        raise _NotEligible(why)
