"""Which acceptance criteria a change has evidence for. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autonomy_pack.model import CheckResult, Criterion, Mission, value


@value
class Evidence:
    """One criterion and the names of the checks that show it; none = no evidence."""

    criterion: Criterion
    checks: tuple[str, ...]


def weigh(
    criteria: Sequence[Criterion], mission: Mission, results: Sequence[CheckResult], head: str
) -> tuple[Evidence, ...]:
    """Each criterion with the checks that exited 0 on exactly `head` and that the mission names for it.

    A mission that names none lets all checks together stand for every criterion: one that failed, or no check at
    all, means no evidence.
    """
    passed = {result.name for result in results if result.exit == 0 and result.head == head}
    return tuple(Evidence(criterion=one, checks=_checks(one, mission, results, passed)) for one in criteria)


def _checks(
    criterion: Criterion, mission: Mission, results: Sequence[CheckResult], passed: set[str]
) -> tuple[str, ...]:
    named = [one.check for one in mission.success if re.search(one.criterion, criterion.text, re.IGNORECASE)]
    needed = named if mission.success else [result.name for result in results]
    return tuple(needed) if needed and all(name in passed for name in needed) else ()


def closes(evidence: Sequence[Evidence]) -> bool:
    """Whether every criterion has evidence, and there is at least one."""
    return bool(evidence) and all(one.checks for one in evidence)
