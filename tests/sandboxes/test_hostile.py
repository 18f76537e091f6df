"""A hostile program in every sandbox: what it reaches, and what of the outside has changed afterwards."""

from __future__ import annotations

import os

import pytest

from autonomy_pack.sandboxes import SANDBOXES
from tests.sandboxes.boxes import BOXPY, user
from tests.sandboxes.outside import attack, outside
from tests.sandboxes.table import NAMES

# What L1 leaves open; docs/reference/sandboxes.md says it in words, and `lacks` to whoever asks.
OPEN_AT_L1 = {
    "fork without bound", "know the host's name", "look for users", "see /home", "change the mode of a file outside",
}  # fmt: skip
WALLED = [name for name, sandbox in SANDBOXES.items() if sandbox.level != "none"]

TO_BE_HAD = {
    "environment of another process", "see host processes", "memory of another process by its file",
    "descriptors of another process", "take a descriptor of another process", "trace another process",
    "signal another process", "slow another process down", "set limits of another process", "read a file outside",
    "read a file outside by climbing", "read a file outside by a symbolic link", "read credentials in a home",
    "read the event of a runner", "append to GITHUB_ENV", "write a file outside", "cut a file outside short",
    "move a file in from outside", "plant a hook in the user's repository", "write what it may read",
    "write to /tmp of the host", "list /run", "list /var", "list /", "see /home", "look for users", "gain privileges",
    "attach the host's shared memory", "connect by TCP", "talk by UDP", "connect by abstract socket",
    "connect by socket file", "reach the gateway of others", "know the host's name", "take another personality",
    "listen to the kernel", "write a file without bound",
}  # fmt: skip
TO_BE_HAD_BY_ROOT = {
    "open core_pattern", "be root", "keep capabilities", "make a mount namespace", "write to the root",
    "write to /dev", "open a switch of the kernel", "join a namespace of the host", "begin a mount", "mount",
    "move its own folder away", "read a file outside by a hard link", "reboot",
    "change the mode of a file outside", "change the owner of a file outside",
}  # fmt: skip
EFFECTS = {"out", "readable/file", "writable/file", "writable/file-cut", "git/hooks/post-checkout", "runner/env"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sandbox", WALLED)
def test_nothing_outside_is_reached_or_changed(sandbox: str, name: str) -> None:
    with user(name) as one, outside(one) as there:
        worked = attack(one, there, sandbox)
        effects = there.effects()
    assert effects == set()
    assert worked - (OPEN_AT_L1 if SANDBOXES[sandbox].level == "L1" else set()) == set()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_box_the_same_program_gets_out(name: str) -> None:
    """The control of the test above: what it found blocked is there to be had."""
    with user(name) as one, outside(one) as there:
        worked = attack(one, there, "none")
        effects = there.effects()
        wanted = TO_BE_HAD | (TO_BE_HAD_BY_ROOT if one.uid == 0 else set())
    assert wanted - worked == set()
    assert effects >= EFFECTS


WALLS = {
    "no Landlock": ("        _enclose(told)\n", "        _prctl(_PR_SET_NO_NEW_PRIVS, 1)\n", "read a file outside"),
    "no filter": ("        install(b", "        bytes(b", "connect by socket file"),
    "signals are not scoped": ("_SCOPES = 3", "_SCOPES = 1", "signal another process"),
    "/proc may be read": ('f"/proc/{name}", _READ_FILE) for', '"/proc", _READING) for', "see host processes"),
}


@pytest.mark.parametrize("wall", WALLS)
def test_each_wall_of_l1_is_what_holds(wall: str) -> None:
    before, after, opened = WALLS[wall]
    with user("another user" if os.geteuid() == 0 else "us") as one, outside(one) as there:
        walls = one.shared / "src" / "autonomy_pack" / "programs" / "walls.py"
        text = walls.read_text()
        assert before in text
        walls.write_text(text.replace(before, after))
        assert opened in attack(one, there, "landlock")


def test_root_becomes_nobody_before_the_walls_of_l1() -> None:
    with user("root") as one, outside(one) as there:
        text = BOXPY.read_text()
        assert "        drop()\n    settle(room, room.tmp)" in text
        launcher = one.shared / "weaker.py"
        launcher.write_text(text.replace("        drop()\n    settle(room, room.tmp)", "    settle(room, room.tmp)"))
        assert {"be root", "keep capabilities"} <= attack(one, there, "landlock", launcher=str(launcher))
