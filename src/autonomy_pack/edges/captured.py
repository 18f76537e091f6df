"""A program run to its end with all it says kept, up to a bound."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Sequence

from autonomy_pack.errors import WorldError

MAX_BYTES = 16 * 1024 * 1024
_QUIET = 0.1


class ProgramFailed(WorldError):
    """A program that could not be started (127), said too much (125) or ended with another code than 0."""

    def __init__(self, says: str, exit_: int, output: str = "") -> None:
        super().__init__(says, "Read its output, mend what it names, then run again.")
        self.exit = exit_
        self.output = output


def output(argv: Sequence[str], folder: str) -> str:
    """Standard output and error, as they came, of a program run in `folder` with this process's environment.

    Ends when the program does, whatever it left running. Raises ProgramFailed.
    """
    try:
        program = subprocess.Popen(
            list(argv), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProgramFailed(f"{argv[0]} could not be started: {reason}", 127) from error
    said = _heard(program).decode("utf-8", "replace")
    code = program.wait()
    if code:
        exit_ = code if code > 0 else 128 - code
        raise ProgramFailed(f"{argv[0]} ended with exit code {exit_}", exit_, said)
    return said


def _heard(program: subprocess.Popen[bytes]) -> bytes:
    """All it says until it ends; a pipe that something it left behind keeps open is not waited for."""
    said = bytearray()
    pipe = program.stdout
    if pipe is None:
        return b""
    with pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(_QUIET):
                if program.poll() is not None:
                    return bytes(said)
                continue
            if not (piece := os.read(pipe.fileno(), 1 << 16)):
                return bytes(said)
            said += piece
            if len(said) > MAX_BYTES:
                program.kill()
                program.wait()
                head = said[:1024].decode("utf-8", "replace")
                raise ProgramFailed(f"it wrote more than {MAX_BYTES >> 20} MiB", 125, head)
