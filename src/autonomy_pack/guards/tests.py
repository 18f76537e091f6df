"""Tests that a change deletes, skips or empties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.guards.paths import globs, matches
from autonomy_pack.model import Change, FileChange, Finding, Risk, Rules

_IS_TEST = globs("""
    **/tests/** **/test/** **/__tests__/** **/spec/** **/specs/** **/testing/** test_*.py *_test.py tests.py conftest.py
    *_test.go *.test.* *.spec.* *_spec.rb *_test.rb *test.java *tests.java *test.kt *tests.kt *test.scala
    *spec.scala *test.cs *tests.cs *test.php *tests.swift *test.swift *_test.exs *_test.dart *_test.cc *_test.cpp
    *_test.c *.bats *_test.lua *_spec.lua *.t *.feature
    """)


def _by_line(pattern: str) -> re.Pattern[str]:
    """A pattern whose lines begin with blanks only: `^\\s*` would try every empty line again from each before it."""
    return re.compile(pattern.replace(r"^\s*", r"^[ \t]*"))


_SKIPS = _by_line(
    r"pytest\.(?:mark\.(?:skip|skipif|xfail)\b|skip\(|xfail\(|importorskip\()|@?unittest\.(?:skip|expectedFailure)"
    r"|^\s*@(?:skip|skipif|skipunless|expectedFailure|Ignore|Disabled|DisabledIf\w*|DisabledOn\w*)\b"
    r"|\bskipTest\(|\bSkipTest\b|\bcollect_ignore(?:_glob)?\b|__test__\s*=\s*False|\bmark\.(?:skip|skipif|xfail)\b"
    r"|\b(?:it|test|describe|context|suite|specify|Scenario)\.(?:skip|only|todo|failing|fixme|concurrent\.skip)\b"
    r"|\b(?:xit|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|fcontext|ftest)\s*\(|^\s*(?:pending|skip)(?:\s*$|\s+['\"]|\()"
    r"|\b[tbf]\.Skip(?:f|Now)?\(|#\[ignore\b|\[(?:Ignore|Explicit)\b|\bSkip\s*=\s*\"|\bAssume\.|\bassumeTrue\(|\bXCTSkip"
    r"|markTestSkipped|markTestIncomplete|@group\s+skip|@tag\s+:skip|\bGTEST_SKIP\b|\bDISABLED_\w+|^\s*@(?:skip|wip)\b"
    r"|//go:build\s+ignore|//\s*\+build\s+ignore"
)
_TESTS = _by_line(
    r"(?m)^\s*(?:async\s+)?def\s+(?:test\w*)|^\s*func\s+Test\w+|^\s*#\[(?:\w+::)*test\]|^\s*@(?:Test|ParameterizedTest)\b"
    r"|^\s*\[(?:Fact|Theory|Test|TestMethod|TestCase)\b|(?:^|\s)(?:it|test|specify|Scenario)\s*\(\s*['\"`]"
    r"|^\s*(?:it|test|specify)\s+['\"]|^\s*(?:public\s+)?function\s+test\w*|^\s*func\s+test\w*"
    r"|^\s*Scenario(?: Outline)?:|^\s*TEST(?:_F|_P)?\(|^\s*@test\s+\""
)
_ASSERTS = _by_line(
    r"(?m)\bassert\w*\b|\bexpect\s*\(|\bshould\b|\brequire\.\w+\(|\bt\.(?:Error|Fatal)f?\(|\bEXPECT_\w+\("
)


def tests(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Deleted, skipped or missing tests: medium. Fewer assertions than before are only mentioned: low."""
    del rules
    files = [file for file in change.files if matches(file.path, _IS_TEST)]
    kept = {file.oid for file in files if file.status != "D"}
    gone = [file for file in files if file.status == "D" and file.old_oid not in kept]
    before, after = _texts(files, read)
    yield from (_finding(f"{file.path}, a test file, is deleted", file.path) for file in gone if _holds(file, read))
    yield from _skips(files)
    yield from _fewer(before, after)


def _holds(file: FileChange, read: ReadBlob) -> bool:
    """Whether a deleted file had anything in it: an empty `__init__.py` is no loss."""
    return file.old_mode.startswith("100") and bool(read(file.old_oid).strip())


def _texts(files: Iterable[FileChange], read: ReadBlob) -> tuple[str, str]:
    """All test files as they were and as they are, so that a test that moves is not missed."""
    text = [file for file in files if not file.binary]
    old = [file.old_oid for file in text if file.old_mode.startswith("100")]
    new = [file.oid for file in text if file.mode.startswith("100")]
    before, after = ("\n".join(read(oid).decode("utf-8", "replace") for oid in oids) for oids in (old, new))
    return before, after


def _skips(files: Iterable[FileChange]) -> Iterator[Finding]:
    for file in files:
        for line in file.added_lines:
            if _SKIPS.search(line.text):
                yield _finding(f"{file.path} skips or singles out a test", f"{file.path}:{line.number}")
                break


def _fewer(before: str, after: str) -> Iterator[Finding]:
    was, now = len(_TESTS.findall(before)), len(_TESTS.findall(after))
    if now < was:
        yield _finding(f"the changed test files hold {now} tests, {was - now} fewer than before", "")
        return
    was, now = len(_ASSERTS.findall(before)), len(_ASSERTS.findall(after))
    if now < was:
        says = f"the changed test files hold {now} assertions, {was - now} fewer than before"
        yield Finding(rule="tests", risk=Risk.LOW, says=says, fix="Look at what is no longer asserted.")


def _finding(says: str, where: str) -> Finding:
    fix = "Make sure that the test is wrong, not the code, before you let it go."
    return Finding(rule="tests", risk=Risk.MEDIUM, says=says, fix=fix, where=where)
