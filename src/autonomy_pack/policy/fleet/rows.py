"""One row for every repository of a fleet: what is done with it and why, or why nothing is. Pure."""

from __future__ import annotations

from enum import StrEnum

from autonomy_pack.model import value
from autonomy_pack.policy.fleet.steps import YOURS, Act, Step
from autonomy_pack.targets import BRANCH, Proposal, Target

OPTED_OUT = "autonomy-opt-out"
"""The topic of a repository that wants to be left alone."""
WORKFLOWS = ".github/workflows/"
LOCKFILE = f"{WORKFLOWS}actions.lock"
"""GitHub's lock file of what workflows call: one that it names must change together with it."""
_LOCKED = (
    f"{LOCKFILE} is there: bring it up to date in the same commit by `gh actions-lock`; --force proposes this alone"
)
_WRITES = ("admin", "maintain", "write", "")


class Reason(StrEnum):
    """Why a row is as it is: a closed set. The first two do something."""

    CHANGE = "change"
    DRAFT = "draft"
    FAILED = "failed"
    UP_TO_DATE = "up to date"
    PROPOSED = "proposed"
    DECLINED = "declined"
    TAKEN_OVER = "taken over"
    NOT_INSTALLED = "not installed"
    ARCHIVED = "archived"
    DISABLED = "disabled"
    FORK = "fork"
    EMPTY = "empty"
    NO_PERMISSION = "no permission"
    PROTECTED = "protected"
    LOCKED = "locked"
    POLICY_BLOCKED = "policy-blocked"
    OPTED_OUT = "opted out"
    OLDER_PACK = "older pack"
    UNREADABLE = "unreadable"
    RING = "later ring"
    HELD = "held"
    DONE_BEFORE = "done before"


@value
class Row:
    """One repository: the reason and the details in words, the steps of its plan; where the result is, whether done.

    `labels`: what is done with labels, whose names stand for paths.
    """

    name: str
    reason: Reason
    why: str
    steps: tuple[Step, ...] = ()
    plan: str = ""
    url: str = ""
    done: bool = False
    labels: tuple[Step, ...] = ()

    @property
    def pushes(self) -> bool:
        """Whether it asks for a commit."""
        return self.reason in (Reason.CHANGE, Reason.DRAFT) and any(step.changes for step in self.steps)

    @property
    def by_hand(self) -> tuple[Step, ...]:
        """What a person has to merge."""
        return tuple(step for step in self.steps if step.act is Act.CONFLICT)

    @property
    def kept(self) -> tuple[Step, ...]:
        """What is left as it is and has to be named: somebody else's under our names, edited, removed, unreadable."""
        return tuple(step for step in self.steps if step.act is Act.KEEP and step.why != YOURS)


def counted(number: int, noun: str) -> str:
    """A number of things, as people write it."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def refused(target: Target, *, forks: bool = False) -> Row | None:
    """Why nothing can be done with a repository whatever its files are; None when something can."""
    for reason, true, why in (
        (Reason.FAILED, target.untold, f"{target.unread} → Run the same command again."),
        (Reason.ARCHIVED, target.archived, "it is archived: nothing in it can be changed"),
        (Reason.DISABLED, target.disabled, "GitHub has disabled it"),
        (Reason.OPTED_OUT, OPTED_OUT in target.topics, f"it has the topic {OPTED_OUT}"),
        (Reason.FORK, target.fork and not forks, "it is a fork: --forks takes forks too"),
        (Reason.EMPTY, not target.head, "it has no commit yet"),
        (Reason.NO_PERMISSION, target.permission not in _WRITES, f"the token may only {target.permission}"),
        (Reason.UNREADABLE, bool(target.unread), target.unread),
    ):
        if true:
            return Row(name=target.name, reason=reason, why=why)
    return None


def judged(target: Target, steps: tuple[Step, ...], plan: str, *, direct: bool, again: bool = False) -> Row:
    """The row of a plan: a change, or why it need not, or must not, be made now.

    `plan` is the hash of the change; `again` proposes also what a person declined.
    """
    if not any(step.changes for step in steps):
        by_hand = [step for step in steps if step.act is Act.CONFLICT]
        why = f"{len(by_hand)} to merge by hand" if by_hand else "it is as it should be"
        return Row(name=target.name, reason=Reason.UP_TO_DATE, why=why, steps=steps)
    if (
        LOCKFILE in target.blobs
        and not again
        and any(step.changes and step.path.startswith(WORKFLOWS) for step in steps)
    ):
        return Row(name=target.name, reason=Reason.LOCKED, why=_LOCKED, steps=steps, plan=plan)
    if direct:
        return _directly(target, steps, plan)
    if target.branch == BRANCH:
        why = f"{BRANCH}, on which changes are proposed, is its default branch: --direct commits to it"
        return Row(name=target.name, reason=Reason.PROTECTED, why=why, steps=steps)
    standing = _standing(target, target.proposal, plan, again=again)
    if standing:
        reason, why = standing
        url = target.proposal.url if target.proposal else ""
        return Row(name=target.name, reason=reason, why=why, steps=steps, plan=plan, url=url)
    return _change(target, steps, plan)


def _standing(target: Target, proposal: Proposal | None, plan: str, *, again: bool) -> tuple[Reason, str] | None:
    """What already came of proposing. A branch of ours without a commit is what a write left that got no further."""
    if target.tip not in ("", target.head) and not target.plan:
        return Reason.TAKEN_OVER, "somebody committed to our branch: it is left to them"
    if proposal is None or proposal.state == "merged":
        return None
    if proposal.state == "closed":
        declined = target.plan == plan and not again
        return (Reason.DECLINED, f"#{proposal.number} was closed: --force proposes it again") if declined else None
    return (Reason.PROPOSED, f"#{proposal.number} proposes it") if target.plan == plan else None


def _directly(target: Target, steps: tuple[Step, ...], plan: str) -> Row:
    if target.rule and target.rule.needs_pull:
        why = f"{target.branch} takes changes by pull request only: leave --direct out"
        return Row(name=target.name, reason=Reason.PROTECTED, why=why, steps=steps)
    return _change(target, steps, plan)


def _change(target: Target, steps: tuple[Step, ...], plan: str) -> Row:
    by_hand = sum(step.act is Act.CONFLICT for step in steps)
    changes = sum(step.changes for step in steps)
    if by_hand:
        why = f"{counted(changes, 'file')}, and {by_hand} to merge by hand"
        return Row(name=target.name, reason=Reason.DRAFT, why=why, steps=steps, plan=plan)
    return Row(name=target.name, reason=Reason.CHANGE, why=counted(changes, "file"), steps=steps, plan=plan)
