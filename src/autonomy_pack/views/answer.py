"""Our one reply to what people say to us at an issue."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.model import Head


def reply(verb: str, by: str, told: str) -> str:
    """The Markdown; it mentions nobody, and no line of it begins with a slash."""
    return f"**{verb}** (said by {sanitize(one_line(by, 60))}): {sanitize(told)}\n"


def status(head: Head | None, waiting: Sequence[Head], now: str) -> str:
    """Where an issue stands."""
    if head is None:
        return "This issue was never worked on."
    lines = [f"As of {now[:16]}Z it is {head.status.replace('_', ' ')}, attempts for this text: {head.attempts}."]
    lines += [f"Why: {one_line(head.why, 300)}"] if head.why else []
    lines += [f"Branch `{one_line(head.branch, 120)}` at {head.commit[:12]}."] if head.branch else []
    lines += [
        f"Decision {one.subject} waits until {one.deadline[:16]}Z: {one_line(one.title or one.why, 200)}"
        for one in waiting
    ]
    return "\n".join(lines)


def rollback(merged: Sequence[int]) -> str:
    """What a person can do now: taking a merged change back is not done for them yet."""
    if not merged:
        return "Nothing of ours was merged for this issue, so there is nothing to take back."
    pulls = " and ".join(f"pull request {number}" for number in merged)
    return (
        f"This version opens no pull request that reverts. Take {pulls} back by hand: press Revert on its page, or "
        "`git revert --mainline 1 MERGE_COMMIT` (without --mainline when it was squashed), and open a pull request."
    )
