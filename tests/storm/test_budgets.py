"""A small storm against a day's budget in every test run; `make storm` raises the full one."""

from pathlib import Path

import pytest
from budgets import Plan, run

import postgres


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_sixteen_runs_at_once_never_spend_more_than_the_day_s_budget(engine, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'storm.db'}" if engine == "sqlite" else postgres.fresh_url()
    toll = run(Plan(url=url, bill=tmp_path / "bill", seed=7))
    assert toll.is_clean(), toll
    assert toll.calls > 16
    assert toll.deaths > 0
    assert toll.billed <= toll.recorded <= 1.000001
