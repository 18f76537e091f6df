"""Programs: started with exactly the environment they are given, listened to line by line, ended with all they began.

A program that must die even when this process is killed with SIGKILL is started through a sandbox's launcher, `none`
or stronger (`programs/box.py`); the launcher also keeps apart the orphans of programs that run at the same time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from autonomy_pack.edges import host, processes
from autonomy_pack.edges.pipes import MIB, Log, Talk
from autonomy_pack.model import Command, Ended

_TICK = 0.2


def run(
    command: Command,
    *,
    seconds: float,
    stall_seconds: float | None,
    on_line: Callable[[bytes], bytes | None],
    stop: Callable[[], str],
    log: Path | None = None,
    max_bytes: int = 64 * MIB,
    on_start: Callable[[int, float], None] = lambda _pid, _start: None,
) -> Ended:
    """Run a program until it ends or is ended, and leave nothing of it alive.

    Each line of standard output (without its newline, cut at 1 MiB) goes to `on_line`; the bytes that returns go to
    the program. `stop` returns why to stop, or ""; it is asked every 0.2 s and before each line. `log` gets standard
    output and error, their first and last MiB. `on_start` gets the pid and its start (host.pid_start).

    The causes: exited, timed_out (after `seconds`), stalled (no finished line for `stall_seconds`), stopped, flooded
    (over `max_bytes`), unstartable. An end by signal n is exit 128 + n. `says` is the reason, or the last words on
    standard error of a program that failed: untrusted text. Raises what the callables raise, and WorldError when
    `log` cannot be written; the program is ended first.
    """
    begun = time.monotonic()
    limits = _Limits(begun, seconds, stall_seconds, max_bytes, stop)
    with Log(log) as record:
        try:
            program, tree = processes.start(list(command.argv), command.cwd, dict(command.env))
        except (OSError, ValueError) as error:
            return _ended(begun, _End("unstartable", _why(command, error)))
        with Talk(program, command.stdin, record, stays_open=command.paced) as talk:
            try:
                on_start(program.pid, tree.start)
                end = _listen(talk, limits, on_line)
            finally:
                survivors = tree.end()
                code = program.poll()
            end = _hear_out(talk, limits, on_line, end)
    return _ended(begun, end, code or 0, talk.last_words, survivors)


def kill_recorded(pid: int, pid_start: float) -> bool:
    """End the tree of a program that an earlier process started and recorded (its pid and host.pid_start).

    True when it ran and is gone now; False, with nothing signalled, when it was gone already or the number belongs to
    another process by now.
    """
    if pid <= 1 or host.pid_start(pid) != pid_start:
        return False
    return processes.Tree(pid).end() == 0


class _End(NamedTuple):
    cause: str
    says: str = ""


class _Limits(NamedTuple):
    begun: float
    seconds: float
    stall_seconds: float | None
    max_bytes: int
    stop: Callable[[], str]

    def passed(self, talk: Talk) -> _End | None:
        """Why the program must not go on; None while it may."""
        now = time.monotonic()
        if reason := self.stop():
            return _End("stopped", reason)
        if talk.bytes > self.max_bytes:
            return _End("flooded", f"it wrote more than {self.max_bytes // MIB} MiB")
        if now - self.begun >= self.seconds:
            return _End("timed_out", f"it ran longer than {self.seconds:g} s")
        if self.stall_seconds is not None and now - talk.last_line >= self.stall_seconds:
            return _End("stalled", f"it finished no line for {self.stall_seconds:g} s")
        return None

    def patience(self, talk: Talk) -> float:
        """Seconds until the next of these could have happened."""
        now = time.monotonic()
        stall = _TICK if self.stall_seconds is None else talk.last_line + self.stall_seconds - now
        return min(_TICK, self.begun + self.seconds - now, stall)


def _listen(talk: Talk, limits: _Limits, on_line: Callable[[bytes], bytes | None]) -> _End | None:
    """Until the program exits (None), or why it has to be ended."""
    while not talk.exited:
        if end := limits.passed(talk):
            return end
        for line in (heard := talk.turn(limits.patience(talk))):
            if end := limits.passed(talk):
                return end
            if reply := on_line(line):
                talk.say(reply)
        if heard:  # the time we took for its lines is not its own
            talk.last_line = time.monotonic()
    return None


def _hear_out(talk: Talk, limits: _Limits, on_line: Callable[[bytes], bytes | None], end: _End | None) -> _End | None:
    """Hand on what was said before the end; nothing of a program that had to be ended."""
    for line in talk.lines_left():
        if not end and (reason := limits.stop()):
            end = _End("stopped", reason)
        if not end:
            on_line(line)
    return end


def _ended(begun: float, end: _End | None, code: int = 0, last_words: str = "", survivors: int = 0) -> Ended:
    seconds = time.monotonic() - begun
    if end:
        return Ended(cause=end.cause, exit=None, seconds=seconds, says=end.says, survivors=survivors)
    says = last_words if code else ""
    return Ended(
        cause="exited", exit=code if code >= 0 else 128 - code, seconds=seconds, says=says, survivors=survivors
    )


def _why(command: Command, error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return f"{command.argv[0]}: {error}"
    return f"{os.fsdecode(error.filename or command.argv[0])}: {error.strerror}"
