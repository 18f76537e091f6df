"""Programs of ours that may take long: ended with all they began once the time is over, or somebody says stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Heed = Callable[[], None]
"""Asked again and again while something long is done; raises when it must end."""

_TICK = 0.2


def nothing() -> None:
    """Nobody ends it."""


def run(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    seconds: float,
    folder: Path | None = None,
    stdin: bytes = b"",
    heed: Heed = nothing,
) -> subprocess.CompletedProcess[bytes]:
    """A program run to its end. Raises FileNotFoundError, TimeoutExpired after so many seconds, and what `heed` does,
    which is asked every 0.2 s; the program is killed first.
    """
    pipe, until = subprocess.PIPE, time.monotonic() + seconds
    begun = subprocess.Popen(
        words, cwd=folder, env=dict(env), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    with begun as started:
        try:
            out, err = _heard(started, stdin, until, heed)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(words, started.returncode, out, err)


def _heard(started: subprocess.Popen[bytes], stdin: bytes, until: float, heed: Heed) -> tuple[bytes, bytes]:
    given: bytes | None = stdin
    while True:
        heed()
        try:
            return started.communicate(given, timeout=_TICK)
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                raise
            given = None  # what it was given goes on being written
