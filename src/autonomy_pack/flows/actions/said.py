"""What a lease says while its change is on its way to people: where it lies, and what the run job claimed of it.

It is a pointer, no proof: everybody who may write the repository may write it. Whoever goes on from it reads all else
anew and judges the commit again (see `resuming`), so it holds no words that would be shown to anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import PackError
from autonomy_pack.flows.actions import plans, shapes
from autonomy_pack.model import CheckResult, Leg, Result, value
from autonomy_pack.policy import agent_pull, names

# A state of a lease holds 64 KiB, its other words included.
LARGEST = 56 * 1024
_CHECK = ("name", "exit", "seconds", "head", "log_sha256")
_CLAIMED = ("head", "bundle_sha256", "sandbox", "seconds", "usd", "tokens")


@value
class Said:
    """`pushed` is the commit that was pushed, as the leg's branch or (`waits`) as what a person has to decide on;
    `judged` is another one only where GitHub signed it. `run_id` is the run of the workflow whose run job made it,
    `claimed` what that job said, its checks the ones that were wanted, without what they run."""

    leg: Leg
    run: str
    run_id: int
    pushed: str
    judged: str
    policy_sha256: str
    claimed: Result
    waits: bool = False


def to_json(said: Said) -> dict[str, Any]:
    """As the lease keeps it. Checks that have no room are left out all together: half of them would tell a lie."""
    claimed = {name: getattr(said.claimed, name) for name in _CLAIMED}
    checks = [{name: getattr(one, name) for name in _CHECK} for one in said.claimed.checks]
    data = {
        "version": 2,
        "leg": plans.leg_json(said.leg),
        "run": said.run,
        "run_id": said.run_id,
        "pushed": said.pushed,
        "judged": said.judged,
        "policy_sha256": said.policy_sha256,
        "waits": said.waits,
        "claimed": {**claimed, "checks": checks},
    }
    if len(json.dumps(data, ensure_ascii=True)) > LARGEST:
        data["claimed"] = {**claimed, "checks": []}
    return data


def of_json(data: Mapping[str, Any], key: str) -> Said | None:
    """What the lease `key` says; None when it says nothing of a change of its own task, in exactly our words."""
    if not data:
        return None
    try:
        shapes.need("said", data)
        leg = plans.leg_of(data["leg"])
    except PackError:
        return None
    if not _is_of(key, leg, data["run"]):
        return None
    fields = {name: data[name] for name in ("run", "run_id", "pushed", "judged", "policy_sha256", "waits")}
    return Said(leg=leg, claimed=_claimed(leg, data["claimed"]), **fields)


def _is_of(key: str, leg: Leg, run: str) -> bool:
    """Whether leg, run and lease are about the same task, and the branch is the one that such a task gets."""
    branch = agent_pull.named(leg.branch)
    task = names.task_of_claim(key)
    mine = (key, names.issue_of(task)) == (f"task:{task}@{leg.event}", leg.number)
    return mine and names.claim_of_run(run) == key and branch is not None and _is_branch(branch, leg)


def _is_branch(branch: agent_pull.Named, leg: Leg) -> bool:
    """Whether a leg's branch is of its issue and label event; who mends may be another agent than who made it."""
    named = (branch.issue, branch.attempt) == (leg.issue, names.attempt8_of(leg.issue, leg.event))
    return named and (bool(leg.pull) or branch.agent == leg.agent)


def _claimed(leg: Leg, data: Mapping[str, Any]) -> Result:
    checks = tuple(CheckResult(argv=(), **one) for one in data["checks"])
    return Result(
        version=1,
        issue=leg.issue,
        event=leg.event,
        attempt=leg.attempt,
        outcome="produced",
        why="",
        base=leg.base,
        tree="",
        agent=leg.agent,
        **{**{name: data[name] for name in _CLAIMED}, "checks": checks},
    )


def action_sha256(said: Said) -> str:
    """The hash that a decision about this change binds to: of the commit as the run job made it."""
    return names.action_sha256(
        kind="handoff",
        repo=names.task_of_run(said.run).partition("#")[0],
        task=names.task_of_run(said.run),
        base=said.leg.base,
        head=said.claimed.head,
        branch=said.leg.branch,
        policy_sha256=said.policy_sha256,
    )
