"""What risk means: whether a change passes, waits for a person, or is blocked; and whose word is the tightest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from autonomy_pack.model import Finding, Risk

Verdict = Literal["pass", "ask", "block"]


def verdict(findings: Iterable[Finding], ask_from: Risk, block_from: Risk) -> Verdict:
    """The riskiest finding decides: at or above `block_from` blocks, at or above `ask_from` asks, else it passes."""
    worst = max((finding.risk for finding in findings), default=None)
    if worst is None:
        return "pass"
    if worst >= block_from:
        return "block"
    return "ask" if worst >= ask_from else "pass"


def tightest(*bounds: tuple[Risk, Risk]) -> tuple[Risk, Risk]:
    """Of several (ask_from, block_from) the lowest of each, and never looser than the defaults (medium, high)."""
    asks, blocks = zip((Risk.MEDIUM, Risk.HIGH), *bounds, strict=True)
    return min(asks), min(blocks)
