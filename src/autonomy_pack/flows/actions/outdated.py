"""A status label that outlived what it told of: a runner that was cut off for a while may put it on after the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autonomy_pack.flows.actions.delivery import ASSIGNED, BLOCKED, MADE, WAITING
from autonomy_pack.model import Lease
from autonomy_pack.policy import names

_ENDED = frozenset({MADE, WAITING, BLOCKED})
_MOST = 20
"""Issues of one run: the next run goes on."""


def still_assigned(issues: Iterable[Mapping[str, Any]], leases: Callable[[], Iterable[Lease]]) -> list[str]:
    """The numbers of issues whose labels tell of work beside how it ended, though nobody holds a lease of them."""
    found = [one["id"] for one in issues if ASSIGNED in one["labels"] and _ENDED.intersection(one["labels"])]
    tasks = [names.task_of_claim(lease.key) for lease in leases() if lease.key.startswith("task:")] if found else []
    held = {names.issue_of(task) for task in tasks}
    return [number for number in found if number not in held][:_MOST]
