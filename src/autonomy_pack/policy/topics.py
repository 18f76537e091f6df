"""Topics of an issue, told by its labels. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def plan_only(labels: Sequence[str], topics: Sequence[str]) -> tuple[str, ...]:
    """The topics that ask for a plan only: a label `auth` or of any family, such as `area:auth`, is topic auth."""
    named = {label.casefold().rpartition(":")[2].strip() for label in labels}
    return tuple(topic for topic in topics if topic.casefold() in named)
