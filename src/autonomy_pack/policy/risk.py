"""From findings to a verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from autonomy_pack.model import Finding, Risk

Bounds = tuple[Risk, Risk]
"""ask_from and block_from."""


def tightest(*bounds: Bounds) -> Bounds:
    """The lowest of each: a mission or a repository may only tighten."""
    return min(ask for ask, _ in bounds), min(block for _, block in bounds)


def verdict(findings: Iterable[Finding], ask_from: Risk, block_from: Risk) -> str:
    """block, ask or pass, by the highest risk found."""
    highest = max((finding.risk for finding in findings), default=None)
    if highest is None:
        return "pass"
    return "block" if highest >= block_from else "ask" if highest >= ask_from else "pass"
