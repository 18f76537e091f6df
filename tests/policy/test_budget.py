"""What a run may spend: the tightest limit, unless a person said otherwise; and which budget says no, in words."""

import pytest

from autonomy_pack.model import Ceiling, Config, Head, Limits, Mission
from autonomy_pack.policy import budget
from autonomy_pack.policy.budget import Asked

NOW = "2026-01-02T03:04:05.678901Z"


def limits_of(cost=0.0, most=0, calls=0, *, run_usd=None, **asked):
    mission = Mission(name="m", version=1, goal="g", limits=Limits(usd=cost, tokens=most, turns=calls))
    found = budget.limited(mission, Config(run_usd=run_usd), Asked(**asked)).limits
    return found.usd, found.tokens, found.turns


def head(scope, usd, tokens=0):
    return Head(repo=".", subject=scope, type="budget", usd=usd, tokens=tokens)


def test_without_a_limit_of_the_mission_no_model_may_be_asked_whatever_the_configuration_allows():
    assert limits_of(run_usd=5.0) == (0, 0, 0)
    assert not budget.may_ask_models(Limits())


def test_the_tightest_of_mission_and_configuration_holds():
    assert limits_of(2.0, run_usd=5.0) == (2.0, 0, 0)
    assert limits_of(2.0, run_usd=0.5) == (0.5, 0, 0)
    assert limits_of(0, 1000, run_usd=0.5) == (0.5, 1000, 0)
    assert limits_of(2.0, 1000, run_usd=0.0) == (0, 0, 0)


def test_a_person_may_raise_and_lower_and_a_zero_of_theirs_means_no_model():
    assert limits_of(2.0, run_usd=0.5, usd=9.0) == (9.0, 0, 0)
    assert limits_of(usd=1.0, turns=3) == (1.0, 0, 3)
    assert limits_of(2.0, 100, tokens=50) == (2.0, 50, 0)
    for asked in ({"usd": 0.0}, {"tokens": 0}, {"turns": 0}):
        assert limits_of(2.0, 100, **asked)[:2] == (0, 0)


def test_a_model_that_a_person_names_goes_before_the_mission_s():
    mission = Mission(name="m", version=1, goal="g", model="small")
    assert budget.limited(mission, Config(), Asked(model="large")).model == "large"
    assert budget.limited(mission, Config(), Asked()).model == "small"


def test_a_call_counts_for_its_run_its_issue_its_day_and_the_repository():
    found = budget.ceilings(Config(day_usd=1.0), Limits(usd=2.0, tokens=9), ".#7/1", ".#7", NOW)
    assert [one.scope for one in found] == ["run:.#7/1", "issue:.#7", "day:2026-01-02", "repo"]
    assert [(one.usd, one.tokens) for one in found] == [(2.0, 9), (None, None), (1.0, None), (None, None)]


@pytest.mark.parametrize(
    ("ceiling", "spent", "more", "words"),
    [
        (Ceiling(scope="run:r", usd=1.0, setting="limits"), 0.9, (0.2, 1), ["$0.90 of $1.00", "this run", "limits.usd", "--max-cost-usd"]),
        (Ceiling(scope="run:r", tokens=10, setting="limits"), 0.0, (0.0, 11), ["0 of 10 tokens", "limits.tokens", "--max-tokens"]),
        (Ceiling(scope="issue:.#7", usd=1.0, setting="budget.issue_usd"), 1.0, (0.01, 1), ["this issue", "Raise budget.issue_usd"]),
        (Ceiling(scope="day:2026-01-02", usd=1.0, setting="budget.day_usd"), 1.0, (0.01, 1), ["of 2026-01-02", "new day begins"]),
        (Ceiling(scope="repo", usd=1.0, setting="budget.repo_usd"), 1.0, (0.01, 1), ["this repository", "Raise budget.repo_usd"]),
    ],
)  # fmt: skip
def test_which_budget_says_no_is_told_with_the_next_step(ceiling, spent, more, words):
    told = budget.why_over([ceiling], {ceiling.scope: head(ceiling.scope, spent)}, *more)
    assert all(word in told for word in words), told


def test_what_fits_to_the_last_cent_is_fine_and_a_budget_without_a_limit_never_says_no():
    ceilings = [Ceiling(scope="repo", usd=1.0), Ceiling(scope="day:2026-01-02")]
    heads = {"repo": head("repo", 0.9), "day:2026-01-02": head("day:2026-01-02", 99.0)}
    assert budget.why_over(ceilings, heads, 0.1, 10**9) == ""
    assert budget.why_no_call(ceilings, {}) == ""


def test_what_is_left_is_that_of_the_tightest_budget():
    ceilings = [Ceiling(scope="repo", usd=3.0), Ceiling(scope="day:2026-01-02", usd=1.0), Ceiling(scope="issue:.#7")]
    assert budget.left(ceilings, {"repo": head("repo", 2.5)}) == 0.5
    assert budget.left(ceilings, {"repo": head("repo", 9.0)}) == 0.0
    assert budget.left(ceilings[2:], {}) is None


def test_people_are_told_from_nine_tenths_on_but_not_of_a_run_s_own_budget():
    day = Ceiling(scope="day:2026-01-02", usd=1.0, setting="budget.day_usd")
    assert not budget.is_nearly_spent(day, head(day.scope, 0.89))
    assert budget.is_nearly_spent(day, head(day.scope, 0.9))
    assert not budget.is_nearly_spent(Ceiling(scope="run:r", usd=1.0, setting="limits"), head("run:r", 1.0))


def test_a_run_may_spend_more_once_any_bound_is_higher_or_gone():
    before = budget.bounds(Limits(usd=1.0, turns=5), Config(day_usd=3.0))
    assert before == {"usd": 1.0, "turns": 5, "day_usd": 3.0}
    for limits, day in ((Limits(usd=1.0, turns=5), 3.0), (Limits(usd=0.5, turns=5, tokens=9), 2.0)):
        assert not budget.is_more(budget.bounds(limits, Config(day_usd=day)), before)
    for limits, day in ((Limits(usd=1.5, turns=5), 3.0), (Limits(usd=1.0), 3.0), (Limits(usd=1.0, turns=5), None)):
        assert budget.is_more(budget.bounds(limits, Config(day_usd=day)), before)
