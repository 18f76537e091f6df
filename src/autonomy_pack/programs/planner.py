"""The planner: deterministic steps in the current folder, one at a time, each announced before it begins.

    python -I -m autonomy_pack.programs.planner

Reads one JSON line {"steps": [{"tool", "arguments"}…], "limits": {"steps": 50}, "dry_run": false} and prints one
JSON line per event. After each `step.started` it waits for a line "go STEP SHA256" of this very call; "no STEP SHA256
WHY" fails the step, anything else, or the end of its input, ends it. Exit codes: 0 all steps done · 1 a step failed,
and no later one was begun · 2 not a plan · 5 told to stop.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.captured import ProgramFailed
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.programs.pacing import refused, tell
from autonomy_pack.programs.shapes import misfit
from autonomy_pack.tools import TOOLS

MAX_PLAN = 8 * 1024 * 1024
MAX_OUTPUT = 32 * 1024
_HALF = MAX_OUTPUT // 2


def main() -> int:
    """Read the plan, do it; the exit code."""
    try:
        steps, dry_run = read_plan(sys.stdin.buffer.readline(MAX_PLAN + 1))
        if any(step["tool"] == "run" for step in steps):
            import tempfile

            with tempfile.TemporaryDirectory(prefix="home-") as home:
                os.environ.setdefault("HOME", home)
                return _all(steps, dry_run=dry_run)
        return _all(steps, dry_run=dry_run)
    except PackError as error:
        print(f"{error.says}. {error.fix}", file=sys.stderr)
        return error.exit_code


def read_plan(line: bytes) -> tuple[list[Mapping[str, Any]], bool]:
    """(steps, dry_run) of a plan; UsageError when any word of it is not understood."""
    fix = "The plan is made by the harness from a mission; run `autonomy mission validate`."
    try:
        plan = json.loads(line)
        steps, most, dry_run = plan["steps"], plan["limits"]["steps"], plan["dry_run"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"this is not a plan: {error!r}", fix) from error
    if not isinstance(steps, list) or type(most) is not int or type(dry_run) is not bool:
        raise UsageError("this is not a plan: steps, limits or dry_run are of the wrong type", fix)
    if len(steps) > most:
        raise UsageError(f"{len(steps)} steps are more than the limit of {most}", "Raise limits.steps, or split it.")
    for number, step in enumerate(steps, start=1):
        problem = _wrong(step)
        if problem:
            raise UsageError(f"step {number}: {problem}", fix)
    return steps, dry_run


def _wrong(step: Any) -> str:
    """What is wrong with a step; "" when nothing is. An unknown tool is never run."""
    if not isinstance(step, dict) or set(step) != {"tool", "arguments"}:
        return "it needs a tool and its arguments"
    tool = TOOLS.get(step["tool"]) if isinstance(step["tool"], str) else None
    return misfit(step["arguments"], tool.schema) if tool else f"there is no tool {step['tool']!r}"


def _all(steps: list[Mapping[str, Any]], *, dry_run: bool) -> int:
    for number, step in enumerate(steps, start=1):
        call = {"name": step["tool"], "arguments": step["arguments"]}
        refusal = refused(number, call)
        begun = time.perf_counter()
        exit_, output = (1, refusal) if refusal else (0, "dry run: not done") if dry_run else _do(step)
        cut, sha256 = bounded(output)
        data = {"step": number, "exit": exit_, "duration": round(time.perf_counter() - begun, 6)}
        tell("step.finished", data | {"output": cut, "output_sha256": sha256})
        if exit_:
            print(f"step {number} ({step['tool']}) failed: {cut[-2000:]}", file=sys.stderr)
            return 1
    return 0


def _do(step: Mapping[str, Any]) -> tuple[int, str]:
    """(exit, output) of one step, whatever happens in it."""
    try:
        return 0, TOOLS[step["tool"]].run(step["arguments"], ".")
    except ProgramFailed as failed:
        return failed.exit, f"{failed.output}{_ended(failed.output)}{failed.says}"
    except PackError as error:
        return 1, f"{error.says}. {error.fix}"
    except Exception as error:  # noqa: BLE001  # a step's bug is a failed step, told like any other
        return 1, f"{type(error).__name__}: {error}"


def _ended(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"


def bounded(text: str) -> tuple[str, str | None]:
    """The text, or its first and last 16 KiB with the sha256 of the whole when it has more than 32 KiB."""
    content = text.encode("utf-8", "backslashreplace")
    if len(content) <= MAX_OUTPUT:
        return content.decode(), None
    head, tail = (part.decode("utf-8", "ignore") for part in (content[:_HALF], content[-_HALF:]))
    left_out = len(content) - 2 * _HALF
    return f"{head}\n… {left_out} bytes left out …\n{tail}", hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
