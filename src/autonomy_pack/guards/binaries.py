"""Files that cannot be read as text."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Finding, Risk, Rules


def binaries(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """New or changed binary files, and files too large to read: medium, for nobody can review them line by line."""
    del read, rules
    for file in change.files:
        if file.binary and file.status != "D":
            says = f"{file.path} is binary, or too large to read ({file.size:,} bytes)"
            fix = "Make sure you know where it comes from."
            yield Finding(rule="binaries", risk=Risk.MEDIUM, says=says, fix=fix, where=file.path)
