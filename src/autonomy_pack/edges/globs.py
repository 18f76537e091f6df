"""Globs over paths from the top of a tree: `*`, `?` and `[…]` stay inside a name, `**` is any depth. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_SIGNS = re.compile(r"[*?\[]")


def is_plain(pattern: str) -> bool:
    """Whether it names one path only."""
    return not _SIGNS.search(pattern)


def root(pattern: str) -> str:
    """The folder below which all its matches lie; "" is the top."""
    parts = pattern.split("/")[:-1]
    plain = next((number for number, part in enumerate(parts) if not is_plain(part)), len(parts))
    return "/".join(parts[:plain])


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether any of the patterns matches the whole path."""
    names = path.split("/")
    return any(_matches(names, pattern.split("/")) for pattern in patterns)


def _matches(names: list[str], wanted: list[str]) -> bool:
    wanted = [*wanted, "*"] if wanted[-1] == "**" else wanted
    states = _reached({0}, wanted)
    for name in names:
        stay = {state for state in states if state < len(wanted) and wanted[state] == "**"}
        go = {state + 1 for state in states - stay if state < len(wanted) and fnmatchcase(name, wanted[state])}
        states = _reached(stay | go, wanted)
    return len(wanted) in states


def _reached(states: set[int], wanted: list[str]) -> set[int]:
    """Those states, and those behind a `**`, which may also match nothing."""
    for state in sorted(states):
        while state < len(wanted) and wanted[state] == "**":
            state += 1
            states = states | {state}
    return states
