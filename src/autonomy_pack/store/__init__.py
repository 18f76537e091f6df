"""Events, leases and heads behind one protocol, on SQLite, PostgreSQL or the refs of a git repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autonomy_pack.errors import UsageError
from autonomy_pack.store.connection import Connection
from autonomy_pack.store.tables import Tables

Clock = Callable[[], str]


def open_store(url: str, *, create: bool = True, clock: Clock | None = None, patience: float = 30.0) -> Tables:
    """Open a store for this thread: `sqlite:///PATH`, a plain path, `postgresql://…`, or `gitrefs+https://…`.

    An empty place becomes a store; with `create=False` a missing file is a UsageError, as are tables older or newer
    than this program. WorldError when the database cannot be used. `clock` replaces the store's own time;
    `patience` is how many seconds to wait for other writers.
    """
    from autonomy_pack.store.migrations import prepare

    if url.startswith("gitrefs+"):
        from autonomy_pack.store.gitrefs import open_gitrefs, remote_at

        return open_gitrefs(remote_at(url), clock=clock, patience=patience)
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
    if scheme.startswith("gitrefs+") and separator:
        from autonomy_pack.store.gitrefs import remote_at
        from autonomy_pack.store.refs import Refs

        return Refs(remote_at(url), create=None, now=now, patience=patience)
    if separator and scheme != "sqlite":
        fix = "Use sqlite:///PATH, a path, postgresql://…, or gitrefs+https://…."
        raise UsageError(f"a store cannot be at {scheme}://…", fix)
    from autonomy_pack.store.sqlite import Sqlite

    return Sqlite(Path(rest.removeprefix("/") if separator else url), create=create, now=now, patience=patience)
