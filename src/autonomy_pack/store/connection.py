"""What the store needs of a database: whole transactions with one writer at a time, and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Params = Mapping[str, Any]
Row = tuple[Any, ...]


class Connection(Protocol):
    """One open database. It belongs to the thread that opened it. Every method may raise WorldError."""

    @property
    def url(self) -> str:
        """Where it is, without any password."""

    @property
    def auto_key(self) -> str:
        """How this engine declares a number that rises by itself."""

    def now(self) -> str:
        """The time of the store: this machine's for a file, the server's for a server."""

    def begin(self) -> str:
        """Start a write transaction, alone; waits at most 30 s. Returns the time at which the wait was over."""

    def snapshot(self) -> None:
        """Start a transaction that reads one state and blocks nobody."""

    def commit(self) -> None:
        """Make the transaction last."""

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""

    def rows(self, sql: str, params: Params) -> list[Row]:
        """Run one statement of the common SQL text; all rows it returns."""

    def tables(self) -> set[str]:
        """The names of the tables that are there."""

    def backup(self, stamp: str) -> str:
        """Copy the whole store aside under a name with this stamp; returns that name."""

    def faults(self) -> list[str]:
        """What the engine's own integrity check finds wrong."""

    def close(self) -> None:
        """Let go of the database."""
