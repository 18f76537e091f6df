"""SQLite: one file, WAL, every commit on disk, and writers that wait their turn without starving."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from autonomy_pack.edges import clock, files
from autonomy_pack.errors import PackError, UsageError, WorldError
from autonomy_pack.store.connection import Params, Row

T = TypeVar("T")
_OLDEST = (3, 35)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_ADVICE = {
    sqlite3.SQLITE_FULL: "Free some disk space, then run the same command again; nothing was lost.",
    sqlite3.SQLITE_READONLY: "Give this user permission to write the file and its folder, then run again.",
    sqlite3.SQLITE_CANTOPEN: "Check that the folder exists and that this user may write in it, then run again.",
    sqlite3.SQLITE_IOERR: "Check the disk (SQLite needs a local one, not a network share), then run again.",
}


class Sqlite:
    """See connection.Connection. UsageError when Python's SQLite is too old or there is no file and none is wanted."""

    auto_key = "integer primary key autoincrement"

    def __init__(
        self, path: Path, *, create: bool = True, now: Callable[[], str] | None = None, patience: float = 30.0
    ) -> None:
        self._path = path.absolute()
        self._patience = patience
        self._now = now or clock.now
        require_version(sqlite3.sqlite_version_info)
        if not create and not self._path.exists():
            raise UsageError(f"there is no store at {self._path}", "Run `autonomy run` once, or name another store.")
        with files.explained(f"making the folder of {self._path}"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._db = self._patiently(self._open)

    @property
    def url(self) -> str:
        """See Connection."""
        return f"sqlite:///{self._path}"

    def _open(self) -> sqlite3.Connection:
        # busy_timeout stays 0: SQLite's own waiting let one writer starve another for seconds.
        db = sqlite3.connect(self._path, timeout=0, isolation_level=None, cached_statements=256)
        try:
            db.execute("pragma journal_mode = wal").fetchall()
            db.execute("pragma synchronous = full").fetchall()
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _patiently(self, action: Callable[..., T], *args: object) -> T:
        """Do it; while the database is locked, again after a short random pause, until patience ends."""
        end = 0.0
        while True:
            try:
                return action(*args)
            except sqlite3.DatabaseError as error:
                if _code(error) not in _BUSY:
                    raise self._explained(error) from error
                end = end or clock.monotonic() + self._patience
                if clock.monotonic() > end:
                    raise self._explained(error) from error
            clock.pause(random.uniform(0.0002, 0.002))  # noqa: S311 - a pause, not a secret

    def _explained(self, error: sqlite3.DatabaseError) -> PackError | sqlite3.DatabaseError:
        code = _code(error)
        if code in _BUSY:
            says = f"{self._path} was locked by another program for {self._patience:g} s"
            return WorldError(says, "End the program that holds it, then run the same command again.")
        if code in _DAMAGED:
            return WorldError(f"{self._path} is damaged: {error}", self._how_to_restore())
        if code in _ADVICE:
            return WorldError(f"{self._path}: {error}", _ADVICE[code])
        return error

    def _how_to_restore(self) -> str:
        backups = sorted(self._path.parent.glob(f"{self._path.name}.backup-*"))
        aside = f"mv {self._path} {self._path}.damaged (and the same for {self._path.name}-wal and -shm, if there)"
        if backups:
            return f"Nothing was changed. Keep it: {aside}; then restore: cp {backups[-1]} {self._path}"
        return f"Nothing was changed, and there is no backup. Keep it: {aside}; the next run begins a new store."

    def now(self) -> str:
        """See Connection."""
        return self._now()

    def begin(self) -> str:
        """See Connection."""
        self._patiently(self._db.execute, "begin immediate")
        return self._now()

    def snapshot(self) -> None:
        """See Connection."""
        self._patiently(self._db.execute, "begin")

    def commit(self) -> None:
        """See Connection."""
        self._patiently(self._db.execute, "commit")

    def rollback(self) -> None:
        """See Connection."""
        if self._db.in_transaction:
            self._patiently(self._db.execute, "rollback")

    def rows(self, sql: str, params: Params) -> list[Row]:
        """See Connection."""
        return self._patiently(self._fetch, sql, params)

    def _fetch(self, sql: str, params: Params) -> list[Row]:
        return self._db.execute(sql, params).fetchall()

    def tables(self) -> set[str]:
        """See Connection."""
        return {name for (name,) in self.rows("select name from sqlite_master where type = 'table'", {})}

    def backup(self, stamp: str) -> str:
        """See Connection. A file beside the store; it appears whole or not at all."""
        target = _unused(self._path.with_name(f"{self._path.name}.backup-{stamp}"))
        part = target.with_name(target.name + ".part")
        with files.explained(f"backing up to {target}"):
            part.unlink(missing_ok=True)
            self.rows("vacuum into :part", {"part": str(part)})
            files.write(target, part.read_bytes())
            part.unlink()
        return str(target)

    def faults(self) -> list[str]:
        """See Connection."""
        return [said for (said,) in self.rows("pragma integrity_check", {}) if said != "ok"]

    def close(self) -> None:
        """See Connection."""
        self._db.close()


def require_version(version: tuple[int, ...]) -> None:
    """UsageError when this SQLite does not know `returning`."""
    if version < _OLDEST:
        found = ".".join(map(str, version))
        raise UsageError(f"SQLite {found} is too old, 3.35 is needed", "Use a Python with a newer SQLite.")


def _code(error: Any) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _unused(path: Path) -> Path:
    others = (path.with_name(f"{path.name}-{number}") for number in range(2, 1000))
    return path if not path.exists() else next(other for other in others if not other.exists())
