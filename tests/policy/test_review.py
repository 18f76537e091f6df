"""What agents say of a pull request may raise its risk, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.model import Finding, Opinion, Risk
from autonomy_pack.policy import review

FOUND = Finding(rule="secrets", risk=Risk.HIGH, says="a key", fix="take it out", where="a.py")
SAID = {"risk": "low", "summary": "fine", "findings": [{"risk": "high", "says": "x", "fix": "y", "where": "a.py:1"}]}


def test_an_opinion_is_never_below_its_own_findings() -> None:
    assert review.opinion("claude", SAID).risk is Risk.HIGH


def test_no_praise_lowers_what_the_guards_found() -> None:
    weighed = review.weigh([FOUND], [Opinion(agent="a", risk=Risk.LOW, summary="perfect")])
    assert weighed.risk is Risk.HIGH
    assert weighed.exit_code(Risk.MEDIUM) == 1


def test_an_opinion_that_is_missing_is_unknown_and_never_fine() -> None:
    weighed = review.weigh([], [Opinion(agent="a", risk=Risk.LOW), review.unknown("b", "it said nothing")])
    assert weighed.unknown == ("b",)
    assert weighed.exit_code(Risk.MEDIUM) == 4
    assert review.weigh([], [Opinion(agent="a", risk=Risk.LOW)]).exit_code(Risk.MEDIUM) == 0


RISKS = st.sampled_from([*Risk, None])


@given(st.lists(st.sampled_from(Risk)), st.lists(RISKS))
def test_the_risk_is_the_highest_that_anybody_named(found: list[Risk], said: list[Risk | None]) -> None:
    findings = [Finding(rule="r", risk=risk, says="s", fix="f") for risk in found]
    opinions = [Opinion(agent=str(number), risk=risk) for number, risk in enumerate(said)]
    weighed = review.weigh(findings, opinions)
    assert weighed.risk >= review.weigh(findings, []).risk
    assert weighed.risk == max([Risk.LOW, *found, *(one for one in said if one is not None)])


def test_a_change_that_was_not_shown_whole_is_for_a_person() -> None:
    assert review.of_unseen(0, "pull request 1") == []
    (finding,) = review.of_unseen(1500, "pull request 1")
    assert finding.risk is Risk.MEDIUM
    assert "1,500 characters" in finding.says


def test_files_that_no_agent_was_shown_are_named_for_a_person() -> None:
    assert review.of_unshown((), "pull request 1") == []
    (finding,) = review.of_unshown([f"src/{number}.py" for number in range(12)], "pull request 1")
    assert finding.risk is Risk.MEDIUM
    assert finding.says.startswith("not shown to the reviewers: src/0.py, ")
    assert finding.says.endswith("src/9.py and 2 more")
