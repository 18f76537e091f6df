"""The comments of an issue that an agent may see: of people with write now, as they were before it was labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from autonomy_pack.model import Comment, Task
from autonomy_pack.policy import instructions

_PEOPLE = 20
"""Accounts whose permission is asked for at most, one request each: of the newest comments first."""


class Heard(Protocol):
    """Where comments are: a forge, or GitHub itself."""

    def comments(self, issue: str, before: str = "") -> Sequence[Comment]:
        """The comments of an issue that were made before a time, oldest first."""

    def permission_of(self, actor_id: int, login: str) -> str:
        """What that account may do now."""


def of(heard: Heard, task: Task) -> Callable[[], tuple[Comment, ...]]:
    """A function that looks once, when it is first called."""
    return cache(lambda: _look(heard, task))


def _look(heard: Heard, task: Task) -> tuple[Comment, ...]:
    """Those that count; nobody is asked about where nobody labels."""
    if not task.issue or not task.labelled:
        return ()
    early = [one for one in heard.comments(task.issue, task.labelled) if instructions.is_before(one, task)]
    people = dict.fromkeys((one.author_id, one.author) for one in reversed(early) if one.author_id > 0)
    asked = list(people)[:_PEOPLE]
    permissions = {str(number): heard.permission_of(number, login) for number, login in asked}
    return instructions.counting(early, task, permissions)
