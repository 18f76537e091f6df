"""Budgets of legs: `select` sets each leg's ceiling aside in its claim, `publish` settles it, and nobody overshoots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.model import Event, Leg
from hub import Hub
from models import Models
from tests.flows.actions.driver import Files, Session, Site

DONE = ("done", {"summary": "Done.", "evidence": [{"criterion": "1", "how": "hello.txt says it"}]})
MISSION = (
    "version: 1\nname: think\ngoal: Do it.\nagent: anthropic\ntools: [read, write]\nlimits: {usd: 0.6, minutes: 2}\n"
)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with Models() as made:
        for name, word in made.environment.items():
            monkeypatch.setenv(name, word)
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        made = Site(hub, tmp_path)
        config = "version: 1\nbudget: {day_usd: 1.0}\nlanes: {default: {slots: 9}}\n"
        made.repo.commit({".github/autonomy/missions/think.yml": MISSION, ".github/autonomy.yml": config})
        yield made
        assert hub.violations == []


def issue(site: Site) -> int:
    return site.issue("priority:high", "mission:think", body="Do it.\n\n## Acceptance Criteria\n- [ ] It says so\n")


def spending(session: Session) -> list[Event]:
    with session.job("select") as (_, store, _workflow):
        store.refresh()
        return list(store.events(kinds=["spend.reserved", "spend.settled"]))


def test_a_leg_s_whole_ceiling_is_set_aside_with_its_claim_and_settled_by_publish(site: Site, models: Models) -> None:
    models.call("write", {"path": "hello.txt", "content": "Good day\n"})
    models.call(*DONE)
    number = issue(site)
    begun = site.begin()
    plan = begun.select()
    (one,) = plan.legs
    assert one.usd == 0.6
    (reserved,) = spending(begun)
    assert (reserved.kind, reserved.data["usd"]) == ("spend.reserved", 0.6)
    assert {scope.partition(":")[0] for scope in reserved.data["scopes"]} == {"issue", "day", "repo"}
    result, files = begun.work(one)
    assert 0 < result.usd < 0.6
    assert result.tokens > 0
    begun.upload(one, files)
    done = begun.publish(plan)
    assert {row.issue: row.outcome for row in done.rows} == {str(number): "handed_off"}
    _, settled = spending(begun)
    assert (settled.kind, settled.data["usd"], settled.data["reserved_usd"]) == ("spend.settled", result.usd, 0.6)
    with begun.job("select") as (_, store, _workflow):
        assert store.head("repo").usd == pytest.approx(result.usd)
    (pull,) = site.repo.pulls
    assert f"{result.tokens:,} tokens" in pull.body


def test_of_two_legs_the_second_gets_what_is_left_and_a_third_nothing(site: Site, models: Models) -> None:
    del models
    for _ in range(3):
        issue(site)
    begun = site.begin()
    plan = begun.select()
    assert sorted(leg.usd for leg in plan.legs) == [0.4, 0.6]
    assert sum(event.data["usd"] for event in spending(begun)) == pytest.approx(1.0)


def test_a_leg_for_which_no_call_is_left_is_not_claimed(site: Site, models: Models) -> None:
    del models
    config = "version: 1\nbudget: {day_usd: 0.65}\nlanes: {default: {slots: 9}}\n"
    site.repo.commit({".github/autonomy.yml": config})
    for _ in range(2):
        issue(site)
    begun = site.begin()
    assert [leg.usd for leg in begun.select().legs] == [0.6]


def test_without_a_valid_record_all_that_was_set_aside_is_spent(site: Site, models: Models) -> None:
    del models
    issue(site)
    begun = site.begin()
    plan = begun.select()
    done = begun.publish(plan)
    assert len(done.rows) == 1
    with begun.job("select") as (_, store, _workflow):
        assert store.head("repo").usd == pytest.approx(0.6)


def test_a_run_job_cannot_claim_more_than_was_set_aside(site: Site, models: Models) -> None:
    models.call(*DONE)
    issue(site)

    def dear(_: Leg, files: Files) -> Files:
        import json

        result = json.loads(files["result.json"])
        return files | {"result.json": json.dumps(result | {"usd": 99.0}).encode()}

    done = site.session(change=dear)
    assert done.published is not None
    with site.begin().job("select") as (_, store, _workflow):
        assert store.head("repo").usd == pytest.approx(0.6)


def test_what_the_planner_does_costs_nothing_and_is_not_held_back(site: Site, models: Models) -> None:
    del models
    for _ in range(3):
        issue(site)
    number = site.issue()
    plan = site.begin().select()
    assert str(number) in [leg.issue for leg in plan.legs]
    assert next(leg for leg in plan.legs if leg.issue == str(number)).usd == 0


def test_without_a_key_the_leg_does_not_begin_and_all_is_given_back(
    site: Site, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    issue(site)
    done = site.session()
    (result,) = done.results.values()
    assert result.outcome == "stale"
    assert "there is no key for anthropic" in result.why
    assert models.requests == []
    with site.begin().job("select") as (_, store, _workflow):
        assert store.head("repo").usd == 0
