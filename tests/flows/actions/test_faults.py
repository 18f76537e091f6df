"""A seeded sample of faults in a run on GitHub; `make storm` runs all of them. Whatever fails, a rerun converges."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.storm.faults import KINDS, Case, clean, doubles, run

SEED = 20260102


@pytest.fixture(scope="module")
def without() -> tuple[int, dict[str, Any]]:
    return clean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_met_one_fault_ends_as_if_it_had_not_when_it_runs_again(
    without: tuple[int, dict[str, Any]], kind: str
) -> None:
    requests, wanted = without
    nth = random.Random(f"{SEED} {kind}").randint(1, requests)
    assert run(Case("both", ((nth, kind, 1),)), wanted).wrong == "", f"{kind} at request {nth} of {requests}"


@pytest.mark.parametrize("number", range(4))
def test_a_run_that_met_two_faults_ends_as_if_it_had_not_when_it_runs_again(
    without: tuple[int, dict[str, Any]], number: int
) -> None:
    requests, wanted = without
    (case,) = doubles("both", requests, 1, random.Random(SEED + number))
    assert run(case, wanted).wrong == "", case.faults
