"""Judging a change by every guard (placeholder by the lead until the guards helper's file lands: overwrite it)."""

from __future__ import annotations

from autonomy_pack.contracts import ReadBlob
from autonomy_pack.model import Change, Examination, Rules


def examine(change: Change, read: ReadBlob, rules: Rules) -> Examination:
    """Every finding of every guard."""
    return Examination(findings=())
