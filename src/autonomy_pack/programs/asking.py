"""The gateway's talk with the harness: lines out, and before each call of a model a question that must be answered."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

from autonomy_pack.programs import recording

PATIENCE = 120.0
_GONE = ("stopped", "the harness is gone")


class Harness:
    """Whoever started this process. Without its word nothing goes out."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()
        self._answers: dict[int, tuple[str, str]] = {}
        self._changed = threading.Condition()
        self._gone = False

    def next_call(self) -> int:
        """The number of the next call: 1, 2, …"""
        return next(self._numbers)

    def tell(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """One line, whole."""
        self.tell_line('{"kind": "ready"}' if data is None else recording.line(kind, data))

    def tell_line(self, text: str) -> None:
        """One line that was made already."""
        with self._writing:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def ask(self, call: Mapping[str, Any]) -> tuple[str, str]:
        """("", "") when that call may go out; else the word why not, and a sentence."""
        self.tell("call", call)
        number = call["call"]
        with self._changed:
            self._changed.wait_for(lambda: self._gone or number in self._answers, PATIENCE)
            return self._answers.pop(number, _GONE)

    def hear(self, lines: BinaryIO) -> None:
        """Take answers until there are no more of them; every question is then answered with no."""
        for line in lines:
            if answer := _read(line):
                with self._changed:
                    self._answers[answer[0]] = answer[1]
                    self._changed.notify_all()
        with self._changed:
            self._gone = True
            self._changed.notify_all()


def _read(line: bytes) -> tuple[int, tuple[str, str]] | None:
    """`go N`, or `no N WORD sentence`; anything else is no answer."""
    words = line.decode("utf-8", "replace").strip().split(" ", 3)
    if len(words) < 2 or not words[1].isdecimal():
        return None
    if words[0] == "go":
        return int(words[1]), ("", "")
    if words[0] == "no":
        word, sentence = (*words[2:], "denied", "no reason was given")[:2] if len(words) < 4 else words[2:4]
        return int(words[1]), (word, sentence)
    return None
