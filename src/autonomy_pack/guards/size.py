"""Changes too large for a person to review."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Finding, Risk, Rules

_MANY_LINES = 2000
_FIX = "Split the work into smaller issues, each with its own change."


def size(change: Change, read: ReadBlob, rules: Rules) -> Iterable[Finding]:
    """More files or kilobytes than allowed: high. Many lines are only mentioned: low."""
    del read
    files, kib = len(change.files), sum(file.size for file in change.files) / 1024
    lines = sum(file.added + file.removed for file in change.files)
    if files > rules.max_files:
        says = f"the change touches {files:,} files, more than {rules.max_files:,}"
        yield Finding(rule="size", risk=Risk.HIGH, says=says, fix=_FIX)
    if kib > rules.max_kib:
        says = f"the changed files hold {kib:,.0f} KiB, more than {rules.max_kib:,}"
        yield Finding(rule="size", risk=Risk.HIGH, says=says, fix=_FIX)
    if lines > _MANY_LINES:
        says = f"the change adds and removes {lines:,} lines"
        yield Finding(rule="size", risk=Risk.LOW, says=says, fix="Take the time to read it, or ask for smaller steps.")
