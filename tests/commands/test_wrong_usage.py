"""Wrong words at the command line are told like every error: what is wrong, and what to do next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WRONG = {
    "run --bogus": ("no such option '--bogus'", "autonomy run --help"),
    "run list --limit 0": ("invalid value for '--limit'", "autonomy run list --help"),
    "run show": ("missing argument 'RUN'", "autonomy run show --help"),
    "rnu": ("did you mean run?", "autonomy --help"),
    "nonsense": ("no such command 'nonsense'", "autonomy --help"),
    "decision nonsense": ("no such command 'nonsense'", "autonomy decision --help"),
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_words_are_told_with_the_next_step(tmp_path: Path, words: str) -> None:
    says, next_ = WRONG[words]
    argv = [sys.executable, "-m", "autonomy_pack", *words.split()]
    ended = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    first, second = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert first.startswith("autonomy: ")
    assert says in first
    assert second == f"  Next: `{next_}` says more."
