"""File modes: ordinary files only, and programs only where a person agrees."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Finding, Risk, Rules

_ORDINARY = ("100644", "100755")
_ABSENT, _LINK, _SUBMODULE = "000000", "120000", "160000"


def modes(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """Modes other than 100644 and 100755: high. A file that becomes executable: medium."""
    del read, rules
    for file in change.files:
        if file.mode in (_ABSENT, _LINK, _SUBMODULE):
            continue
        if file.mode not in _ORDINARY:
            says, fix = f"{file.path} has the mode {file.mode}", "Give it the mode 100644 or 100755."
            yield Finding(rule="modes", risk=Risk.HIGH, says=says, fix=fix, where=file.path)
        elif file.mode == "100755" and file.old_mode != "100755":
            says, fix = f"{file.path} becomes executable", "Look at what it does when somebody runs it."
            yield Finding(rule="modes", risk=Risk.MEDIUM, says=says, fix=fix, where=file.path)
