"""What every section shares: measuring things in turn, several times over, and what came of it as rows."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Say = Callable[[str], None]
AS_FOUND = dict(os.environ)  # the person's environment; the measured programs get another home


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: a figure of ours beside one measured in the same turns. `met`: None without an aim."""

    what: str
    unit: str
    ours: float
    beside: str
    theirs: float
    ratio: float
    aim: str = ""
    met: bool | None = None


@dataclass(kw_only=True)
class Result:
    """What a section found: its rows, what should be known of them, and what could not be measured though it should."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def in_turn(times: int, measured: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Each of them, then each of them again, every other time in reverse: what disturbs the machine disturbs all."""
    found: dict[str, list[float]] = {name: [] for name in measured}
    for turn in range(times):
        for name in sorted(measured, reverse=turn % 2 == 1):
            found[name].append(measured[name]())
    return found


def less(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """What each is above the one measured in the same turn."""
    return [one - other for one, other in zip(ones, others, strict=True)]


def row(
    what: str,
    unit: str,
    ours: Sequence[float],
    beside: str,
    theirs: Sequence[float],
    *,
    aim: str = "",
    met: Callable[[float, float, float], bool] | None = None,
) -> Row:
    """Medians of both, and the median of the ratios within each turn; `met` is asked with (ours, theirs, ratio)."""
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    middle, other = statistics.median(ours), statistics.median(theirs)
    return Row(
        what=what,
        unit=unit,
        ours=middle,
        beside=beside,
        theirs=other,
        ratio=ratio,
        aim=aim,
        met=met(middle, other, ratio) if met else None,
    )


def seconds(action: Callable[[], object]) -> float:
    """How long that takes, on the wall clock."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def cpu_ms(argv: Sequence[str], *, cwd: str, env: Mapping[str, str] | None = None) -> float:
    """User and system time, in ms, of a program and of all it waited for; it must end with 0."""
    child = subprocess.Popen(argv, cwd=cwd, env=env, stdin=-3, stdout=-3, stderr=-3)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000
