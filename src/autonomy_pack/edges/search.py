"""Finding a regular expression in the files of a tree: by ripgrep where it is installed, else by ourselves.

Bounded in time, bytes and matches either way; links are not followed, binaries and files over 16 MiB are left out.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from autonomy_pack.edges import globs, host
from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import PackError, UsageError

SECONDS = 20.0
_BYTES = 512 * 1024 * 1024
_LINE = 300


class Match(NamedTuple):
    """One line of a file, from 1, and its text (at most 300 characters)."""

    path: str
    line: int
    text: str


class Found(NamedTuple):
    """The matches, and what kept us from finding them all: "" when nothing did."""

    matches: list[Match]
    cut: str


class _TimeUp(Exception):
    pass


def search(
    folder: str,
    pattern: str,
    *,
    patterns: Sequence[str] = (),
    most: int = 100,
    ignore_case: bool = False,
    seconds: float = SECONDS,
    program: str | None = "rg",
) -> Found:
    """The lines that the pattern is found in, in the files that any of the globs `patterns` matches (none: in all).

    `program` is the ripgrep to use where it is installed, None for none. Raises UsageError when the pattern is no
    regular expression. On the main thread only: a timer ends it after so many `seconds`.
    """
    try:
        wanted = re.compile(pattern, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(
            f"this regular expression does not compile: {error}", "Mend it; a \\ before a sign takes it as it is."
        ) from error
    found = None
    if there := shutil.which(program, path=host.setting("PATH", os.defpath)) if program else None:
        found = _by_ripgrep(_argv(there, pattern, most, ignore_case=ignore_case), folder, patterns, most, seconds)
    return found if found is not None else _by_ourselves(folder, wanted, patterns, most, seconds)


# --- ripgrep ------------------------------------------------------------------------------------------------------


def _argv(program: str, pattern: str, most: int, *, ignore_case: bool) -> list[str]:
    argv = [program, "--no-config", "--no-ignore", "--hidden", "--no-follow", "--no-messages", "--color=never"]
    argv += ["--no-heading", "--with-filename", "--line-number", "--null", "--sort=path", "--max-filesize=16M"]
    argv += [f"--max-count={most + 1}", *(["--ignore-case"] if ignore_case else []), "--glob=!.git"]
    return [*argv, "--glob=!/.autonomy", "--glob=!/.agent-workspace", f"--regexp={pattern}", "."]


def _by_ripgrep(argv: Sequence[str], folder: str, patterns: Sequence[str], most: int, seconds: float) -> Found | None:
    """What ripgrep found; None when it does not understand the pattern or cannot be started."""
    try:
        with subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as running:
            return _heard(running, patterns, most, seconds)
    except OSError:
        return None


def _heard(running: subprocess.Popen[bytes], patterns: Sequence[str], most: int, seconds: float) -> Found | None:
    found: list[Match] = []
    cut = ""
    try:
        with _within(seconds):
            for line in running.stdout or ():
                match = _read(line)
                if match and (not patterns or globs.matches(match.path, patterns)):
                    if len(found) == most:
                        cut = f"only the first {most} matches are shown"
                        break
                    found.append(match)
    except _TimeUp:
        cut = f"it was ended after {seconds:g} seconds"
    running.kill() if cut else running.wait()
    return None if running.returncode == 2 and not found else Found(found, cut)


def _read(line: bytes) -> Match | None:
    path, found, rest = line.partition(b"\0")
    number, _, text = rest.partition(b":")
    if not found or not number.isdigit():
        return None
    name = path.decode("utf-8", "surrogateescape").removeprefix("./")
    return Match(name, int(number), text.decode("utf-8", "replace").rstrip("\r\n")[:_LINE])


# --- ourselves ----------------------------------------------------------------------------------------------------


def _by_ourselves(folder: str, wanted: re.Pattern[str], patterns: Sequence[str], most: int, seconds: float) -> Found:
    found: list[Match] = []
    try:
        with _within(seconds):
            for match in _matches(Confined(folder), wanted, patterns):
                if len(found) == most:
                    return Found(found, f"only the first {most} matches are shown")
                found.append(match)
    except _TimeUp as error:
        return Found(found, str(error) or f"it was ended after {seconds:g} seconds")
    return Found(found, "")


def _matches(place: Confined, wanted: re.Pattern[str], patterns: Sequence[str]) -> Iterator[Match]:
    read = 0
    for path in place.below():
        if patterns and not globs.matches(path, patterns):
            continue
        try:
            content = place.read(path)
        except PackError:  # gone, unreadable or too large
            continue
        read += len(content)
        if b"\0" not in content[:8192]:
            yield from _lines(path, content.decode("utf-8", "replace"), wanted)
        if read > _BYTES:
            raise _TimeUp(f"it was ended after {_BYTES >> 20} MiB")


def _lines(path: str, text: str, wanted: re.Pattern[str]) -> Iterator[Match]:
    """Each line of a text in which a match begins, once."""
    first = wanted.search(text)
    if not first:
        return
    starts = [0, *(at.end() for at in re.finditer("\n", text))]
    last = 0
    for match in wanted.finditer(text, first.start()):
        line = bisect_right(starts, match.start())
        if line != last and not (line == len(starts) and starts[-1] == len(text) and len(starts) > 1):
            end = text.find("\n", match.start())
            shown = text[starts[line - 1] : end if end >= 0 else len(text)]
            yield Match(path, line, shown.rstrip("\r")[:_LINE])
            last = line


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise _TimeUp after that time, also in the middle of a regular expression: its engine heeds signals."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
