"""A process that runs tests in forks of itself: what tests import, but for the pack, is imported once.

It reads a line of JSON a request on standard input, `{"words": [pytest's arguments], "log": PATH, "seconds": 120,
"one_each": false}`, and answers with a line: pytest's exit code, or 124 when the time was over. With `one_each` one test
is run for each set of fixtures that the named ones of a file stand on.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

# What most tests need; imported here for all forks.
import click  # noqa: F401
import github  # noqa: F401
import hypothesis  # noqa: F401
import jinja2  # noqa: F401
import jsonschema  # noqa: F401
import psutil  # noqa: F401
import pytest
import requests  # noqa: F401
import yaml  # noqa: F401


def main() -> None:
    """Serve until standard input ends."""
    sys.path[0] = str(Path.cwd())
    gc.freeze()  # what is imported here is nothing that a fork has to look through
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _test(asked["words"], asked["log"], [_OneEach()] if asked["one_each"] else [])
        print(_ended(child, asked["seconds"]), flush=True)


class _OneEach:
    """Keeps the first test of each set of fixtures; every name was found by then."""

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        kept = {(item.path, _ground(item), "a_boxed_" in item.name): item for item in reversed(items)}
        items[:] = reversed(kept.values())


def _ground(item: pytest.Function) -> frozenset[str]:
    """The fixtures that a test stands on, without its parameters."""
    return frozenset(item.fixturenames) - set(item.callspec.params if hasattr(item, "callspec") else ())


def _test(words: list[str], log: str, plugins: list[object]) -> None:
    """Become the run of these tests, in a session of its own."""
    code = 70
    try:
        os.setsid()
        for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
            os.dup2(os.open(log if number else os.devnull, flags, 0o600), number)
        os.dup2(1, 2)
        code = int(pytest.main(words, plugins))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _ended(child: int, seconds: float) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 124


if __name__ == "__main__":
    main()
