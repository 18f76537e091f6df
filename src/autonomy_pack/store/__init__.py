"""Events, leases and heads behind one protocol, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autonomy_pack.errors import UsageError
from autonomy_pack.store.connection import Connection
from autonomy_pack.store.tables import Tables

Clock = Callable[[], str]


def open_store(url: str, *, create: bool = True, clock: Clock | None = None, patience: float = 30.0) -> Tables:
    """Open a store for this thread: `sqlite:///PATH`, a plain path, or `postgresql://…`.

    An empty place becomes a store; with `create=False` a missing file is a UsageError, as are tables older or newer
    than this program. WorldError when the database cannot be used. `clock` replaces the store's own time;
    `patience` is how many seconds to wait for other writers.
    """
    from autonomy_pack.store.migrations import prepare

    store = connect(url, create=create, clock=clock, patience=patience)
    try:
        prepare(store)
    except BaseException:
        store.close()
        raise
    return store


def connect(url: str, *, create: bool = True, clock: Clock | None = None, patience: float = 30.0) -> Tables:
    """Like open_store, but the tables are taken as they are: for migrating and checking them."""
    return Tables(_connection(url, create=create, now=clock, patience=patience))


def _connection(url: str, *, create: bool, now: Clock | None, patience: float) -> Connection:
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgresql", "postgres") and separator:
        from autonomy_pack.store.postgres import Postgres

        return Postgres(url, now=now, patience=patience)
    if separator and scheme != "sqlite":
        raise UsageError(f"a store cannot be at {scheme}://…", "Use sqlite:///PATH, a path, or postgresql://….")
    from autonomy_pack.store.sqlite import Sqlite

    return Sqlite(Path(rest.removeprefix("/") if separator else url), create=create, now=now, patience=patience)
