"""Claiming what was chosen: read each again, judge it again, take its lease, put it into the plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped, UsageError, WorldError
from autonomy_pack.flows import budget, models
from autonomy_pack.flows import claim as claims
from autonomy_pack.flows.actions import digest, governing, halting, held, labels, outdated, plans
from autonomy_pack.flows.actions import facts as told
from autonomy_pack.flows.actions.choosing import Choices
from autonomy_pack.flows.actions.delivery import ASSIGNED
from autonomy_pack.flows.actions.facts import Facts
from autonomy_pack.flows.budget import Reservation
from autonomy_pack.model import Event, Issue, Lease, Leg, Limits, Mission, Plan, Task, WorkflowRun, value
from autonomy_pack.policy import budget as money
from autonomy_pack.policy import choose as policy
from autonomy_pack.policy import names, trusted
from autonomy_pack.store.conditions import WithinBudget
from autonomy_pack.store.gitrefs import GitRefs
from autonomy_pack.views import selection
from autonomy_pack.views.selection import Row

# How many candidates may fall out when they are read again before the run makes do with what it has.
_REFUSED = 20
_ENOUGH = "eligible; this run has enough to do"
_ZERO = "0" * 40
_MINUTES = 360
# A change that was pushed may be completed until its lease was taken so many times as often as work may begin.
_COMPLETIONS = 2
Choice = Mapping[str, Any]


@value
class Selected:
    """What was claimed: the plan, the step summary (Markdown), and what went wrong with single issues, a line each."""

    plan: Plan
    summary: str
    trouble: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Claiming:
    github: GitHub
    store: GitRefs
    workflow: WorkflowRun
    facts: Facts
    dry_run: bool
    legs: list[Leg] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    _branches: Collection[str] | None = None

    @cached_property
    def judged_by(self) -> policy.Facts:
        """What governs, as it was read: the default branch's own."""
        judged = told.judged_by(self.facts)
        return replace(
            judged,
            models={name: "" for name, unit in AGENTS.items() if unit.protocol},  # the `run` job has the keys
            least=lambda agent, mission: models.least(agent, mission, judged.config),
            bounds=budget.bounds_before(self.store, judged.heads),
        )

    def branches(self) -> Collection[str]:
        """The branches that are, or lie below, `agent`: git keeps no branch beside a folder of the same name."""
        # Not a cached_property: before Python 3.12 that holds one lock of all objects while it asks the remote.
        if self._branches is None:
            tips = self.store.remote.tips("refs/heads/agent", "refs/heads/agent/*")
            self._branches = [ref.removeprefix("refs/heads/") for ref in tips]
        return self._branches

    @property
    def room(self) -> int:
        """How many more legs there may be; none beside one that runs alone."""
        alone = any(leg.alone for leg in self.legs)
        return 0 if alone else max(self.facts["wanted"]["max_issues"] - len(self.legs), 0)

    def pass_by(self, issue: str, why: str) -> None:
        """Say why an issue is not worked on."""
        self.rows.append(Row(issue=issue, why=one_line(why)))

    def heed(self, issue: str = "") -> None:
        """Stopped under a stop; asked before every write."""
        halting.heed(self.github, self.workflow, issue)

    def plan(self, *more: Leg) -> Plan:
        """What was claimed so far."""
        legs = (*self.legs, *more)
        return Plan(repo=self.facts["repo"], run_id=self.workflow.run_id, run_attempt=self.workflow.attempt, legs=legs)


def claim(
    github: GitHub, store: GitRefs, workflow: WorkflowRun, facts: Facts, choices: Choices, *, dry_run: bool = False
) -> Selected:
    """Take the lease of each chosen issue that still stands when it is read again, and of what a dead run left.

    `dry_run` writes nothing; its plan says what would be claimed. Raises Stopped before a write under a stop (what was
    claimed falls to the next run, because this one will be over), UsageError when the issue that was asked for is not
    eligible. One issue's trouble drops that issue alone.
    """
    at = Claiming(github=github, store=store, workflow=workflow, facts=facts, dry_run=dry_run)
    if not facts["unchanged"]:
        resume(at, {issue["id"] for issue in facts["issues"]})
        _claim_new(at, _candidates(at, choices))
        _tell_no_more(at)
        _note_quiet(at, choices)
    rows = [*at.rows, *(Row(issue=one["id"], why=one["why"]) for one in choices["choices"] if not one["eligible"])]
    summary = selection.render(
        at.legs,
        rows,
        issues_url=f"{workflow.server_url}/{workflow.repo}/issues",
        unchanged=facts["unchanged"],
        left_out=facts["left_out"],
        dry_run=dry_run,
    )
    return Selected(plan=at.plan(), summary=summary, trouble=tuple(at.trouble))


def resume(at: Claiming, is_open: Collection[str]) -> None:
    """A pushed change whose run died before all of it was handed off becomes a leg that needs no `run` job; of the
    issues or pull requests with these numbers."""
    for lease in sorted(held.left_behind(at.store, at.github), key=_age):
        issue = names.issue_of(names.task_of_claim(lease.key))
        if issue not in is_open:
            continue
        try:
            why = _complete(at, lease, issue)
        except Stopped:
            raise
        except PackError as error:
            why = f"{error.says}. {error.fix}"
            at.trouble.append(one_line(f"issue {issue}: {why}", 400))
        if why and not any(row.issue == issue for row in at.rows):
            at.pass_by(issue, why)


def _age(lease: Lease) -> tuple[int, str]:
    """Oldest first: label events are numbered in order."""
    event = lease.key.rpartition("@")[2]
    return int(event) if event.isdecimal() and len(event) < 20 else 0, lease.key


def _complete(at: Claiming, lease: Lease, issue: str) -> str:
    """Why what a dead run pushed is left to a later run; "" when it is in the plan, or nothing is to be done.

    Leases may be forged by whoever may write: they get no more legs than issues do, and one for an issue.
    """
    leg = held.leg_of(at.store, lease)
    if leg is None:
        return ""
    if not at.room or any(one.number == issue for one in at.legs):
        return "a change of it was pushed and not handed off; a later run completes it"
    if lease.fence >= _COMPLETIONS * policy.most_claims(at.judged_by.config):
        return "completing what was pushed failed too often; close its branch, set the priority label anew"
    draft = replace(leg, resume=True, alone=False)
    plans.to_json(at.plan(draft))
    if at.dry_run:
        at.legs.append(draft)
        return ""
    at.heed(issue)
    if taken := _take(at, lease.key):
        at.legs.append(replace(draft, attempt=taken.fence, claim=at.store.state_of(lease.key)))
    return ""


def _candidates(at: Claiming, choices: Choices) -> list[Choice]:
    """The eligible choices in order, or the one that was asked for, unless it is being completed."""
    wanted = at.facts["wanted"]["issue"]
    resumed = {leg.issue for leg in at.legs}
    found = [one for one in choices["choices"] if one["eligible"] and wanted in (None, one["id"])]
    if wanted and not found and wanted not in resumed:
        why = next((one["why"] for one in choices["choices"] if one["id"] == wanted), "it is not open")
        raise UsageError(f"issue {wanted} is not eligible: {one_line(why)}", "Change what that names, then run again.")
    left = [one for one in found if one["id"] not in resumed]
    # What may have no claims left comes last: it must not be read again in place of what can be claimed.
    return sorted(left, key=lambda one: policy.is_spent(policy.task_id(at.facts["repo"], one["id"]), at.judged_by))


def _claim_new(at: Claiming, left: list[Choice]) -> None:
    """Read as many again as there is room for, and as many more as fell out."""
    tries = at.room + _REFUSED
    while left and at.room and tries > 0:
        some, left = left[: at.room], left[at.room :]
        tries -= len(some)
        fresh = {issue.id: issue for issue in at.github.fresh([one["id"] for one in some])}
        for choice in some:
            _try(at, choice, fresh.get(choice["id"]))
    for choice in left:
        at.pass_by(choice["id"], _ENOUGH)


def _try(at: Claiming, choice: Choice, issue: Issue | None) -> None:
    """Claim one, or say why not; its trouble is nobody else's."""
    if not at.room:
        at.pass_by(choice["id"], _ENOUGH)
        return
    try:
        issue = issue and at.github.with_events(issue)
        why = _consider(at, choice, issue) if issue else "it is gone, or was moved to another repository"
    except Stopped:
        raise
    except PackError as error:
        why = f"{error.says}. {error.fix}"
        at.trouble.append(one_line(f"issue {choice['id']}: {why}", 400))
    if why:
        at.pass_by(choice["id"], why)


def _consider(at: Claiming, choice: Choice, issue: Issue) -> str:
    """Why the issue is not taken; "" when it was."""
    task = _task(at, choice, issue)
    if isinstance(task, str):
        return task
    alone = at.github.permission_of(issue.author_id, issue.author) not in trusted.WRITERS
    if alone and at.legs:
        return "eligible; its author may not write here, so it waits for a run of its own"
    lane = at.judged_by.config.lanes[task.lane]
    if _in_lane(at, task.lane) >= lane.slots:
        return f"eligible; lane {task.lane} is full ({lane.slots} at work)"
    mission = at.judged_by.missions[task.mission]
    assert isinstance(mission, Mission)  # noqa: S101 - an eligible task has one
    if why := why_no_money(at, task, mission):
        return why
    draft = drafted(at, task, mission, alone=alone)
    if why := _why_over(at, names.claim_key(task), draft.branch) or _why_no_branch(at, draft.branch):
        return why
    plans.to_json(at.plan(draft))  # too large is told before anything is claimed
    if at.dry_run:
        at.legs.append(draft)
        return ""
    return claimed(at, names.claim_key(task), draft)


def _task(at: Claiming, choice: Choice, issue: Issue) -> Task | str:
    """The issue as a task by its labels and events as they are now, or why it is not what was chosen."""
    permissions = {str(number): at.github.permission_of(number, login) for number, login in trusted.actors([issue])}
    found = policy.reconsider(issue, replace(at.judged_by, permissions=permissions))
    task = found.task
    if task is None:
        return found.why
    if not task.event:
        return "not trusted: nobody knows which event made it eligible; relabel it"
    mine = (task.pin, int(task.priority), task.lane, task.agent, task.mission, names.slug(task.title))
    if mine != tuple(choice[name] for name in ("pin", "priority", "lane", "agent", "mission", "slug")):
        return "its text or labels changed while it was chosen"
    return task


def _in_lane(at: Claiming, lane: str) -> int:
    """How many tasks of a lane are being worked on, those of this plan included."""
    labels = {issue["id"]: issue["labels"] for issue in at.facts["issues"]}
    mine = {leg.issue for leg in at.legs}
    busy = {names.issue_of(names.task_of_claim(key)) for key in at.facts["held"]} - mine
    lanes = Counter(policy.lane_of(labels[issue]) for issue in busy if issue in labels)
    return lanes[lane] + sum(leg.lane == lane for leg in at.legs)


def _why_over(at: Claiming, key: str, branch: str) -> str:
    """Why nothing is begun under this labelling any more; one request where it was claimed before."""
    lease = at.store.lease(key)
    if lease is None:
        return ""
    closed = [pull for pull in at.github.pulls(branch) if pull.state == "closed"]
    if closed:
        return f"pull request {closed[0].number} was closed; set the priority label anew to try again"
    return policy.why_no_claims_left(lease.fence, at.judged_by.config)


def _why_no_branch(at: Claiming, branch: str) -> str:
    """Why the change could not be pushed as that branch: better told before the agent has worked than after."""
    for there in sorted(at.branches()):
        if branch.startswith(f"{there}/") or there.startswith(f"{branch}/"):
            return f"branch {there} is in the way of {branch}: delete or rename it"
    return ""


def drafted(at: Claiming, task: Task, mission: Mission, *, alone: bool) -> Leg:
    """The leg, without what only the lease can tell."""
    limits = _limits(at, mission, task)
    return Leg(
        issue=task.issue,
        node=task.node,
        event=task.event,
        pin=task.pin,
        base=at.facts["head"],
        branch=names.branch(task, task.agent),
        mission=mission.name,
        mission_sha256=mission.sha256,
        policy_sha256=governing.policy_sha256(at.facts["files"]),
        agent=task.agent,
        lane=task.lane,
        attempt=1,
        claim=_ZERO,
        minutes=min(max(math.ceil(mission.limits.minutes), 1), _MINUTES),
        usd=limits.usd,
        tokens=limits.tokens,
        alone=alone,
    )


def why_no_money(at: Claiming, task: Task, mission: Mission) -> str:
    """Which budget holds no call by now, what this plan's other legs set aside included."""
    if task.agent not in at.judged_by.models:
        return ""
    config = at.judged_by.config
    limited = money.limited(mission, config, money.NOTHING)
    ceilings = money.ceilings(config, limited.limits, "", task.id, at.facts["now"])
    return budget.why_no_call(at.store, ceilings, models.least(task.agent, limited, config))


def _limits(at: Claiming, mission: Mission, task: Task) -> Limits:
    """What the leg may spend at most: the mission's limits, as far as the budgets still hold them."""
    config = at.judged_by.config
    limits = money.limited(mission, config, money.NOTHING).limits
    if task.agent not in at.judged_by.models:
        return replace(limits, usd=0.0, tokens=0)
    ceilings = money.shared(config, task.id, at.facts["now"])
    left = money.left(ceilings, {one.scope: at.store.head(one.scope) for one in ceilings})
    return limits if left is None else replace(limits, usd=min(limits.usd or left, left))


def claimed(at: Claiming, key: str, draft: Leg) -> str:
    """Take the lease and say so on the issue or pull request; why not, "" when it was done.

    The lease is given back when that cannot be said.
    """
    # What is written by the API is asked about by the client itself, right before each request.
    at.github.calls.before_write = lambda: at.heed(draft.number)
    at.heed(draft.number)
    lease = _take(at, key, draft)
    if lease is None:
        return _why_not_taken(at, draft)
    try:
        at.github.label(draft.number, add=[ASSIGNED], table=labels.table())
    except Stopped:
        raise  # whose run is over holds nothing
    except PackError:
        at.heed()
        run = names.run_of_claim(key, lease.fence)
        task = names.task_of_claim(key)
        _, unspent = budget.settle_leg(at.store, at.judged_by.config, task, run, (0.0, 0))
        at.store.release(lease, events=unspent)
        raise
    at.legs.append(replace(draft, attempt=lease.fence, claim=at.store.state_of(key)))
    return ""


def _why_not_taken(at: Claiming, draft: Leg) -> str:
    """Why nothing was claimed: another run has it, or spent meanwhile what it needs."""
    task = policy.task_id(at.facts["repo"], draft.number)
    ceilings = money.shared(at.judged_by.config, task, at.facts["now"])
    heads = {one.scope: at.store.head(one.scope) for one in ceilings}
    why = money.why_over(ceilings, heads, draft.usd, draft.tokens) if draft.usd or draft.tokens else ""
    return f"budget used up: {why}" if why else "claimed by another run just now"


def _take(at: Claiming, key: str, draft: Leg | None = None) -> Lease | None:
    """The lease for this run of the workflow, whose end the API tells; None when somebody alive holds it.

    With it goes what is set aside for the draft's leg, in the same write; None also when a budget has not so much left.

    None also when somebody finished the task since the facts were read: a lease that is let go looks free.
    """
    made, fits = _reservation(at, key, draft) if draft else (None, None)

    def reserved(leases: tuple[Lease, ...]) -> list[Event]:
        run = names.run_of_claim(key, leases[0].fence)
        return [budget.reserved(made, names.task_of_claim(key), run)] if made else []

    taken = at.store.claim(
        [key],
        claims.workflow_holder(at.workflow),
        seconds=claims.WORKFLOW_SECONDS,
        dead=claims.workflow_is_dead(at.github.run_is_over),
        events=reserved,
        only_if=fits,
    )
    if taken and _finished_meanwhile(at, key):
        at.heed()
        at.store.release(taken[0])
        return None
    return taken[0] if taken else None


def _reservation(at: Claiming, key: str, draft: Leg) -> tuple[Reservation | None, WithinBudget | None]:
    """What is set aside for a leg; nothing for one whose agent asks no model."""
    if not draft.usd and not draft.tokens:
        return None, None
    ceilings = money.shared(at.judged_by.config, names.task_of_claim(key), at.facts["now"])
    scopes = tuple(one.scope for one in ceilings)
    made = Reservation(call=budget.LEG, scopes=scopes, usd=draft.usd, tokens=draft.tokens)
    return made, WithinBudget(ceilings=ceilings, usd=draft.usd, tokens=draft.tokens)


def _finished_meanwhile(at: Claiming, key: str) -> bool:
    """Whether the task's last run is another than the facts know: a run's end is stored with that of its lease."""
    task = names.task_of_claim(key)
    seen = next((head["run"] for head in at.facts["heads"] if head["subject"] == task), "")
    now = at.store.head(task)
    return now is not None and now.run not in ("", seen)


def _tell_no_more(at: Claiming) -> None:
    """Take off what tells of work that is over."""
    for number in [] if at.dry_run else outdated.still_assigned(at.facts["issues"], at.store.leases):
        at.heed(number)
        try:
            at.github.label(number, remove=[ASSIGNED])
        except WorldError as error:
            at.trouble.append(one_line(f"issue {number}: {error.says}", 400))


def _note_quiet(at: Claiming, choices: Choices) -> None:
    """Note that there was nothing to do and nothing to wait for, so that an unchanged repository is not read again."""
    facts = at.facts
    waiting = any(head["status"] in ("running", "waiting") for head in facts["heads"])
    busy = waiting or at.legs or at.rows or facts["held"] or facts["left_out"] or facts["wanted"]["issue"]
    if not busy and not at.dry_run and not any(one["eligible"] for one in choices["choices"]):
        at.heed()
        digest.write(at.store, facts["mark"], facts["now"])
