"""Which pull requests may be mended, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autonomy_pack.model import Event, Pull
from autonomy_pack.policy import repairs
from autonomy_pack.policy.ci_failures import Failed, classify

OURS, NEXT = "a" * 40, "b" * 40
BRANCH = "agent/planner/12-0123abcd-rename"
PULL = Pull(number=7, url="u", branch=BRANCH, head=OURS, base="main", state="open")


def intended(head: str, branch: str = BRANCH) -> Event:
    data = {"branch": branch, "head": head, "closes": False}
    return Event(kind="handoff.intended", subject="acme/site#12", data=data)


@pytest.mark.parametrize(
    ("pull", "told", "why"),
    [
        (PULL, [intended(OURS)], ""),
        (replace(PULL, head=NEXT), [intended(OURS), intended(NEXT)], ""),
        (PULL, [intended(OURS), intended(NEXT)], ""),
        (None, [], "there is no such pull request"),
        (PULL, [], "nothing is recorded here"),
        (PULL, [intended(OURS, "agent/planner/12-0123abcd-other")], "nothing is recorded here"),
        (replace(PULL, head="c" * 40), [intended(OURS)], "somebody pushed to it"),
        (replace(PULL, state="closed"), [intended(OURS)], "it is not open"),
        (replace(PULL, same_repository=False), [intended(OURS)], "it comes from a fork"),
        (replace(PULL, branch="main"), [intended(OURS, "main")], "its branch is not one of ours"),
    ],
)
def test_only_what_we_made_and_nobody_touched_is_ours(pull: Pull | None, told: list[Event], why: str) -> None:
    said = repairs.why_not_ours(pull, told)
    assert why in said
    assert bool(said) == bool(why)


def test_an_attempt_counts_unless_the_world_ended_it() -> None:
    outcomes = ["handed_off", "failed", "no_change", "blocked", "waiting", "stalled", "timed_out"]
    free = ["stale", "stopped", "over_budget", "rate_limited"]
    ends = [Event(kind="run.finished", subject="x", data={"outcome": one}) for one in (*outcomes, *free)]
    assert repairs.used([*ends, Event(kind="run.started", subject="x", data={})]) == len(outcomes)


def test_a_trailer_counts_in_the_last_paragraph_only() -> None:
    assert repairs.is_ours("feat\n\nAutonomy-Run: acme/site#12@5/1\nAutonomy-Version: 1\n")
    assert repairs.is_ours("fix\n\nAutonomy-Repair: acme/site#7@5/1\n")
    assert not repairs.is_ours("Autonomy-Run: x\n\nand more\n")
    assert not repairs.is_ours("mine\n")


def test_the_complaint_names_each_job_with_the_end_of_its_log() -> None:
    failures = [classify(Failed(name=name, conclusion="failure", log="boom\n")) for name in ("a / b", "c / d")]
    told = repairs.complaint(failures)
    assert "The job `a / b` failed of something we do not know. The end of its log:\nboom" in told
    assert "2 of its jobs" in told
