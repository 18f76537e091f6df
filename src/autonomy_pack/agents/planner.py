"""The planner: runs a mission's steps one by one, in a process of its own. No model, no tokens, no network."""

from __future__ import annotations

from autonomy_pack.agents import paced
from autonomy_pack.model import Brief, Command

secrets: tuple[str, ...] = ()
protocol = ""
model = ""
needs_port = False
tells_end = False
read = paced.read


def runs_programs(brief: Brief) -> bool:
    """Only with a `run` step; every other step is our own code."""
    return any(step.tool == "run" for step in brief.steps)


def command(brief: Brief) -> Command:
    """The planner's process; it reads its plan as one line, and "go" before each step."""
    steps = [{"tool": step.tool, "arguments": step.arguments} for step in brief.steps]
    return paced.start(
        "planner", {"steps": steps, "limits": {"steps": brief.mission.limits.steps}, "dry_run": False}, brief
    )
