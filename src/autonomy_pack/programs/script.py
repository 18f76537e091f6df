"""The double: a real process that behaves, well or badly, exactly as its script says. One JSON list on its first line
of input, `[["write", "hello.txt", "hello"], ["exit", "1"]]`; then it speaks as the planner does: each step is announced
and waits for the word about it. What the misbehaviours do, and how they are to be judged, tells
docs/reference/agents/script.md.
"""

from __future__ import annotations

import json
import sys
import time

from autonomy_pack.errors import Stopped
from autonomy_pack.programs.behaviours import BEHAVIOURS
from autonomy_pack.programs.pacing import refused, tell


def main() -> int:
    """Play the script to its end; 0, unless a step of it says otherwise. 2 when there is no such behaviour."""
    script: list[list[str]] = json.loads(sys.stdin.buffer.readline() or b"[]")
    unknown = [name for name, *_ in script if name not in BEHAVIOURS]
    if unknown:
        print(f"no behaviour is called {unknown[0]}; there are {', '.join(BEHAVIOURS)}", file=sys.stderr)
        return 2
    for number, (name, *words) in enumerate(script, start=1):
        try:
            if refused(number, {"name": name, "arguments": words}):
                return 0
        except Stopped:
            return 0
        tell("step.finished", {"step": number, **_played(name, words)})
    return 0


def _played(name: str, words: list[str]) -> dict[str, object]:
    begun = time.monotonic()
    code, output = 0, ""
    try:
        output = BEHAVIOURS[name](*words) or ""
    except (OSError, TypeError, ValueError) as error:
        code, output = 1, f"{type(error).__name__}: {error}"
    return {"exit": code, "duration": round(time.monotonic() - begun, 3), "output": output, "output_sha256": None}


if __name__ == "__main__":
    sys.exit(main())
