"""A program run to its end within a time: all it says goes to a file, its beginning and its end are at hand."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from autonomy_pack.errors import WorldError

KEPT = 16 * 1024 * 1024
FLOOD = 1024 * 1024 * 1024
_QUIET, _PIECE = 0.1, 1 << 16


class Recorded(NamedTuple):
    """How it went. `exit` is None when it was ended: then `cause` says why. `size` is in bytes, `kept` of them in the
    file; `head` and `tail` are the first and last of them."""

    exit: int | None
    cause: str
    seconds: float
    size: int
    kept: int
    head: bytes
    tail: bytes


def run(
    argv: Sequence[str], folder: str, *, env: Mapping[str, str], seconds: float, to: Path, shown: int = 6000
) -> Recorded:
    """Run a program in `folder`; whatever it left running in its process group ends with it.

    The first 16 MiB of what it says are kept in the file `to`, `shown` bytes at each end are returned; one that says
    more than 1 GiB is ended. An end by signal n is exit 128 + n. Raises WorldError when it cannot be started.
    """
    begun = time.monotonic()
    try:
        program = subprocess.Popen(
            list(argv),
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WorldError(f"{argv[0]} could not be started: {reason}", "Name a program that is there.") from error
    said = _Said(to, shown)
    try:
        cause = _listen(program, said, begun + seconds)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        code = program.wait()
        said.close()
    code = code if code >= 0 else 128 - code
    return Recorded(
        None if cause else code, cause, time.monotonic() - begun, said.size, said.kept, bytes(said.head), said.last
    )


def _listen(program: subprocess.Popen[bytes], said: _Said, end: float) -> str:
    """Hear it until it ends; why it has to be ended, "" when it ended itself. A pipe that something it left behind
    keeps open is not waited for."""
    pipe = program.stdout
    if pipe is None:
        return ""
    with pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if time.monotonic() >= end:
                return "its time was up"
            if not selector.select(min(_QUIET, max(0.0, end - time.monotonic()))):
                if program.poll() is not None:
                    return ""
                continue
            if not (piece := os.read(pipe.fileno(), _PIECE)):
                return _waited(program, end)
            said.add(piece)
            if said.size > FLOOD:
                return f"it wrote more than {FLOOD >> 30} GiB"


def _waited(program: subprocess.Popen[bytes], end: float) -> str:
    """It closed its output; it may go on in silence until its time is up."""
    try:
        program.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "its time was up"
    return ""


class _Said:
    """What a program says: counted, its ends held, its beginning in a file while there is room on the disk."""

    def __init__(self, to: Path, shown: int) -> None:
        self._file: BinaryIO | None = None
        with suppress(OSError):
            self._file = open(to, "wb", buffering=0)  # noqa: SIM115  (closed by close)
        self._shown = shown
        self.size = self.kept = 0
        self.head, self._tail = bytearray(), bytearray()

    @property
    def last(self) -> bytes:
        """The last bytes, none of those that `head` has."""
        return bytes(self._tail[-self._shown :])

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._keep(piece[: KEPT - self.kept])
        room = self._shown - len(self.head)
        self.head += piece[:room]
        self._tail += piece[max(0, room) :]
        if len(self._tail) > 16 * self._shown:
            del self._tail[: -self._shown]

    def _keep(self, piece: bytes) -> None:
        if self._file and piece:
            try:
                self.kept += self._file.write(piece)
            except OSError:  # a full disk costs the rest of the record, not the run
                self.close()

    def close(self) -> None:
        if self._file:
            with suppress(OSError):
                self._file.close()
            self._file = None
