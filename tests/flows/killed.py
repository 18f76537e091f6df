"""A session that is killed (SIGKILL, nothing simulated) at its N-th write: `python killed.py ROOT N before|after`.

The store and the forge are the real ones behind a counter; N = 0 only counts and prints how many writes there were.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import Any

from autonomy_pack.flows import box, project, session

WRITES = ("append", "claim", "release", "publish", "label", "close_issue")


class Counter:
    def __init__(self, at: int, when: str) -> None:
        self.at, self.when, self.count = at, when, 0
        self.names: list[str] = []

    def write(self, name: str, do: Any, *args: Any, **more: Any) -> Any:
        self.count += 1
        self.names.append(name)
        if self.count == self.at and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = do(*args, **more)
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


class Counted:
    """Any object, its writes counted."""

    def __init__(self, inner: Any, counter: Counter) -> None:
        self._inner, self._counter = inner, counter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in WRITES:
            return found
        return lambda *args, **more: self._counter.write(name, found, *args, **more)


def main(root: str, at: str, when: str) -> None:
    counter = Counter(int(at), when)
    opened = project.open_project(Path(root))
    opened = dataclasses.replace(opened, store=Counted(opened.store, counter), forge=Counted(opened.forge, counter))
    done = session.run(opened, session.Wanted(max_issues=10), box.choose(opened.config, "none"), lambda _: None)
    print(counter.count, ",".join(counter.names), done.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
