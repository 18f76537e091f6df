"""The agents, one file each: how it is started, how its output is read."""

from __future__ import annotations

from autonomy_pack.agents import anthropic, command, planner, script
from autonomy_pack.contracts import Agent

AGENTS: dict[str, Agent] = {
    "planner": planner,
    "script": script,
    "command": command,
    "anthropic": anthropic,
}
