"""The message of the commit we make."""

from __future__ import annotations

from autonomy_pack.model import Task
from autonomy_pack.policy import names


def commit(task: Task, run: str, version: str) -> str:
    """feat(agent): TITLE (#ID), and trailers that lead back to the run."""
    return (
        f"{names.title(task)}\n\n"
        f"Mission {task.mission}, agent {task.agent}.\n\n"
        f"Autonomy-Run: {run}\nAutonomy-Attempt: {names.attempt8(task)}\nAutonomy-Version: {version}\n"
    )
