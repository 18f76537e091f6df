"""Ordinary work passes: no guard asks about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy_pack.edges import objects
from autonomy_pack.flows.guard import examine
from autonomy_pack.model import Check, CheckResult, Risk, Rules
from tests.corpora.benign_changes import CHANGES
from tests.corpora.raw_git import RawRepository

CHECK = Check(name="tests", argv=("python3", "-m", "unittest"))


@pytest.mark.parametrize("name", CHANGES)
def test_an_ordinary_change_passes(name: str, tmp_path: Path) -> None:
    repository = RawRepository(tmp_path / "repo.git")
    base, head = repository.change(*CHANGES[name], message=b"Improve things (fixes #3)")
    passed = CheckResult(name="tests", argv=CHECK.argv, exit=0, seconds=1.0, head=head)
    rules = Rules(checks=(CHECK,), results=(passed,), secrets=("tr0ub4dor-and-3-horses-Zq",))
    examination = examine(
        objects.read_change(repository.git_dir, base, head), objects.reader(repository.git_dir), rules
    )
    assert [finding for finding in examination.findings if finding.risk >= Risk.MEDIUM] == []
    assert examination.skipped == ()


def test_there_are_at_least_twenty() -> None:
    assert len(CHANGES) >= 20
