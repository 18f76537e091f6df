"""L1: Landlock and a filter of system calls, where no namespaces can be had; what it leaves open, `lacks` says."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from dataclasses import replace
from functools import cache

from autonomy_pack.edges import shell
from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import launcher, seccomp

level = "L1"

_OLDEST = 4  # the first that can refuse TCP, and with what came before it, to cut files short
_SCOPES = 6  # the first that keeps signals and abstract sockets inside
_VERSION = 444, None, 0, 1  # landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)


@cache
def missing() -> str:
    """Why there is no such box here, with the fix, found by really making one; "" when there is."""
    if sys.platform != "linux" or not seccomp.program(os.uname().machine):
        return f"Landlock needs Linux on x86_64 or aarch64; this is {sys.platform} on {os.uname().machine}."
    if _abi() < _OLDEST:
        return "This kernel has no Landlock, or one before Linux 6.7. Install bubblewrap, or a newer kernel."
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  (somebody else than root has to be able to enter it)
        probe = Command(argv=(sys.executable, "-I", "-S", "-c", "print('in')"), cwd=folder, env={})
        heard: list[bytes] = []
        ended = shell.run(
            wrap(probe, Room(work=folder)), seconds=20, stall_seconds=None, on_line=heard.append, stop=lambda: ""
        )
    if heard == [b"in"] and ended.exit == 0:
        return ""
    why = ended.says or ended.cause
    fix = "Install bubblewrap; or, as root, make our interpreter's folder readable for every user."
    return f"Landlock cannot start a program here ({why}). {fix}"


def lacks() -> tuple[str, ...]:
    """What a program can do here that it cannot in the strongest box."""
    open_here = [
        "see that files and folders exist, their sizes, the names of users and of this machine",
        "change modes and times of any file that belongs to the user it runs as (nobody's, when started by root)",
        "start processes without a bound of its own",
        "reach a unix socket file of the host, when the agent itself speaks through one",
        "connect by TCP to any host at the gateway's port number, when the agent speaks by TCP",
        "outlive a launcher and a harness that are both killed with SIGKILL, as a daemon",
    ]
    if _abi() < _SCOPES:
        open_here += ["signal this user's other processes", "reach abstract sockets, as it does socket files"]
    return tuple(open_here)


def wrap(command: Command, room: Room) -> Command:
    """The same program behind walls; its bridge stays outside of them, so that inside no socket file can be reached."""
    families = (seccomp.INET,) if room.port else (seccomp.UNIX,) if room.socket else ()
    filtered = seccomp.program(os.uname().machine, families, alone=False).hex()
    words = [*launcher.places(room), f"filter={filtered}", *([f"port={room.port}"] if room.port else ())]
    if not launcher.is_too_wide(launcher.PACK.parent):
        words += [f"list={launcher.PACK.parent}"]  # in a checkout nothing else shows an import where we are
    walled = replace(command, argv=(*launcher.program("walls.py"), *words, "--", *command.argv))
    return launcher.through("landlock", launcher.places(room), launcher.bridged(walled, room))


@cache
def _abi() -> int:
    return int(ctypes.CDLL(None).syscall(*_VERSION)) if sys.platform == "linux" else 0
