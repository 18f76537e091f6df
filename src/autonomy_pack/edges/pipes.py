"""Talking with a running program over its three pipes: whole lines, bounded memory, and neither side ever waits."""

from __future__ import annotations

import os
import select
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import IO, Self

from autonomy_pack.edges import files

MIB = 1024 * 1024
_CHUNK = 64 * 1024
_WORDS = 4096
_FULL = 20


class Lines:
    """Puts chunks together to lines; of a line over 1 MiB only the beginning is kept."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk finishes, without their newlines."""
        first, *more = chunk.split(b"\n")
        self._rest += first[: MIB - len(self._rest)]
        if not more:
            return []
        lines = [self._rest, *more[:-1]]
        self._rest = more[-1]
        return lines

    def last(self) -> list[bytes]:
        """What came after the last newline, if anything."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class Log:
    """A file that keeps the first and the last MiB written to it. No path: nothing is kept. WorldError on failure."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._room = MIB
        self._left_out = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        if path:
            with files.explained(f"writing {path}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("wb", buffering=0)

    def add(self, chunk: bytes) -> None:
        """Keep this, or drop what lies in the middle by now."""
        head, rest = chunk[: self._room], chunk[self._room :]
        self._room -= len(head)
        self._write(head)
        self._tail.append(rest)
        self._tail_bytes += len(rest)
        while self._tail_bytes > MIB:
            self._left_out += len(self._tail[0])
            self._tail_bytes -= len(self._tail.popleft())

    def _write(self, data: bytes) -> None:
        if self._path and data:
            with files.explained(f"writing {self._path}"):
                self._file.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, trace: TracebackType | None) -> None:
        if not self._path:
            return
        try:
            if self._left_out:
                self._write(b"\n[... %d bytes left out ...]\n" % self._left_out)
            self._write(b"".join(self._tail))
        finally:
            self._file.close()


class Talk:
    """The pipes of one program. `exited`, `bytes` (both outputs together) and `last_line` (when) are up to date."""

    def __init__(self, program: Popen[bytes], first: bytes, log: Log, *, stays_open: bool) -> None:
        self._program, self._log, self._stays_open = program, log, stays_open
        self._streams = [stream for stream in (program.stdin, program.stdout, program.stderr) if stream]
        self._in, self._out, self._err = map(_unblocked, self._streams)
        self._exit = _exit_fd(program.pid)
        self._lines = Lines()
        self._poll = select.poll()
        for fd in (self._out, self._err, *self._exit):
            self._poll.register(fd, select.POLLIN)
        self._unsaid = bytearray(first)
        self._words = b""
        self.exited = False
        self.bytes = 0
        self.last_line = time.monotonic()
        self._say_on()

    def turn(self, seconds: float) -> list[bytes]:
        """Wait for the program to do something, at most that long: the lines it finished on standard output."""
        if not self._exit:
            seconds = min(seconds, 0.02)
            self.exited = self._program.poll() is not None
        heard: list[bytes] = []
        for fd, _ in self._poll.poll(max(0.0, seconds) * 1000):
            if fd in self._exit:
                self.exited = True
            elif fd == self._in:
                self._say_on()
            else:
                heard += self._read(fd)
        return heard

    def say(self, words: bytes) -> None:
        """Have this written to the program's standard input as fast as it reads."""
        self._unsaid += words
        self._say_on()

    def lines_left(self) -> list[bytes]:
        """What standard output still holds, including a last line without an end. For when the program is gone."""
        left: list[bytes] = []
        for _ in range(_FULL):  # no more than a pipe can hold, should anything have outlived it
            left += self._read(self._out)
            self._read(self._err)
        return left + self._lines.last()

    @property
    def last_words(self) -> str:
        """The last line of standard error that says anything, cut at 500 characters."""
        lines = self._words.decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:500] if lines else ""

    def _read(self, fd: int) -> list[bytes]:
        try:
            chunk = os.read(fd, _CHUNK)
        except BlockingIOError:
            return []
        if not chunk:
            with suppress(KeyError):
                self._poll.unregister(fd)
            return []
        self.bytes += len(chunk)
        self._log.add(chunk)
        if b"\n" in chunk:
            self.last_line = time.monotonic()
        if fd == self._err:
            self._words = (self._words + chunk)[-_WORDS:]
            return []
        return self._lines.add(chunk)

    def _say_on(self) -> None:
        if self._streams[0].closed:
            return
        try:
            while self._unsaid:
                del self._unsaid[: os.write(self._in, self._unsaid)]
        except BlockingIOError:
            self._poll.register(self._in, select.POLLOUT)
            return
        except OSError:  # it reads no more
            self._unsaid.clear()
        with suppress(KeyError):
            self._poll.unregister(self._in)
        if not self._stays_open:
            self._streams[0].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, trace: TracebackType | None) -> None:
        for fd in self._exit:
            os.close(fd)
        for stream in self._streams:
            stream.close()


def _unblocked(stream: IO[bytes]) -> int:
    os.set_blocking(stream.fileno(), False)
    return stream.fileno()


def _exit_fd(pid: int) -> tuple[int, ...]:
    """A file descriptor that becomes readable when the process ends, where the system has such a thing."""
    if sys.platform != "linux":
        return ()
    try:
        return (os.pidfd_open(pid),)
    except OSError:
        return ()
