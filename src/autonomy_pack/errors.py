"""One error base; its class owns the exit code, its words say what happened and what to do next."""

from __future__ import annotations


class PackError(Exception):
    """Something a person can act on.

    `says` is what happened, one sentence; `fix` is the next step. The gate in `__main__` prints both and ends the
    process with `exit_code`. Anything that is not a PackError is our bug and ends with 70.
    """

    exit_code = 4

    def __init__(self, says: str, fix: str) -> None:
        super().__init__(says)
        self.says = says
        self.fix = fix


class UsageError(PackError):
    """Wrong usage or configuration: nothing was tried (exit 2)."""

    exit_code = 2


class NeedsPerson(PackError):
    """Nothing goes on until a person answers (exit 3)."""

    exit_code = 3


class WorldError(PackError):
    """The outside world failed (disk, git, database, program); trying again may help (exit 4)."""

    exit_code = 4


class LeaseLost(WorldError):
    """Somebody took the lease over; whatever its old holder still wanted to write is refused (exit 4)."""


class TimedOut(WorldError):
    """Work took longer than it may (exit 4)."""


class Stopped(PackError):
    """A stop switch is set (exit 5)."""

    exit_code = 5


class Skipped(Exception):
    """A guard's question does not arise, and str() says why. Never for missing evidence: that is a WorldError."""
