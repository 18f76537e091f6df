"""L2: namespaces of its own for pid, net, mount, user and ipc, no capability, nothing of the host but the toolchain."""

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

_USERNS = (
    "Allow unprivileged user namespaces: on Ubuntu 24.04 or newer give /usr/bin/bwrap an AppArmor profile with the "
    "rule `userns,`; in a container, start that with --security-opt seccomp=unconfined and systempaths=unconfined; "
    "elsewhere `sysctl -w user.max_user_namespaces=15000`."
)


@cache
def missing() -> str:
    """Why there is no box here, with the fix, found by really making a tiny one; "" when there is."""
    if sys.platform != "linux":
        return "bubblewrap needs Linux. Let the planner work without programs, or choose --sandbox none yourself."
    if not _bwrap():
        return "bubblewrap is not installed. Install it: apt-get install bubblewrap (dnf, apk, pacman: the same name)."
    with tempfile.TemporaryDirectory() as folder:
        probe = Command(argv=(sys.executable, "-I", "-S", "-c", "print('in')"), cwd=folder, env={})
        heard: list[bytes] = []
        ended = shell.run(
            wrap(probe, Room(work=folder)), seconds=20, stall_seconds=None, on_line=heard.append, stop=lambda: ""
        )
    return "" if heard == [b"in"] and ended.exit == 0 else _why(ended.says or ended.cause)


def lacks() -> tuple[str, ...]:
    """What a program can do here that it cannot in the strongest box."""
    if seccomp.program(os.uname().machine):
        return ()
    return (f"make any system call: there is no filter for {os.uname().machine}",)


def wrap(command: Command, room: Room) -> Command:
    """The same program in the box: what it may write and read, and our toolchain, at their own paths."""
    filtered = seccomp.program(os.uname().machine).hex()
    pairs = [f"bwrap={_bwrap() or '/usr/bin/bwrap'}", f"filter={filtered}", *launcher.places(room)]
    return launcher.through("bubblewrap", pairs, launcher.bridged(command, room))


def _bwrap() -> str | None:
    return shutil.which("bwrap", path=host.setting("PATH", os.defpath))


def _why(says: str) -> str:
    if "disable-userns" in says:
        return f"bubblewrap is too old ({says}). Install version 0.8 or newer."
    if "uid map" in says or "namespace" in says or "Operation not permitted" in says or "proc" in says:
        return f"bubblewrap may not make a box here ({says}). {_USERNS}"
    return f"bubblewrap cannot start a program here ({says}). Make our interpreter's folder readable for every user."
