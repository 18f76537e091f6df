"""The CPU time of commands that only look, beside a bare interpreter; one of them on a very large store."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import large_store
import pairs
from pairs import Result, Row, Say
from tests.world import PASSING, World

_BUILD = Path(__file__).resolve().parents[1] / "build"


def measure(*, quick: bool, say: Say) -> Result:
    """`autonomy --help` and `autonomy status` beside `python -c pass`; `status` with 100 k tasks and 1 M events."""
    result = Result()
    with tempfile.TemporaryDirectory() as name:
        world = World(Path(name) / "repo")
        world.config(PASSING)
        world.issue("1")
        world.run()
        world.close()
        tasks = 200 if quick else 100_000
        large = large_store.at(Path(name) if quick else _BUILD, tasks, say)
        times = 3 if quick else 11
        say(f"start_up: {times} times")
        result.rows = _rows(world.root, large, tasks, times)
    return result


def _rows(root: Path, large: Path, tasks: int, times: int) -> list[Row]:
    there, elsewhere = dict(os.environ), os.environ | {"AUTONOMY_STORE": f"sqlite:///{large}"}

    def cpu(*words: str, env: dict[str, str] = there) -> float:
        return pairs.cpu_ms(words, cwd=str(root), env=env)

    program = _program()
    for env in (there, elsewhere):  # the first time compiles and fills caches
        cpu(*program, "status", env=env)
    found = pairs.in_turn(
        times,
        {
            "bare": lambda: cpu(sys.executable, "-c", "pass"),
            "help": lambda: cpu(*program, "--help"),
            "status": lambda: cpu(*program, "status"),
            "large": lambda: cpu(*program, "status", env=elsewhere),
        },
    )
    events = f"{tasks * large_store.EVENTS_EACH:,}"
    told = [
        ("help", "autonomy --help, CPU", 150),
        ("status", "autonomy status, CPU", 150),
        ("large", f"autonomy status, {tasks:,} tasks, {events} events, CPU", 300),
    ]
    return [_row(what, found[name], found["bare"], limit) for name, what, limit in told]


def _row(what: str, ours: list[float], bare: list[float], limit: int) -> Row:
    """The aim is held against the whole, the interpreter's own part included."""
    return pairs.row(
        what,
        "ms",
        ours,
        "python -c pass",
        bare,
        aim=f"≤ {limit} ms",
        met=lambda middle, _bare, _ratio: middle <= limit,
    )


def _program() -> list[str]:
    installed = Path(sys.executable).with_name("autonomy")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "autonomy_pack"]
