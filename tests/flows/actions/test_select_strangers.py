"""What strangers, and forged refs, can make of choosing: at most a line of why. By the rows of tests/controls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.edges import commits
from autonomy_pack.flows import claim as claims
from autonomy_pack.flows.actions import plans
from autonomy_pack.model import Lease, Leg, Move
from autonomy_pack.policy import names
from autonomy_pack.store import states
from hub import Fault, Hub
from tests.flows.actions.scenes import CONFIG, HIGH, Job, Site, said_of


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def site(hub: Hub, tmp_path: Path) -> Site:
    return Site(hub, tmp_path)


def legs(selected: Any) -> list[int]:
    return [int(leg.issue) for leg in selected.plan.legs]


def why(selected: Any, number: int) -> str:
    rows = [line.strip("| ").split(" | ") for line in selected.summary.splitlines() if line.startswith("|")]
    return next(row[1] for row in rows if row[0].startswith(f"[#{number}]("))


def died(site: Site, **wanted: Any) -> list[Leg]:
    """The legs of a run of the loop that claimed and then was cut off."""
    with closing(site.job()) as job:
        made = job.select(**wanted).plan.legs
    job.run.status = "completed"
    return list(made)


def relabel(site: Site, number: int) -> None:
    site.repo.unlabel(number, HIGH, "ada")
    site.repo.label(number, HIGH, "ada")


# --- pull requests


@pytest.mark.parametrize("says", ["Fixes #{0}, fixes #{1}", "see #{0} and #{1}"])
def test_a_strangers_pull_request_stops_no_issue_whatever_it_says(site: Site, says: str) -> None:
    first, second = site.issue(), site.issue()
    fork = site.hub.repo("eve/site", files={"x.txt": "y\n"})
    site.repo.open_pull(head=fork.default_branch, body=says.format(first, second), by="eve", head_repo=fork)
    assert legs(site.select()) == [first]


def test_a_pull_request_of_this_repository_stops_only_the_issue_that_it_would_close(site: Site) -> None:
    first, second = site.issue(), site.issue()
    site.repo.commit({"a": "b"}, branch="mine", by="ada")
    pull = site.repo.open_pull(head="mine", by="ada", body=f"Fixes #{first}, like #{second}")
    selected = site.select()
    assert (legs(selected), why(selected, first)) == ([second], f"pull request {pull.number} is open for it")


def test_once_its_pull_request_was_closed_an_issue_waits_for_a_new_label(site: Site) -> None:
    number = site.issue()
    (leg,) = died(site)
    site.repo.commit({"a": "b"}, branch=leg.branch)
    pull = site.repo.open_pull(head=leg.branch, body=f"Closes #{number}")
    site.repo.close(pull.number, "ada")
    closed = f"pull request {pull.number} was closed; set the priority label anew to try again"
    assert why(site.select(), number) == closed
    relabel(site, number)
    (again,) = site.select().plan.legs
    assert (again.attempt, again.event != leg.event, again.branch != leg.branch) == (1, True, True)


def test_a_closed_pull_request_is_found_behind_any_number_of_mentions(site: Site) -> None:
    number = site.issue()
    (leg,) = died(site)
    site.repo.commit({"a": "b"}, branch=leg.branch)
    pull = site.repo.open_pull(head=leg.branch, body=f"About #{number}")
    site.repo.close(pull.number, "ada")
    for _ in range(30):
        site.issue("bug", author="eve", body=f"see #{number}", state="closed")
    assert why(site.select(), number).startswith(f"pull request {pull.number} was closed")


# --- attempts without end


def test_one_labelling_is_claimed_three_times_for_each_attempt_whatever_comes_of_it(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "attempts: 1\n"})
    number = site.issue()
    assert [leg.attempt for _ in range(3) for leg in died(site)] == [1, 2, 3]
    over = "claimed 3 times, and 3 is the most for one labelling; set the priority label anew"
    assert why(site.select(), number) == over
    relabel(site, number)
    assert [leg.attempt for leg in site.select().plan.legs] == [1]


def test_a_branch_in_the_way_of_ours_is_told_before_anything_is_claimed(site: Site) -> None:
    number = site.issue()
    site.repo.branch("agent", site.repo.head(), "ada")
    selected = site.select()
    assert why(selected, number).startswith(f"branch agent is in the way of agent/planner/{number}-")
    assert (legs(selected), site.leases()) == ([], [])


# --- requests


def test_three_hundred_issues_with_three_hundred_mentions_each_are_read_in_fifteen_requests(site: Site) -> None:
    numbers = [site.issue() for _ in range(300)]
    text = " ".join(f"#{number}" for number in numbers)
    for _ in range(300):
        site.issue("bug", author="eve", body=text, state="closed")
    with closing(site.job()) as job:
        found = job.fetch()
        assert job.github.requests <= 15
    assert len(found["issues"]) == 300


# --- what dead runs left, or somebody forged


def pushed(job: Job, number: int, event: int) -> dict[str, Any]:
    """What a lease says of a change of the issue that was pushed."""
    leg = Leg(
        issue=str(number), node="I_1", event=str(event), pin="a" * 64, base=job.site.repo.head(), mission="fix",
        branch=f"agent/planner/{number}-{names.attempt8_of(str(number), str(event))}-x", mission_sha256="0" * 64,
        policy_sha256="0" * 64, agent="planner", lane="default", claim="0" * 40, attempt=1, minutes=1,
    )  # fmt: skip
    return said_of(leg, job.site.repo.head(), job.workflow.run_id)


def forge(job: Job, number: int, events: range, *, fence: int = 1, runs: int = 0) -> None:
    """Leases in the name of the job's run, each saying that a change of the issue was pushed; of `runs` others."""
    remote, moves, me = job.store.remote, [], claims.workflow_holder(job.workflow)
    for event in events:
        holder = dataclasses.replace(me, boot=str(runs + event)) if runs else me
        lease = Lease(key=f"task:acme/site#{number}@{event}", fence=fence, holder=holder, expires=states.FOREVER)
        told = states.State(lease=lease, said=pushed(job, number, event), nonce="x")
        new = commits.write(remote.git_dir, states.text(told), "", job.store.now())
        moves.append(Move(ref=states.ref_of(lease.key), old="0" * 40, new=new))
    assert remote.push(moves)


def fetches(site: Site) -> int:
    return len([one for one in site.hub.journal if one.line.endswith("/git-upload-pack")])


def test_what_was_left_behind_takes_no_more_legs_than_were_asked_for(site: Site) -> None:
    numbers = [site.issue("bug") for _ in range(3)]
    fresh = site.issue()
    with closing(site.job()) as job:
        for number in numbers:
            forge(job, number, range(number * 100, number * 100 + 40))
    job.run.status = "completed"
    before = fetches(site)
    selected = site.select(max_issues=2)
    assert fetches(site) - before < 60, "120 leases are looked through"
    assert legs(selected) == numbers[:2]
    assert [leg.event for leg in selected.plan.legs] == ["100", "200"]
    assert "a later run completes it" in why(selected, numbers[2])
    assert why(selected, fresh) == "eligible; this run has enough to do"
    assert plans.from_json(plans.to_json(selected.plan)) == selected.plan


def test_completing_what_was_pushed_ends_too(site: Site) -> None:
    number = site.issue("bug")
    with closing(site.job()) as job:
        forge(job, number, range(100, 101), fence=12)
    job.run.status = "completed"
    selected = site.select()
    assert (legs(selected), "failed too often" in why(selected, number)) == ([], True)


def test_a_lease_of_which_nothing_can_be_known_stops_only_its_own_issue(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 2}}\n"})
    strange, good = site.issue(), site.issue()
    with closing(site.job()) as job:
        forge(job, strange, range(100, 101), runs=10**12)
    site.hub.faults.add(Fault("422", rf"actions/runs/{10**12 + 100}", times=99))
    selected = site.select()
    assert (legs(selected), why(selected, strange).startswith("claimed by run")) == ([good], True)


def test_leases_of_many_runs_cost_a_bounded_number_of_requests(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 2}}\n"})
    strange, good = site.issue("bug"), site.issue()
    with closing(site.job()) as job:
        forge(job, strange, range(100, 230), runs=10**12)
        job.fetch()
        assert job.github.requests <= 15 + 2 * 50
    assert legs(site.select(max_issues=2)) == [strange, good]


def test_the_trouble_of_one_lease_is_nobody_elses(site: Site) -> None:
    bad, good = site.issue("bug"), site.issue("bug")
    with closing(site.job()) as job:
        forge(job, bad, range(100, 101))
        forge(job, good, range(200, 201))
    job.run.status = "completed"
    with closing(site.job()) as later:
        found = later.fetch(max_issues=2)
        site.hub.faults.add(Fault("422", rf"issues/{bad}$", times=99))
        selected = later.claim(found)
    assert (legs(selected), len(selected.trouble)) == ([good], 1)
