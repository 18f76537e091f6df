"""Whether an attempt may still be published: every fact it rests on is read anew from GitHub, in one order."""

from __future__ import annotations

from collections.abc import Mapping

from autonomy_pack.edges.github import GitHub, Look
from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.flows import repair
from autonomy_pack.flows.actions import governing, grounds
from autonomy_pack.flows.actions.grounds import Stale
from autonomy_pack.flows.actions.means import Known, Means
from autonomy_pack.model import HOLD_LABEL, Config, Issue, Leg, Pull
from autonomy_pack.policy import choose, trusted


def admit(means: Means, leg: Leg) -> Known:
    """What is known of the leg now. Stale when anything it was planned by is not so any more; Stopped under a stop.

    The order is that of the threat model: stop, issue, who labelled it, its text, the base and what governs.
    """
    means.heed(leg.number)
    issue, look = facts(means.github, leg)
    labels = need_pull(means.github, leg).labels if leg.pull else issue.labels
    means.remote.fetch(leg.base, depth=1)
    if leg.pull:
        need_commits(means.remote, leg)
    ground = grounds.ground(means.remote.git_dir, leg)
    return Known(
        task=grounds.task_of(issue, leg, means.workflow_run.repo, ground.config),
        config=ground.config,
        mission=ground.mission,
        labels=labels,
        branch=look.default_branch,
        head=look.head,
    )


def facts(github: GitHub, leg: Leg) -> tuple[Issue, Look]:
    """The issue and the repository as they are now. Stale when anything the leg was planned by is not so any more."""
    issue = grounds.need_issue(github.issue(leg.issue), leg)
    look = github.look()
    _need_trust(github, issue, look.files)
    grounds.need_text(issue, leg)
    _need_one_pull(github, issue, leg)
    if not github.is_ancestor(leg.base, look.head):
        raise Stale(f"{look.default_branch} no longer contains {leg.base[:7]}, which the change was made from")
    _need_policy(leg, look)
    return issue, look


def need_pull(github: GitHub, leg: Leg) -> Pull:
    """The pull request that the leg mends. Stale when it is closed, comes from elsewhere, or people hold it."""
    pull = github.pull(int(leg.pull))
    if pull is None or pull.state != "open":
        raise Stale(f"pull request #{leg.pull} is not open any more")
    if not pull.same_repository or pull.branch != leg.branch:
        raise Stale(f"pull request #{leg.pull} is not of {leg.branch}")
    if HOLD_LABEL in map(str.casefold, pull.labels):
        raise Stale(f"pull request #{leg.pull} has the label {HOLD_LABEL}")
    return pull


def need_commits(remote: Remote, leg: Leg) -> None:
    """Bring the commits that the leg goes on from; Stale unless they are ours, and are made on the leg's base."""
    remote.fetch(leg.tip, depth=repair.MOST_COMMITS + 1)
    try:
        base = repair.base_of(remote.git_dir, leg.tip)
    except UsageError as error:
        raise Stale(error.says) from error
    if base != leg.base:
        raise Stale(f"branch {leg.branch} is not made from {leg.base[:7]}")


def _need_one_pull(github: GitHub, issue: Issue, leg: Leg) -> None:
    """Stale when the issue has a pull request already, open or said to be made, that is not of this leg's branch.

    One from a fork holds nothing up: anybody at all could open it.
    """
    for pull in issue.pulls:
        if pull.state == "open" and pull.same_repository and pull.branch != leg.branch:
            raise Stale(f"pull request #{pull.number} is open for issue {leg.issue}; two are one too many")
    if choose.MADE_LABEL in map(str.casefold, issue.labels) and not github.pulls(leg.branch):
        raise Stale(f"issue {leg.issue} has the label {choose.MADE_LABEL}, but not from us")


def _need_policy(leg: Leg, look: Look) -> None:
    governs = {path: text for path, text in look.files.items() if governing.governs(path)}
    if governing.policy_sha256(governs) != leg.policy_sha256:
        raise Stale(f"what governs changed on {look.default_branch} since the plan was made")


def _need_trust(github: GitHub, issue: Issue, files: Mapping[str, str]) -> None:
    """Whoever set the labels that steer may write now, not only when they were set."""
    steering = set(trusted.steering(issue.labels))
    who = {(one.actor_id, one.actor) for one in issue.labelings or () if one.label in steering and one.actor_id}
    permissions = {str(number): github.permission_of(number, login) for number, login in sorted(who)}
    if why := trusted.why_not(issue, permissions, _config(files).apps):
        raise Stale(why)


def _config(files: Mapping[str, str]) -> Config:
    """The configuration as it is now; one that cannot be read lets no App speak for people."""
    try:
        return governing.config_of(files)
    except PackError:
        return Config()
