"""STOP at a few random moments in every test run; `make storm` takes two hundred."""

from pathlib import Path

import pytest
from stops import run


@pytest.mark.parametrize("seed", [3, 5])
def test_after_a_stop_at_any_moment_no_model_is_called_and_nothing_lives_or_is_written(seed: int, tmp_path: Path):
    toll = run(tmp_path, seed)
    assert toll.is_clean(), toll
