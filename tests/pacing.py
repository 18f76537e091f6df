"""What the harness says to programs that wait before each step, for tests that play the harness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autonomy_pack.policy import steps


def word(said: str, started: Mapping[str, Any]) -> bytes:
    """The line for "go" or "no WHY" to the step that was announced with that data; any other word as it is."""
    call = steps.announced(started)
    if said == "go":
        return steps.go(call)
    return steps.refusal(call, said[3:]) if said.startswith("no ") else said.encode() + b"\n"


def all_go(plan: Iterable[tuple[str, Any]]) -> bytes:
    """The lines that let each step of a plan begin: (tool, arguments)."""
    return b"".join(
        word("go", {"step": number, "tool_call": {"name": tool, "arguments": arguments}})
        for number, (tool, arguments) in enumerate(plan, 1)
    )
