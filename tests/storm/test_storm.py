"""A small storm in every test run; `make storm` raises the full one."""

from pathlib import Path

import pytest

import postgres
from storm import Plan, run


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_in_a_storm_no_task_is_lost_or_done_twice(engine, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'storm.db'}" if engine == "sqlite" else postgres.fresh_url()
    effects = tmp_path / "effects"
    effects.mkdir()
    toll = run(Plan(url=url, effects=effects, kills=25, workers=4, tasks=60, seed=7, freezes=2))
    assert toll.is_clean(), toll
    assert (toll.kills, toll.done) == (25, 60)
