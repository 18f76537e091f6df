"""Numbered steps from an empty database to today's tables; which ones are done is told by `store.migrated` events."""

from __future__ import annotations

import json
from collections.abc import Sequence

from autonomy_pack.edges import clock
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.model import Event, value
from autonomy_pack.store import sql
from autonomy_pack.store.tables import Tables

_OURS = frozenset({"events", "leases", "heads"})


@value
class Migration:
    """One step, its SQL statements run in one transaction."""

    number: int
    statements: tuple[str, ...]


@value
class Migrated:
    """What `migrate` did: the schema's number before and after, and the backup's name ("" when none was needed)."""

    before: int
    after: int
    backup: str = ""


MIGRATIONS: tuple[Migration, ...] = (Migration(number=1, statements=sql.TABLES),)


def version(store: Tables) -> int:
    """The number of the newest migration done; 0 for an empty database. UsageError when it is not a store of ours."""
    tables = store.connection.tables()
    if tables >= _OURS:
        done = store.connection.rows(sql.NEWEST_MIGRATION, {})
        return int(json.loads(done[0][0])["to"]) if done else 0
    if tables & _OURS or (tables and store.url.startswith("sqlite:")):
        raise UsageError(f"{store.url} belongs to another program", "Name another place for the store.")
    return 0


def prepare(store: Tables, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make an empty database ours; UsageError when the tables are older or newer than this program."""
    found, newest = _found(store, migrations)
    if found == 0 and not store.connection.tables() & _OURS:
        for migration in migrations:
            _apply(store, migration, "")
    elif found < newest:
        raise UsageError(
            f"{store.url} has schema {found}, this program needs {newest}",
            "Run `autonomy db migrate`; it makes a backup first.",
        )


def migrate(store: Tables, migrations: Sequence[Migration] = MIGRATIONS) -> Migrated:
    """Bring the tables up to date, a backup first; does nothing when they are. Each step lasts whole or not at all."""
    found, newest = _found(store, migrations)
    waiting = [migration for migration in migrations if migration.number > found]
    if not waiting:
        return Migrated(before=found, after=found)
    old = bool(store.connection.tables() & _OURS)
    backup = store.connection.backup(clock.stamp(clock.now())) if old else ""
    for migration in waiting:
        _apply(store, migration, backup)
    return Migrated(before=found, after=newest, backup=backup)


def _found(store: Tables, migrations: Sequence[Migration]) -> tuple[int, int]:
    found, newest = version(store), migrations[-1].number
    if found > newest:
        raise UsageError(
            f"{store.url} has schema {found}, this program knows only up to {newest}",
            "Install the newer autonomy-pack that wrote it (pip install --upgrade autonomy-pack).",
        )
    return found, newest


def _apply(store: Tables, migration: Migration, backup: str) -> None:
    with store.writing() as now:
        before = version(store)
        if before >= migration.number:  # another process was faster
            return
        for statement in migration.statements:
            _run(store, migration, statement)
        data = {"from": before, "to": migration.number, "backup": backup}
        store.record([Event(kind="store.migrated", subject="store", data=data)], now)


def _run(store: Tables, migration: Migration, statement: str) -> None:
    try:
        store.connection.rows(statement.format(auto_key=store.connection.auto_key), {})
    except WorldError:
        raise
    except Exception as error:
        raise WorldError(
            f"migration {migration.number} of {store.url} failed and was undone: {error}",
            "Nothing was changed. Keep the backup, and report this message.",
        ) from error
