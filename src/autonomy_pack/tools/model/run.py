"""Run a program in the tree: it has no network, and ends with all it began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import recorded
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import OUTPUT, free_place, number, takes, text, texts

description = (
    "Run a command at the top of the tree: as a list, a program with its arguments; as a text, a line for the shell. "
    "There is no network, and nothing it starts outlives it. Of a long output the beginning and the end are shown, the "
    "whole can be read under the name that is told."
)
risk = Risk.HIGH
mutates = True
schema = takes(
    ["command"],
    command={
        "description": "The program and its arguments as a list, or one line for the shell",
        "anyOf": [texts("A program and its arguments", "One word"), text("A line for the shell")],
    },
    seconds=number("How long it may take; without it, 120"),
)

SECONDS = 120.0
_SHOWN = 6000


class Failed(WorldError):
    """A command that ended with another code than 0, or was ended; says all that it printed."""


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """Its output, standard output and error together; Failed, with the same, when it did not end with 0."""
    command = arguments["command"]
    argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
    to = free_place(desk)
    seconds = min(float(arguments.get("seconds", SECONDS)), desk.seconds)
    ran = recorded.run(argv, desk.work, env=desk.env, seconds=seconds, to=to, shown=_SHOWN)
    said = _shown(ran, f"{OUTPUT}{to.name}")
    if ran.size <= 2 * _SHOWN:
        to.unlink(missing_ok=True)
    if ran.cause:
        raise Failed(f"{said}[ended after {ran.seconds:.0f} s: {ran.cause}]", "Give it `seconds`, or make it do less.")
    if ran.exit:
        raise Failed(f"{said}[exit code {ran.exit}]", "")
    return said or "[exit code 0, no output]"


def _shown(ran: recorded.Recorded, name: str) -> str:
    """The output, or its ends and where the rest of it is."""
    head, tail = (part.decode("utf-8", "replace") for part in (ran.head, ran.tail))
    left_out = ran.size - len(ran.head) - len(ran.tail)
    if not left_out:
        said = head + tail
    elif ran.kept:
        part = "all of it is" if ran.kept == ran.size else f"its first {ran.kept} bytes are"
        said = f"{head}\n[… {left_out} bytes left out; {part} in {name} …]\n{tail}"
    else:
        said = f"{head}\n[… {left_out} bytes left out, and lost: the disk is full …]\n{tail}"
    return said if not said or said.endswith("\n") else f"{said}\n"
