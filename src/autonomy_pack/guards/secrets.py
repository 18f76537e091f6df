"""Passwords, tokens and keys in what a change adds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.edges import redact
from autonomy_pack.model import Change, FileChange, Finding, Risk, Rules

_FIX = "Take it out and read it from the environment instead; if it ever was real, revoke it now."
# The public beginning of a kind of token is in every manual; it is no part of a leak.
_PUBLIC = re.compile(r"(?:github_pat|gh[pousr]|sk-ant-[a-z]*[0-9]*|sk-proj|sk-svcacct|sk-or-v1|pypi-[A-Za-z]*)[_-]?")


def secrets(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Passwords, tokens and keys in added lines, in new binary files, in names and in the commit message: high."""
    for file in change.files:
        yield from _in_file(file, read, rules)
        if file.status != "D":
            yield from (_finding(rule, "a file name", "") for rule, _ in _found(file.path, rules))
    yield from (_finding(rule, "the commit message", "") for rule, _ in _found(change.message, rules))


def _in_file(file: FileChange, read: ReadBlob, rules: Rules) -> Iterator[Finding]:
    if file.added_lines:
        starts = list(accumulate((len(line.text) + 1 for line in file.added_lines), initial=0))
        for rule, at in _found("\n".join(line.text for line in file.added_lines), rules):
            number = file.added_lines[bisect_right(starts, at) - 1].number
            yield _finding(rule, "an added line", f"{file.path}:{number}")
    elif (file.binary and file.status != "D") or file.mode == "120000":
        # Without its zero bytes, text of two bytes a character reads like any other.
        content = read(file.oid).decode("latin-1").replace("\0", "")
        yield from (_finding(rule, "a binary file", file.path) for rule, _ in _found(content, rules))


def _found(text: str, rules: Rules) -> Iterator[tuple[str, int]]:
    for rule, start, end in redact.find(text, rules.secrets):
        if not (rule == redact.KNOWN and _PUBLIC.fullmatch(text[start:end])):
            yield rule, start


def _finding(rule: str, place: str, where: str) -> Finding:
    what = "a secret of this machine" if rule == redact.KNOWN else f"a secret ({rule})"
    return Finding(rule="secrets", risk=Risk.HIGH, says=f"{what} is in {place}", fix=_FIX, where=where)
