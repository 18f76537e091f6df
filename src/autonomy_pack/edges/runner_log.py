"""The log of a job, read by the runner line by line: our commands go in on purpose, nobody else's get through.

The runner takes a line for a command when it begins with `::` after blanks, or holds `##[` anywhere (actions/runner,
src/Runner.Common/ActionCommand.cs). Both are made dead by look-alike characters, as in `sanitize`.
"""

from __future__ import annotations

import re
import sys
from typing import TextIO

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import visible

_COMMAND = re.compile(r"(?m)^([^\S\n]*):(?=:)")


def calm(text: str) -> str:
    """The text, visible, and without anything that the runner would take for a command."""
    return _COMMAND.sub(r"\1：", visible(text)).replace("##[", "＃＃[")


class Calm:
    """A stream that passes whole lines on, calmed and redacted: what a process of ours prints in a job."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._rest = stream, ""

    def write(self, text: str) -> int:
        """Take text; whole lines of it go on at once."""
        whole, newline, self._rest = (self._rest + text).rpartition("\n")
        self._stream.write(redact(calm(whole + newline)))
        return len(text)

    def flush(self) -> None:
        """Pass on what is there, as a line of its own when it is only the beginning of one."""
        if self._rest:
            self.write("\n")
        self._stream.flush()

    def isatty(self) -> bool:
        """A log is no terminal."""
        return False

    def fileno(self) -> int:
        """The number of the stream below, for programs that inherit it."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        """The runner reads UTF-8."""
        return "utf-8"


def calm_output() -> None:
    """From now on everything this process prints is calmed; only `command` passes by."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, Calm):
            setattr(sys, name, Calm(stream))


def error(message: str, *, file: str = "", line: int = 0) -> None:
    """A red annotation."""
    _annotate("error", message, file, line)


def warning(message: str, *, file: str = "", line: int = 0) -> None:
    """A yellow annotation."""
    _annotate("warning", message, file, line)


def notice(message: str, *, file: str = "", line: int = 0) -> None:
    """A grey annotation."""
    _annotate("notice", message, file, line)


def mask(secret: str) -> None:
    """Have the runner hide that value from here on, each of its lines too; shorter than 4 characters hides too much."""
    for value in {secret, *secret.splitlines()}:
        if len(value.strip()) >= 4:
            _command("add-mask", {}, value)


def _annotate(kind: str, message: str, file: str, line: int) -> None:
    where = {"file": visible(file), "line": str(line) if line else ""}
    _command(kind, {name: value for name, value in where.items() if value}, redact(visible(message)))


def _command(name: str, properties: dict[str, str], value: str) -> None:
    words = ",".join(f"{key}={_escaped(text, ':,')}" for key, text in properties.items())
    stream = sys.stdout
    if isinstance(stream, Calm):
        stream.flush()
        stream = stream._stream  # noqa: SLF001 - the one way past our own wrapper
    stream.write(f"::{name}{' ' if words else ''}{words}::{_escaped(value, '')}\n")
    stream.flush()


def _escaped(text: str, more: str) -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
