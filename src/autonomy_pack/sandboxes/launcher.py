"""How the sandboxes start the box launcher: one argv, and the folders that any program of ours needs to see."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from autonomy_pack.edges import host
from autonomy_pack.model import Command, Room

PACK = Path(__file__).resolve().parent.parent


def through(mode: str, pairs: Sequence[str], command: Command) -> Command:
    """The command, started by the launcher in that mode; its environment, folder and input stay its own."""
    argv = (*program("box.py"), mode, str(os.getpid()), *pairs, "--", *command.argv)
    return replace(command, argv=argv)


def places(room: Room) -> list[str]:
    """The launcher's words for what a room shows and our toolchain, none twice; what is not there is left out."""
    writable = {os.path.normpath(path) for path in (room.work, *room.writable)}
    readable = {os.path.normpath(path) for path in (*room.readable, *toolchain()) if Path(path).exists()} - writable
    words = [*(f"write={path}" for path in sorted(writable)), *(f"read={path}" for path in sorted(readable))]
    return [*words, f"socket={os.path.normpath(room.socket)}"] if room.socket else words


def bridged(command: Command, room: Room) -> Command:
    """The command behind a bridge from the room's loopback port to its socket, when it has a port."""
    if not room.port:
        return command
    return replace(command, argv=(*program("bridge.py"), room.socket, str(room.port), "--", *command.argv))


def program(name: str) -> tuple[str, ...]:
    """The beginning of the argv of one of our small programs that run alone."""
    return (sys.executable, "-I", "-S", str(PACK / "programs" / name))


@cache
def toolchain() -> tuple[str, ...]:
    """The folders that hold our interpreter, its environment and this package, beyond /usr: none inside another."""
    places = sorted(
        {path for path in (*_prefixes(), PACK) if not path.is_relative_to("/usr") and not is_too_wide(path)}
    )
    return tuple(
        str(path) for path in places if not any(path != other and path.is_relative_to(other) for other in places)
    )


def is_too_wide(path: Path) -> bool:
    """Whether showing that folder would show a home, or everything: then the box goes without it."""
    home = host.home()
    return path.resolve() == Path("/") or home.is_relative_to(path) or home.resolve().is_relative_to(path.resolve())


def _prefixes() -> Iterator[Path]:
    """The interpreter's prefixes, and those of every link on the way from its name to its file."""
    for prefix in (sys.prefix, sys.base_prefix):
        yield Path(prefix)
        yield Path(prefix).resolve()
    interpreter = Path(sys.executable)
    with suppress(PermissionError):  # a folder on the way that this user may not look into helps nobody inside either
        while interpreter.is_symlink():
            interpreter = Path(os.path.normpath(interpreter.parent / interpreter.readlink()))
            yield interpreter  # the link alone: the folder it lies in may be anybody's, even a home
