"""The agents, one file each: how it is started, how its output is read."""

from __future__ import annotations

from autonomy_pack.agents import (
    aider,
    anthropic,
    claude,
    codex,
    command,
    copilot,
    gemini,
    mini,
    opencode,
    planner,
    script,
)
from autonomy_pack.contracts import Agent

AGENTS: dict[str, Agent] = {
    "planner": planner,
    "script": script,
    "command": command,
    "anthropic": anthropic,
    "claude": claude,
    "codex": codex,
    "gemini": gemini,
    "copilot": copilot,
    "opencode": opencode,
    "aider": aider,
    "mini": mini,
}
