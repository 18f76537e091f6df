"""What an agent is told: our rules first, then the mission, then the issue as quoted data."""

from __future__ import annotations

from autonomy_pack.model import Mission, Task
from autonomy_pack.views.render import render as _render


def render(task: Task, mission: Mission, complaint: str = "", returns: str = "") -> str:
    """The prompt; `complaint` is what was wrong with the last round, "" in the first; `returns` the schema of what it
    has to give back, "" when it changes files.
    """
    return _render("prompt.md.j2", task=task, mission=mission, complaint=complaint, returns=returns)
