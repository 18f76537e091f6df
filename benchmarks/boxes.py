"""What starting a program in a box costs beyond starting it bare."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pairs
from pairs import Result, Say

from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES


def measure(*, quick: bool, say: Say) -> Result:
    """`true` through the launcher, in every sandbox there is here, beside subprocess.run."""
    result, times = Result(), 3 if quick else 21
    with tempfile.TemporaryDirectory() as work:
        things = {"bare": lambda: pairs.seconds(lambda: subprocess.run(["true"], cwd=work, check=True)) * 1000}
        for name, sandbox in SANDBOXES.items():
            if why := sandbox.missing():
                result.notes.append(f"{name} is left out: {why}")
            else:
                things[name] = _start(sandbox.wrap, work)
        say(f"boxes: {', '.join(things)}, {times} times")
        for start in things.values():
            start()
        found = pairs.in_turn(times, things)
    boxed = [name for name in found if name != "bare"]
    result.rows = [pairs.row(f"`true` in {name}", "ms", found[name], "bare `true`", found["bare"]) for name in boxed]
    return result


def _start(wrap: Callable[[Command, Room], Command], work: str) -> Callable[[], float]:
    command = wrap(Command(argv=("true",), cwd=work, env={"PATH": os.environ["PATH"]}), Room(work=str(Path(work))))

    def start() -> None:
        ended = shell.run(command, seconds=30, stall_seconds=None, on_line=lambda _: None, stop=lambda: "")
        if ended.cause != "exited" or ended.exit != 0:
            raise RuntimeError(f"`true` ended as {ended}")

    return lambda: pairs.seconds(start) * 1000
