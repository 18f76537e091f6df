"""The plan that is handed off where code may not be."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Mission, Step, Task
from autonomy_pack.policy.names import canonical
from autonomy_pack.views.render import render as _render


def render(task: Task, mission: Mission, steps: Sequence[Step]) -> str:
    """What the mission would do for this task, for a person to judge and do."""
    told = [(step.tool, canonical(step.arguments)) for step in steps]
    return _render("plan.md.j2", task=task, mission=mission, steps=told)
