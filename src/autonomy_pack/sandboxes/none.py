"""No box: the program sees what this user sees. It still ends with us, and everything it began ends with it."""

from __future__ import annotations

from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import launcher

level = "none"


def missing() -> str:
    """Nothing is needed; that a person chose it is for the flow to see."""
    return ""


def lacks() -> tuple[str, ...]:
    """What a program can do here that it cannot in the strongest box."""
    return ("do all that this user can",)


def wrap(command: Command, room: Room) -> Command:
    """The same program under the launcher, which takes its whole process tree with it."""
    return launcher.through("none", (), launcher.bridged(command, room))
