"""Every guard is listed, told of in the manual, and the only one to say something that nobody else would."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.corpora.raw_git import RawRepository, Spec

from autonomy_pack.contracts import Guard
from autonomy_pack.edges import objects
from autonomy_pack.flows.guard import examine
from autonomy_pack.guards import GUARDS
from autonomy_pack.model import Check, CheckResult, Risk, Rules

MANUAL = Path(__file__).parents[2] / "docs" / "reference" / "guards.md"
BASE: dict[bytes, Spec] = {b"a.txt": b"one\n", b"tests/test_a.py": b"def test_a():\n    assert 1\n"}
CHECK = Check(name="lint", argv=("sh", "-c", "./tools/lint.sh --all"))


class Only(NamedTuple):
    """A change that one guard alone says something about."""

    risk: Risk
    files: dict[bytes, Spec | None]
    message: bytes = b"change"


# Names are written out: taking a guard out of GUARDS makes its line fail.
ONLY: dict[str, Only] = {
    "shape": Only(Risk.MEDIUM, {}),
    "size": Only(Risk.HIGH, {b"f%d.txt" % number: b"x\n" for number in range(101)}),
    "protected_paths": Only(Risk.HIGH, {b".github/workflows/ci.yml": b"on: push\n"}),
    "secrets": Only(Risk.HIGH, {b"a.txt": b"ghp_" + b"Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki\n"}),
    "names": Only(Risk.HIGH, {b"A.TXT": b"x\n"}),
    "unicode": Only(Risk.HIGH, {b"a.txt": "a\u202eb\n".encode()}),
    "modes": Only(Risk.MEDIUM, {b"a.txt": ("100755", b"one\n")}),
    "symlinks": Only(Risk.HIGH, {b"link": ("120000", b"/etc/passwd")}),
    "submodules": Only(Risk.HIGH, {b"lib": ("160000", b"2" * 40)}),
    "binaries": Only(Risk.MEDIUM, {b"a.bin": b"\0\1"}),
    "manifests": Only(Risk.MEDIUM, {b"requirements.txt": b"click\n"}),
    "check_files": Only(Risk.MEDIUM, {b"tools/lint.sh": b"exit 0\n"}),
    "tests": Only(Risk.MEDIUM, {b"tests/test_a.py": None}),
    "checks_passed": Only(Risk.HIGH, {b"a.txt": b"two\n"}),
}


@pytest.mark.parametrize("name", ONLY)
def test_each_guard_sees_what_no_other_does(name: str, tmp_path: Path) -> None:
    repository = RawRepository(tmp_path / "repo.git")
    case = ONLY[name]
    after = {path: spec for path, spec in (BASE | case.files).items() if spec is not None}
    base, head = repository.change(BASE, after, case.message)
    exit_code = 1 if name == "checks_passed" else 0
    result = CheckResult(name="lint", argv=CHECK.argv, exit=exit_code, seconds=0.1, head=head)
    change = objects.read_change(repository.git_dir, base, head)
    rules = Rules(checks=(CHECK,), results=(result,))
    found = examine(change, objects.reader(repository.git_dir), rules).findings
    told = {(finding.rule, finding.risk) for finding in found if finding.risk >= Risk.MEDIUM}
    assert told == {(name, case.risk)}


def test_the_cases_are_of_exactly_the_guards_there_are() -> None:
    assert list(ONLY) == list(GUARDS)


def test_the_manual_has_a_section_for_each_guard_and_no_other() -> None:
    assert re.findall(r"(?m)^## `(\w+)`$", MANUAL.read_text()) == list(GUARDS)


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_each_guard_says_what_it_looks_for_and_how_bad_that_is(guard: Guard) -> None:
    assert re.search(r"\b(low|medium|high)\b", guard.__doc__ or "")
    assert (guard.__doc__ or "").splitlines()[0].endswith(".")
