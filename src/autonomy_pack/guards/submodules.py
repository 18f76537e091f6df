"""Submodules: other people's code, by reference."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Finding, Risk, Rules

_SUBMODULE = "160000"


def submodules(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """A new submodule: high. One that moves to another commit, or goes: medium."""
    del read, rules
    for file in change.files:
        if _SUBMODULE not in (file.mode, file.old_mode):
            continue
        new = file.mode == _SUBMODULE and file.old_mode != _SUBMODULE
        yield Finding(
            rule="submodules",
            risk=Risk.HIGH if new else Risk.MEDIUM,
            says=f"{file.path} becomes a submodule" if new else f"the submodule {file.path} changes",
            fix="Let a person add it." if new else "Look at what lies between the two commits of the submodule.",
            where=file.path,
        )
