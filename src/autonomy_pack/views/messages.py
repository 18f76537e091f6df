"""The message and the author of the commit we make."""

from __future__ import annotations

from autonomy_pack.model import Task
from autonomy_pack.policy import names


def commit(task: Task, run: str, policy_sha256: str, version: str) -> str:
    """feat(agent): TITLE (#ID), and trailers that lead back to the run and to what it was judged by."""
    if task.repair:
        return (
            f"fix(agent): mend CI of #{task.repair.pull}: {names.title(task).partition(': ')[2]}\n\n"
            f"Mission {task.mission}, agent {task.agent}.\n\n"
            f"Autonomy-Repair: {run}\nAutonomy-Policy: {policy_sha256}\nAutonomy-Version: {version}\n"
        )
    return (
        f"{names.title(task)}\n\n"
        f"Mission {task.mission}, agent {task.agent}.\n\n"
        f"Autonomy-Run: {run}\nAutonomy-Attempt: {names.attempt8(task)}\nAutonomy-Policy: {policy_sha256}\n"
        f"Autonomy-Version: {version}\n"
    )


def author(agent: str) -> str:
    """Who a change is by: its agent, through us."""
    return f"Autonomy Pack ({agent}) <{agent}@autonomy.invalid>"
