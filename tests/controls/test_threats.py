"""Every attack and every boundary is shown by tests that exist, and the manual says which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.controls.table import CONTROLS
from tests.controls.threats import ATTACKS, BOUNDARIES, THREATS, Threat

ROOT = Path(__file__).parents[2]
ROWS = range(1, 46)
NAMED = sorted({test for threat in THREATS for test in threat.tests})


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """The ids of all tests of the named files, with and without what stands in brackets."""
    files = sorted({f"tests/{test.partition('::')[0]}" for test in NAMED})
    words = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:xdist", *files]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    ids = {line.removeprefix("tests/") for line in ended.stdout.splitlines() if "::" in line}
    return ids | {one.partition("[")[0] for one in ids}


def test_every_test_that_is_named_exists(collected: set[str]) -> None:
    assert [test for test in NAMED if test not in collected] == []


def test_every_control_that_is_named_exists() -> None:
    known = {control.name for control in CONTROLS}
    assert [name for threat in THREATS for name in threat.controls if name not in known] == []


def test_every_row_is_shown_once() -> None:
    assert [threat.row for threat in ATTACKS] == [str(row) for row in ROWS]
    assert [threat.row for threat in BOUNDARIES] == [f"B{section}" for section in range(1, 14)]
    assert [threat.row for threat in THREATS if not threat.tests] == []


def defended(threat: Threat) -> bool:
    """Whether something shows the attack with its defence removed: a control, or a mutated workflow."""
    return bool(threat.controls) or any("without_its_defence" in test for test in threat.tests)


# What nothing is taken away from: B13 is about the tests themselves.
@pytest.mark.parametrize("threat", [one for one in THREATS if one.row != "B13"], ids=lambda one: one.row)
def test_each_is_also_shown_with_its_defence_removed(threat: Threat) -> None:
    assert defended(threat)


def told(threat: Threat) -> str:
    shown = ", ".join(f"`tests/{test}`" for test in threat.tests)
    return f"| {threat.row} | {threat.attack} | {threat.holds} | {shown} |"


def test_the_threat_model_has_this_table() -> None:
    section = (
        (ROOT / "docs/THREAT_MODEL.md").read_text().partition("\n## Attacks of the field\n")[2].partition("\n## ")[0]
    )
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows == ["| # | attack | what holds | shown by |", *map(told, THREATS)]
