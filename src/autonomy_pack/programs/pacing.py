"""How our programs that work step by step talk with the harness: each step is announced, and waits for a word about it.

The word names the step and the hash of its call, and holds for nothing else. Whatever else runs in the folder can write
to our output too, so the harness may have been told of steps that are none of ours: the words about those come here as
well, and are passed over.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import Stopped
from autonomy_pack.policy import steps

_LONGEST = 4096


def tell(kind: str, data: Mapping[str, Any]) -> None:
    """One line for the harness."""
    sys.stdout.write(json.dumps({"kind": kind, "data": data}) + "\n")
    sys.stdout.flush()


def refused(step: int, tool_call: Mapping[str, Any]) -> str:
    """Announce the step and wait: why it is refused, "" when it may begin. Raises Stopped when the word is to end."""
    data = {"step": step, "tool_call": tool_call}
    tell("step.started", data)
    call, ruling = steps.announced(data), None
    while ruling is None:
        try:
            ruling = steps.heard(sys.stdin.buffer.readline(_LONGEST), call)
        except ValueError as error:
            raise Stopped(f"told to stop before step {step}", "Run it again when the stop is lifted.") from error
    return ruling.why
