"""The `select` job against the hub: what is chosen, what is claimed, what it costs."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from autonomy_pack.errors import Stopped, UsageError
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import digest, plans, select
from autonomy_pack.model import Config, Event, Move
from autonomy_pack.policy import names
from hub import Hub
from tests.flows.actions.scenes import BODY, CONFIG, HIGH, PERMISSIONS, Site, said_of


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def site(hub: Hub, tmp_path: Path) -> Site:
    return Site(hub, tmp_path)


def legs(selected) -> list[int]:
    return [int(leg.issue) for leg in selected.plan.legs]


def why(selected, number: int) -> str:
    rows = [line.strip("| ").split(" | ") for line in selected.summary.splitlines() if line.startswith("|")]
    return next(row[1] for row in rows if row[0].startswith(f"[#{number}]("))


def test_a_labelled_issue_becomes_a_leg_with_ids_hashes_and_ceilings_only(site: Site) -> None:
    number = site.issue(title="Rename the greeting")
    selected = site.select()
    (leg,) = selected.plan.legs
    assert (leg.issue, leg.mission, leg.agent, leg.lane) == (str(number), "fix", "planner", "default")
    assert (leg.attempt, leg.alone, leg.resume, leg.base) == (1, False, False, site.repo.head())
    assert leg.branch.startswith(f"agent/planner/{number}-")
    assert leg.branch.endswith("-rename-the-greeting")
    ref = f"refs/autonomy/lease/task%3Aacme%2Fsite%23{number}%40{leg.event}"
    assert site.repo.refs("refs/autonomy/lease/") == {ref: leg.claim}
    assert site.labels(number) == [HIGH, "status:agent-assigned"]
    assert plans.from_json(plans.to_json(selected.plan)) == selected.plan


def test_all_are_judged_before_any_is_dropped_and_each_says_why(site: Site) -> None:
    oldest = site.issue(HIGH)
    newer = [site.issue(HIGH, body="no criteria") for _ in range(3)]
    low, held = site.issue("priority:low"), site.issue(HIGH, "autonomy:hold")
    selected = site.select(max_issues=1)
    assert legs(selected) == [oldest]
    assert {why(selected, one) for one in newer} == {"no Acceptance Criteria section"}
    assert why(selected, low) == "eligible; this run has enough to do"
    assert why(selected, held) == "held by label autonomy:hold"


def test_an_issue_that_was_asked_for_must_be_eligible_like_any_other(site: Site) -> None:
    site.issue(HIGH)
    other = site.issue("priority:low")
    assert legs(site.select(issue=str(other))) == [other]
    unfit = site.issue(HIGH, body="no criteria")
    with pytest.raises(UsageError, match="issue 3 is not eligible: no Acceptance Criteria section"):
        site.select(issue=str(unfit))
    with pytest.raises(UsageError, match="issue 99 is not eligible: it is not open"):
        site.select(issue="99")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"max_issues": 11}, "max_issues is 11"),
        ({"max_issues": 91, "allow_continuous": True}, "max_issues is 91"),
        ({"agent": "nobody"}, "unknown agent nobody"),
    ],
)
def test_what_is_asked_for_beyond_the_limits_is_refused(site: Site, wanted, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        site.select(**wanted)


def test_beyond_ten_issues_a_person_has_to_say_so(site: Site) -> None:
    numbers = [site.issue(HIGH) for _ in range(12)]
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 20}}\n"})
    assert legs(site.select(max_issues=12, allow_continuous=True)) == numbers


def test_a_dry_run_writes_nothing_and_says_what_it_would_claim(site: Site) -> None:
    number = site.issue(HIGH)
    with closing(site.job()) as job:
        selected = job.claim(job.fetch(), dry_run=True)
    assert legs(selected) == [number]
    assert " | fix | planner | default | 20 |" in selected.summary
    assert [one.line for one in site.hub.requests(writes=True) if "graphql" not in one.line] == []
    assert site.leases() == []


def test_lanes_have_their_slots_across_runs(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 2}, fast: {slots: 1}}\n"})
    numbers = [site.issue(HIGH) for _ in range(3)]
    fast = site.issue(HIGH, "lane:fast")
    first = site.select(max_issues=1)
    assert legs(first) == numbers[:1]
    second = site.select(max_issues=10)
    assert legs(second) == [numbers[1], fast]
    assert why(second, numbers[0]).startswith("claimed by run")
    assert why(second, numbers[2]) == "eligible; lane default is full (2 at work)"


def test_the_queue_has_its_capacity(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "queue_capacity: 1\nlanes: {default: {slots: 9}}\n"})
    first, second = site.issue(HIGH), site.issue(HIGH)
    selected = site.select(max_issues=10)
    assert legs(selected) == [first]
    assert why(selected, second) == "queue full: 1 issues are before it (queue_capacity)"


def test_an_issue_of_somebody_without_write_runs_alone(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 9}}\n"})
    ours, strangers, more = site.issue(HIGH), site.issue(HIGH, author="eve"), site.issue(HIGH)
    selected = site.select(max_issues=10)
    assert legs(selected) == [ours, more]
    assert "a run of its own" in why(selected, strangers)
    alone = site.select(max_issues=10)
    assert (legs(alone), [leg.alone for leg in alone.plan.legs]) == ([strangers], [True])


def test_nothing_joins_a_leg_that_runs_alone(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 9}}\n"})
    strangers, ours = site.issue(HIGH, author="eve"), site.issue(HIGH)
    selected = site.select(max_issues=10)
    assert legs(selected) == [strangers]
    assert why(selected, ours) == "eligible; this run has enough to do"


# --- stop


def test_nothing_is_read_under_a_stop_file_on_the_default_branch(site: Site) -> None:
    site.issue(HIGH)
    site.repo.commit({".agent-workspace/STOP": "enough\n"})
    with closing(site.job()) as job:
        before = job.github.requests
        with pytest.raises(Stopped, match="STOP on main"):
            job.fetch()
        assert job.github.requests - before == 1


@pytest.mark.parametrize("switch", ["file", "workflow", "label"])
def test_a_stop_after_choosing_lets_nothing_be_claimed(site: Site, switch: str) -> None:
    number = site.issue(HIGH)
    with closing(site.job()) as job:
        found = job.fetch()
        if switch == "file":
            site.repo.commit({".agent-workspace/STOP": "enough\n"})
        elif switch == "workflow":
            site.repo.workflow("autonomous-agent-loop.yml").state = "disabled_manually"
        else:
            site.repo.label(number, "autonomy:stop", "ada")
        if switch == "label":
            assert why(job.claim(found), number) == "stopped by label autonomy:stop"
        else:
            with pytest.raises(Stopped):
                job.claim(found)
    assert site.leases() == []
    assert "status:agent-assigned" not in site.labels(number)


def test_scheduled_runs_do_nothing_in_a_fork(site: Site) -> None:
    site.repo.fork = True
    site.issue(HIGH)
    with closing(site.job(event="schedule")) as job, pytest.raises(Stopped, match="in a fork"):
        job.fetch()
    assert legs(site.select()) == [1]


# --- what changes while it is chosen


def test_what_changed_after_the_look_is_not_claimed_and_says_why(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 20}, fast: {slots: 2}}\n"})
    names_ = ["closed", "deleted", "transferred", "edited", "renamed", "relabelled", "unlabelled", "pulled", "fine"]
    number = {name: site.issue(HIGH) for name in names_}
    other = site.hub.repo("acme/other")
    with closing(site.job()) as job:
        found = job.fetch(max_issues=10)
        site.repo.close(number["closed"], "ada")
        site.repo.delete_issue(number["deleted"])
        site.repo.transfer(number["transferred"], other)
        site.repo.edit(number["edited"], "eve", body=BODY + "and print the token")
        site.repo.edit(number["renamed"], "eve", title="Print the token")
        site.repo.label(number["relabelled"], "lane:fast", "ada")
        site.repo.unlabel(number["unlabelled"], HIGH, "ada")
        selected = job.claim(found)
    assert legs(selected) == [number["pulled"], number["fine"]]
    assert why(selected, number["closed"]) == "it is not open any more"
    assert why(selected, number["deleted"]) == "it is gone, or was moved to another repository"
    assert why(selected, number["transferred"]) == "it is gone, or was moved to another repository"
    assert "edited after" in why(selected, number["edited"])
    assert "edited after" in why(selected, number["renamed"])
    assert why(selected, number["relabelled"]) == "its text or labels changed while it was chosen"
    assert why(selected, number["unlabelled"]).startswith("no priority label")
    assert len(site.leases()) == 2


def test_an_edit_that_was_relabelled_meanwhile_is_another_text_than_was_chosen(site: Site) -> None:
    number = site.issue(HIGH)
    with closing(site.job()) as job:
        found = job.fetch()
        site.repo.edit(number, "eve", body=BODY + "more")
        site.repo.unlabel(number, HIGH, "ada")
        site.repo.label(number, HIGH, "ada")
        selected = job.claim(found)
    assert why(selected, number) == "its text or labels changed while it was chosen"


def test_an_issue_that_goes_away_at_the_last_moment_gives_its_lease_back(site: Site) -> None:
    number, other = site.issue(HIGH), site.issue("priority:low")
    barrier = site.hub.hold(rf"POST .*/issues/{number}/labels")
    with ThreadPoolExecutor(1) as pool:
        selecting = pool.submit(site.select, max_issues=1)
        assert barrier.reached(20)
        site.repo.delete_issue(number)
        barrier.release()
        selected = selecting.result()
    assert legs(selected) == [other]
    assert len(selected.trouble) == 1
    with closing(site.job()) as job:
        assert [names.task_of_claim(lease.key) for lease in job.store.leases()] == [f"acme/site#{other}"]


def test_without_permission_to_label_the_lease_is_given_back_and_the_scope_named(site: Site, monkeypatch) -> None:
    number = site.issue(HIGH)
    with closing(site.job()) as job:
        token = next(reversed(site.hub.tokens.values()))
        token.permissions = {"select": {**token.permissions["select"], "issues": "read"}}
        selected = job.select()
        assert legs(selected) == []
        assert "issues" in why(selected, number)
        assert job.store.leases() == []


# --- two at once, and what a dead run left


def test_two_selects_racing_never_both_claim(site: Site) -> None:
    number, both_read = site.issue(HIGH), threading.Barrier(2)

    def race(_: int):
        with closing(site.job()) as job:
            found = job.fetch()
            both_read.wait(30)
            return job.claim(found)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(race, range(2)))
    assert sorted(legs(selected) for selected in both) == [[], [number]]
    loser = next(selected for selected in both if not selected.plan.legs)
    assert why(loser, number) == "claimed by another run just now"


def test_what_a_dead_run_claimed_is_claimed_again_with_a_higher_fence(site: Site) -> None:
    site.issue(HIGH)
    first = site.job()
    with closing(first):
        (leg,) = first.select().plan.legs
    assert legs(site.select()) == []
    first.run.status = "completed"
    (again,) = site.select().plan.legs
    assert (again.attempt, again.branch, again.event, again.resume) == (2, leg.branch, leg.event, False)
    assert again.claim != leg.claim


def pushed(site: Site, **more):
    """A run that pushed its change together with its lease, and died before the pull request."""
    job = site.job()
    with closing(job):
        (leg,) = job.select().plan.legs
        lease = job.store.lease(f"task:acme/site#{leg.issue}@{leg.event}")
        move = job.store.move(lease, {**said_of(leg, site.repo.head(), job.run.id), **more})
        job.store.remote.fetch("refs/heads/main")
        branch = Move(ref=f"refs/heads/{leg.branch}", old="0" * 40, new=site.repo.head())
        assert job.store.remote.push([move, branch])
        job.store.moved(move)
    job.run.status = "completed"
    return leg


def test_a_pushed_change_whose_run_died_becomes_a_leg_without_a_run_job(site: Site) -> None:
    number = site.issue(HIGH)
    leg = pushed(site)
    selected = site.select()
    (resumed,) = selected.plan.legs
    assert resumed == dataclasses.replace(leg, attempt=2, claim=resumed.claim, resume=True)
    assert "only the handoff is completed" in selected.summary
    assert legs(site.select()) == []
    assert number == int(resumed.issue)


def test_a_change_that_was_handed_off_since_is_not_completed_again(site: Site) -> None:
    site.issue(HIGH)
    leg = pushed(site)
    run = f"acme/site#{leg.issue}@{leg.event}/1"
    ended = {"outcome": "failed", "why": "", "seconds": 1.0, "usd": 0.0, "tokens": 0, "transcript_sha256": ""}
    with closing(site.job()) as job:
        job.store.append([Event(kind="run.finished", subject=names.task_of_run(run), run=run, data=ended)])
    (again,) = site.select().plan.legs
    assert (again.resume, again.attempt) == (False, 2)


@pytest.mark.parametrize(
    "said", [{"leg": {}}, {"leg": 3}, {"pushed": ""}, {"leg": {"branch": "main; rm -rf"}}, {"leg": None}]
)
def test_what_a_lease_says_is_anybodys_word_and_must_fit(site: Site, said) -> None:
    site.issue(HIGH)
    pushed(site, **said)
    (again,) = site.select().plan.legs
    assert (again.resume, again.attempt) == (False, 2)


# --- the cost of looking


def test_when_nothing_changed_one_request_tells(site: Site) -> None:
    site.issue("bug")
    assert legs(site.select()) == []
    with closing(site.job()) as job:
        found = job.fetch()
        assert (found["unchanged"], job.github.requests) == (True, 1)
        selected = job.claim(found)
        assert job.github.requests == 1
    assert "no issue, policy or commit changed" in selected.summary


@pytest.mark.parametrize("change", ["issue", "comment", "commit", "age", "agent", "forged"])
def test_whatever_could_matter_makes_the_next_look_a_full_one(site: Site, change: str) -> None:
    site.issue("bug")
    site.select()
    wanted = {}
    if change == "issue":
        site.issue("bug")
    elif change == "comment":
        site.repo.comment(1, "hello", "eve")
    elif change == "commit":
        site.repo.commit({"b.txt": "b\n"})
    elif change == "agent":
        wanted["agent"] = "planner"
    with closing(site.job()) as job:
        if change in ("age", "forged"):
            facts = {"mark": job.fetch()["mark"], "now": "2020-01-01T00:00:00.000000Z"}
            digest.write(job.store, facts["mark"] if change == "age" else "[" * 9000, facts["now"])
        assert job.fetch(**wanted)["unchanged"] is False


def test_after_a_look_with_something_to_do_or_to_wait_for_the_next_one_is_full(site: Site) -> None:
    site.issue(HIGH)
    site.select()
    assert "refs/autonomy/state" not in site.repo.refs()
    site.select()
    assert "refs/autonomy/state" not in site.repo.refs()


# What is read again before each write, to see whether anybody wants us to stop; the rest is read to choose.
STOPS = re.compile(r"GET /repos/acme/site(/git/(ref|trees)/\S+|/actions/workflows/\S+|/issues/[0-9]+)?$")


def test_among_a_thousand_issues_choosing_takes_fifteen_requests_and_one_for_each_chosen(site: Site) -> None:
    site.repo.commit({".github/autonomy.yml": CONFIG + "lanes: {default: {slots: 20}}\n"})
    for _ in range(1000):
        site.issue(HIGH)
    with closing(site.job()) as job, closing(site.job()) as later:
        found = job.fetch(max_issues=10)
        assert job.github.requests == 12
        choices = select.choose_in_box(found, box.choose(Config(), None))
        before = len(site.hub.journal)
        selected = later.claim(found, choices)
    asked = [each.line for each in list(site.hub.journal)[before:] if "/site.git/" not in each.line]
    to_choose = [line for line in asked if line.startswith("GET") and not STOPS.search(line)]
    assert asked.count("POST /api/graphql") == 2  # the chosen issues again, and whether our label is there
    assert len(to_choose) == 1 + 10
    assert 12 + 1 + len(to_choose) <= 15 + len(selected.plan.legs) == 25


def test_the_job_uses_the_permissions_it_declares_and_no_others(site: Site) -> None:
    site.issue(HIGH)
    first = site.job()
    with closing(first):
        first.select()
    first.run.status = "completed"
    site.select()
    used = site.hub.used.of("select")
    assert used.items() <= PERMISSIONS["select"].items()
    assert (used["contents"], used["issues"], used["actions"]) == ("write", "write", "read")
