"""The riskiest finding decides, and nobody can loosen what is asked about."""

from __future__ import annotations

import pytest

from autonomy_pack.model import Finding, Risk
from autonomy_pack.policy.risk import tightest, verdict


def findings(*risks: Risk) -> list[Finding]:
    return [Finding(rule="r", risk=risk, says="s", fix="f") for risk in risks]


@pytest.mark.parametrize(
    ("risks", "expected"),
    [
        ((), "pass"),
        ((Risk.LOW,), "pass"),
        ((Risk.LOW, Risk.MEDIUM), "ask"),
        ((Risk.HIGH, Risk.LOW), "block"),
        ((Risk.CRITICAL,), "block"),
    ],
)
def test_the_riskiest_finding_decides(risks: tuple[Risk, ...], expected: str) -> None:
    assert verdict(findings(*risks), Risk.MEDIUM, Risk.HIGH) == expected


def test_blocking_wins_over_asking() -> None:
    assert verdict(findings(Risk.MEDIUM), Risk.MEDIUM, Risk.MEDIUM) == "block"


def test_the_tightest_word_counts_and_none_is_looser_than_the_defaults() -> None:
    assert tightest() == (Risk.MEDIUM, Risk.HIGH)
    assert tightest((Risk.CRITICAL, Risk.CRITICAL)) == (Risk.MEDIUM, Risk.HIGH)
    assert tightest((Risk.LOW, Risk.CRITICAL), (Risk.HIGH, Risk.MEDIUM)) == (Risk.LOW, Risk.MEDIUM)


def test_an_unknown_risk_is_high() -> None:
    assert Risk.parse("delete_production_database") == Risk.HIGH
