"""L2 without bubblewrap: root builds the same walls, on a hosted runner by sudo, and the program in them is nobody."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import cache

from autonomy_pack.edges import host, shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import launcher, seccomp

level = "L2"


@cache
def missing() -> str:
    """Why there is no such box here, with the fix, found by really making one; "" when there is.

    sudo is asked in GitHub Actions alone: on a person's machine nothing becomes root unasked.
    """
    if sys.platform != "linux" or not seccomp.program(os.uname().machine):
        return f"Namespaces need Linux on x86_64 or aarch64; this is {sys.platform} on {os.uname().machine}."
    if os.geteuid() != 0 and not _sudo():
        return "Only root builds a box without bubblewrap, and sudo without a password on a runner. Install bubblewrap."
    with tempfile.TemporaryDirectory() as folder:
        heard: list[bytes] = []
        probe = Command(argv=(sys.executable, "-I", "-S", "-c", "print('in')"), cwd=folder, env={})
        ended = _run(wrap(probe, Room(work=folder)), heard)
    if heard == [b"in"] and ended == "":
        return ""
    return f"Root cannot build a box here ({ended or 'it said nothing'}). Install bubblewrap."


def lacks() -> tuple[str, ...]:
    """What a program can do here that it cannot in the strongest box."""
    return ()


def wrap(command: Command, room: Room) -> Command:
    """The same program in a box with the walls of bubblewrap."""
    filtered = seccomp.program(os.uname().machine).hex()
    builder = launcher.program("namespaces.py")[-1]
    pairs = [f"filter={filtered}", f"builder={builder}", *launcher.places(room)]
    if os.geteuid() != 0:
        pairs.append(f"sudo={_sudo()}")
    return launcher.through("namespaces", pairs, launcher.bridged(command, room))


@cache
def _sudo() -> str:
    """The path of a sudo that asks for no password, on a runner of GitHub Actions; "" elsewhere."""
    found = shutil.which("sudo", path=host.setting("PATH", os.defpath))
    if not found or host.setting("GITHUB_ACTIONS") != "true":
        return ""
    return found if _run(Command(argv=(found, "-n", "true"), cwd="/"), []) == "" else ""


def _run(command: Command, heard: list[bytes]) -> str:
    """Run it; why it did not end well, "" when it did."""
    ended = shell.run(command, seconds=20, stall_seconds=None, on_line=heard.append, stop=lambda: "")
    return "" if ended.exit == 0 else ended.says or ended.cause
