"""Whether a pull request may be mended: ours, untouched, and red of something that code can mend. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autonomy_pack.model import Event, Outcome, Pull
from autonomy_pack.policy import agent_pull, ci_failures
from autonomy_pack.policy.ci_failures import Failure, Kind

# These say nothing of the work itself, so they use up no attempt.
_FREE = frozenset({Outcome.STALE, Outcome.STOPPED, Outcome.OVER_BUDGET, Outcome.RATE_LIMITED})
_OURS = re.compile(r"^Autonomy-(?:Run|Repair): \S+$", re.MULTILINE)


def task_id(repo: str, pull: int) -> str:
    """The id of the task of mending a pull request; issues and pull requests share their numbers."""
    return f"{repo}#{pull}"


def why_not_ours(pull: Pull | None, intended: Iterable[Event]) -> str:
    """Why a pull request is none that we may push to; "" when it is. `intended` are the handoff.intended of the tasks
    that push to it, in order: only what we recorded ourselves counts, never what the pull request says. A push that
    was recorded and never came through leaves it at the commit before, which is ours as well.
    """
    if pull is None:
        return "there is no such pull request"
    if pull.state != "open":
        return "it is not open"
    if not pull.same_repository:
        return "it comes from a fork"
    if agent_pull.named(pull.branch) is None:
        return "its branch is not one of ours"
    pushed = [str(one.data["head"]) for one in intended if one.data["branch"] == pull.branch]
    if not pushed:
        return "nothing is recorded here of having made it"
    if pull.head not in pushed:
        return f"somebody pushed to it: it is at {pull.head[:7]}, we left it at {pushed[-1][:7]}"
    return ""


def is_ours(message: str) -> bool:
    """Whether a commit's message has the last paragraph that ours have."""
    return _OURS.search(message.rstrip().rpartition("\n\n")[2]) is not None


def used(events: Iterable[Event]) -> int:
    """How many attempts at mending these ends of runs used up: every one that came to an end of its own."""
    return sum(Outcome(one.data["outcome"]) not in _FREE for one in events if one.kind == "run.finished")


def why_not_now(state: str) -> str:
    """Why CI as it stands gives nothing to mend; "" when it is red."""
    return {
        "none": "no workflow ran on its newest commit",
        "approval": "its workflows wait for a person to approve them",
        "pending": "its workflows are not done",
        "green": "nothing failed",
    }.get(state, "")


def next_steps(failures: Iterable[Failure]) -> list[str]:
    """What a person can do about failures that no change of the code mends, a line each."""
    kinds = {one.kind: one for one in failures if one.kind in ci_failures.NEXT}
    return [f"{one.job}: {ci_failures.NEXT[kind]}" for kind, one in kinds.items()]


def complaint(failures: Sequence[Failure]) -> str:
    """What an agent is told of the failures; the excerpts are a stranger's text."""
    parts = [f"CI failed on the commit you see. {len(failures)} of its jobs can be mended in the code:"]
    for one in failures:
        about = "of something we do not know" if one.kind is Kind.UNKNOWN else f"({one.kind})"
        parts.append(f"The job `{one.job}` failed {about}. The end of its log:\n{one.excerpt}")
    parts.append("Mend the cause in the code; do not take the test or the check away.")
    return "\n\n".join(parts)
