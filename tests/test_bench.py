"""The benches run and print finite ratios. How fast anything is, no test asks."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.store import audit, open_store

BENCHES = Path(__file__).resolve().parents[1] / "benchmarks"
OFFLINE = ("overhead", "turns", "claims", "start_up", "boxes", "gateway", "on_github", "redactor")


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(BENCHES / "bench.py"), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("section", OFFLINE)
def test_every_section_that_needs_no_network_prints_finite_ratios(section: str) -> None:
    ended = bench("--quick", "--json", "--only", section)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rows = json.loads(ended.stdout)["sections"][section]["rows"]
    assert rows
    for row in rows:
        assert all(math.isfinite(row[name]) and row[name] > 0 for name in ("ours", "theirs", "ratio")), row


def test_the_table_says_of_every_aim_whether_it_is_met() -> None:
    ended = bench("--quick", "--only", "start_up")
    rows = [line.split("|")[1:-1] for line in ended.stdout.splitlines() if line.startswith("| autonomy")]
    assert len(rows) == 3
    assert {row[-1].strip() for row in rows} <= {"yes", "NO"}


def test_a_section_that_is_not_there_is_a_usage_error() -> None:
    assert bench("--only", "speed").returncode == 2


def test_the_large_store_is_what_the_store_would_have_made(tmp_path: Path) -> None:
    program = "import large_store, pathlib, sys; print(large_store.at(pathlib.Path(sys.argv[1]), 600, print))"
    argv = [sys.executable, "-c", program, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(BENCHES)}
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    store = open_store(ended.stdout.splitlines()[-1], create=False)
    try:
        assert audit.examine(store) == []
        assert sum(store.counts("task").values()) == 600
        assert sum(1 for _ in store.events()) == 600 * 10 + 1
    finally:
        store.close()
