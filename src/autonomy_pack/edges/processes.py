"""Process trees: who belongs to a program we started, and how all of them end.

On Linux this process becomes a child subreaper with the first program it starts (`prctl(PR_SET_CHILD_SUBREAPER)`), so
a daemon that forked twice is handed to us and not to init, and can still be found and ended. Elsewhere only what is
visibly below the program, or in its session, is found.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from autonomy_pack.edges import host

_GRACE = 1.5
_FORCE = 5.0
_PR_SET_CHILD_SUBREAPER = 36

# The programs started here that have not ended, and the lock under which they start: without it a look at the process
# table could take a program that another thread is just starting for somebody's orphan.
_running: set[int] = set()
_starting = threading.Lock()


class _Process(NamedTuple):
    pid: int
    parent: int
    session: int
    start: float
    zombie: bool


@cache
def become_subreaper() -> None:
    """Have orphans below us handed to us (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start(argv: list[str], cwd: str, env: dict[str, str]) -> tuple[Popen[bytes], Tree]:
    """Start a program in a session of its own, all three streams piped; OSError or ValueError when it cannot be."""
    become_subreaper()
    with _starting:
        elsewhere = frozenset(process.pid for process in _table().values() if process.parent == os.getpid())
        program = Popen(argv, cwd=cwd, env=env, stdin=-1, stdout=-1, stderr=-1, bufsize=0, start_new_session=True)
        _running.add(program.pid)
    return program, Tree(program.pid, elsewhere)


class Tree:
    """Everything that came from one program: its descendants, its session, and the orphans they left to us."""

    def __init__(self, root: int, elsewhere: frozenset[int] = frozenset()) -> None:
        """`elsewhere`: children of ours that were there before it, and so are none of its orphans."""
        self.root = root
        self._elsewhere = elsewhere
        # It may have ended already, but it is our child and not waited for, so its number is still its own.
        self.start = host.pid_start(root, buried=False) or 0.0
        self._seen = {root: self.start}

    def end(self) -> int:
        """SIGTERM to the program's group, at most 1.5 s, then SIGKILL to all; how many outlived even that (0)."""
        try:
            if host.pid_start(self.root) == self.start:
                self._ask()
        finally:
            left = self._force()
            _running.discard(self.root)
        return left

    def _ask(self) -> None:
        _signal_group(self.root, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while host.pid_start(self.root) == self.start and time.monotonic() < deadline:
            time.sleep(0.005)

    def _force(self) -> int:
        deadline = time.monotonic() + _FORCE
        while (left := self._left()) and time.monotonic() < deadline:
            for process in left:
                _end(process)
            time.sleep(0.002)
        return sum(not process.zombie for process in left)

    def _left(self) -> list[_Process]:
        """What lives of this tree, and the dead that are ours to bury.

        A look at the process table takes time: whoever forks and dies during it hides its child. It cannot hide that
        it died, so the tree has only ended when there is nobody to bury either.
        """
        with _starting:
            table = _table()
            alone = _running == {self.root}
        members = self._members(table, alone)
        self._seen |= {process.pid: process.start for process in members}
        return [one for one in members if not one.zombie or (one.parent == os.getpid() and one.pid != self.root)]

    def _members(self, table: dict[int, _Process], alone: bool) -> list[_Process]:
        found = {pid for pid, start in self._seen.items() if pid in table and table[pid].start == start}
        found |= {process.pid for process in table.values() if process.session in self._seen}
        if alone:
            found |= {process.pid for process in table.values() if self._is_orphan(process)}
        new = found
        while new:
            new = {process.pid for process in table.values() if process.parent in new} - found
            found |= new
        return [table[pid] for pid in found]

    def _is_orphan(self, process: _Process) -> bool:
        """Whether it was handed to us since the program began: what else we start stays in our own session."""
        handed_over = process.parent == os.getpid() and process.session != os.getsid(0)
        return handed_over and process.pid != self.root and process.pid not in self._elsewhere


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _end(process: _Process) -> None:
    with suppress(ProcessLookupError, PermissionError, ChildProcessError):
        if not process.zombie:
            os.kill(process.pid, signal.SIGKILL)
        else:
            os.waitpid(process.pid, os.WNOHANG)


def _table() -> dict[int, _Process]:
    if not Path("/proc/self/stat").exists():
        return _table_without_proc()
    read = (_read(int(name)) for name in os.listdir("/proc") if name.isdecimal())  # noqa: PTH208
    return {process.pid: process for process in read if process}


def _read(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return _Process(pid, int(fields[1]), int(fields[3]), float(fields[19]), fields[0] in (b"Z", b"X"))


def _table_without_proc() -> dict[int, _Process]:
    import psutil

    table = {}
    for process in psutil.process_iter(["ppid", "status", "create_time"]):
        with suppress(ProcessLookupError, PermissionError):
            zombie = process.info["status"] == psutil.STATUS_ZOMBIE
            session = os.getsid(process.pid)
            table[process.pid] = _Process(
                process.pid, process.info["ppid"], session, process.info["create_time"], zombie
            )
    return table
