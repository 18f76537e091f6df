"""PostgreSQL by psycopg 3: one advisory lock makes every write transaction wait its turn."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.store.connection import Params, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_NOW = """to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# ruff: noqa: S608 - put together from this file alone.
# The lock is per schema: stores in different schemas of one database do not wait for each other. The time is read
# from the row that the lock yields, so after the wait. Sent as one text without places, so in one round trip.
_BEGIN = f"""begin isolation level read committed;
    with waited as materialized (select pg_advisory_xact_lock(20260102, hashtext(current_schema())))
    select {_NOW} from waited"""
_SETTINGS = "-c idle_in_transaction_session_timeout=60s -c client_min_messages=warning"


@cache
def translated(sql: str) -> str:
    """The common SQL text with its `:name` places as psycopg writes them."""
    return re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", sql.replace("%", "%%"))


class Postgres:
    """See connection.Connection. WorldError when the server cannot be reached; no message holds a password."""

    auto_key = "bigint generated always as identity primary key"

    def __init__(self, url: str, *, now: Callable[[], str] | None = None, patience: float = 30.0) -> None:
        self._given = now
        self._patience = patience
        self._settings, self._password = _parsed(url)
        self.url = _without_password(self._settings)
        self._db = self._open()

    def _open(self) -> psycopg.Connection[Row]:
        import psycopg

        wait = f"-c lock_timeout={self._patience * 1000:.0f}"
        options = f"{self._settings.get('options') or ''} {_SETTINGS} {wait}".strip()
        given: dict[str, Any] = (
            {"connect_timeout": 10, "application_name": "autonomy"} | self._settings | {"options": options}
        )
        with self._explained():
            return psycopg.connect(**given, client_encoding="utf8", autocommit=True, prepare_threshold=2)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.errors.LockNotAvailable as error:
            says = f"{self.url} was locked by another program for {self._patience:g} s"
            raise WorldError(says, "End the program that holds it, then run the same command again.") from error
        except (psycopg.OperationalError, psycopg.InternalError) as error:
            said = " ".join(str(error).split())
            words = said.replace(self._password, "***") if self._password else said
            fix = "Check that the server runs, and the address and the account; then run the same command again."
            raise WorldError(f"{self.url}: {words}", fix) from None

    def now(self) -> str:
        """See Connection."""
        return self._given() if self._given else str(self._run(f"select {_NOW}")[0][0])

    def begin(self) -> str:
        """See Connection. A connection that broke is made anew here, where nothing of a transaction can be lost."""
        if self._db.closed:
            self._db = self._open()
        try:
            with self._explained():
                cursor = self._db.execute(_BEGIN)
                cursor.nextset()
                row = cursor.fetchone()
        except BaseException:
            self.rollback()
            raise
        return self._given() if self._given else str(row[0] if row else "")

    def snapshot(self) -> None:
        """See Connection."""
        self._run("begin isolation level repeatable read read only")

    def commit(self) -> None:
        """See Connection."""
        self._run("commit")

    def rollback(self) -> None:
        """See Connection."""
        if not self._db.closed:
            self._run("rollback")

    def rows(self, sql: str, params: Params) -> list[Row]:
        """See Connection."""
        return self._run(translated(sql), params)

    def _run(self, sql: str, params: Params | None = None) -> list[Row]:
        with self._explained():
            cursor = self._db.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> set[str]:
        """See Connection."""
        found = self._run("select tablename::text from pg_tables where schemaname = current_schema()")
        return {name for (name,) in found}

    def backup(self, stamp: str) -> str:
        """See Connection. Copies of the tables beside them, made in one transaction."""
        name = f"backup_{stamp.lower()}"
        self.begin()
        try:
            for table in ("events", "leases", "heads"):
                self._run(f"create table {name}_{table} as table {table}")
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return name

    def faults(self) -> list[str]:
        """See Connection. The server keeps watch over its own pages; reading every row is the check."""
        return []

    def close(self) -> None:
        """See Connection."""
        self._db.close()


def _parsed(url: str) -> tuple[dict[str, Any], str]:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise UsageError("PostgreSQL needs psycopg", "Run: pip install 'autonomy-pack[postgres]'") from error
    try:
        settings = conninfo_to_dict(url)
    except ProgrammingError:
        raise UsageError(
            "the store's address is not one that PostgreSQL understands",
            "Write it as postgresql://USER@HOST:PORT/DATABASE (the password in ~/.pgpass or PGPASSWORD).",
        ) from None
    return settings, str(settings.get("password") or "")


def _without_password(settings: dict[str, Any]) -> str:
    from urllib.parse import quote, urlencode

    rest = {name: str(word) for name, word in settings.items() if name not in ("password", "user", "host", "port")}
    database = quote(rest.pop("dbname", ""), safe="")
    user = quote(str(settings["user"]), safe="") + "@" if settings.get("user") else ""
    host = quote(str(settings.get("host") or ""), safe="")
    port = f":{settings['port']}" if settings.get("port") else ""
    return f"postgresql://{user}{host}{port}/{database}" + (f"?{urlencode(rest, quote_via=quote)}" if rest else "")
