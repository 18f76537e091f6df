"""Asking the person at the terminal whether a step may begin. Questions go to standard error: output may be data."""

from __future__ import annotations

import selectors
import sys
from collections.abc import Callable

import click

from autonomy_pack.errors import UsageError

_WORDS = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "a": "all", "all": "all", "q": "quit", "quit": "quit"}
_TICK = 0.2


def asker() -> Callable[[str, Callable[[], str]], str]:
    """What asks; UsageError where nobody sits at a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "--interactive asks at a terminal, and there is none",
            "Leave it out; `requires_approval: true` in the mission asks without one, by decisions.",
        )
    return ask


def ask(text: str, why_stop: Callable[[], str]) -> str:
    """Show the text, and return yes, no, all or quit; stop when work must end while nobody has answered. The end of the
    input is quit.
    """
    click.echo(text, err=True)
    while True:
        click.echo("Do it? [y]es, [n]o, [a]ll of this run, [q]uit: ", nl=False, err=True)
        line = _line(why_stop)
        if line is None:
            click.echo(err=True)
            return "stop"
        if not line:
            return "quit"
        if word := _WORDS.get(line.strip().lower()):
            return word


def _line(why_stop: Callable[[], str]) -> str | None:
    """A line of the terminal, "" at its end; None when work must end first."""
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while not selector.select(_TICK):
            if why_stop():
                return None
    return sys.stdin.readline()
