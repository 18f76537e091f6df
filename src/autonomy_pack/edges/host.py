"""This machine, this user and this process: environment, folders, identity, and whether another process is dead."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from autonomy_pack.model import Holder


def environment() -> Mapping[str, str]:
    """The environment this process was started with."""
    return os.environ


def setting(name: str, default: str = "") -> str:
    """One environment variable, or the default when it is unset or empty."""
    return os.environ.get(name) or default


def home() -> Path:
    """The user's home folder."""
    return Path(setting("HOME", "/")).expanduser()


def cache_home() -> Path:
    """Where what can be made again is kept: XDG_CACHE_HOME/autonomy."""
    return Path(setting("XDG_CACHE_HOME") or home() / ".cache") / "autonomy"


def state_home() -> Path:
    """Where what a person decided on this machine is kept: XDG_STATE_HOME/autonomy."""
    return Path(setting("XDG_STATE_HOME") or home() / ".local" / "state") / "autonomy"


def config_home() -> Path:
    """Where the user's own settings are kept: XDG_CONFIG_HOME/autonomy."""
    return Path(setting("XDG_CONFIG_HOME") or home() / ".config") / "autonomy"


def user_name() -> str:
    """The login name of the user, or the uid when it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))


@cache
def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "none"


def pid_start(pid: int, *, buried: bool = True) -> float | None:
    """When that process started, in clock ticks since boot (seconds where there is no /proc); None when it is gone.

    A zombie counts as gone, for it holds nothing any more, unless `buried` is False.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return _pid_start_without_proc(pid) if not Path("/proc/self/stat").exists() else None
    return None if buried and fields[0] in "ZX" else float(fields[19])


def _pid_start_without_proc(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None


def me() -> Holder:
    """This process as the holder of a lease."""
    pid = os.getpid()
    return Holder(
        host=socket.gethostname(),
        boot=_boot(),
        pid_namespace=_pid_namespace(),
        pid=pid,
        pid_start=pid_start(pid) or 0.0,
    )


def is_dead(holder: Holder) -> bool:
    """Whether that process is provably gone: only said of processes of this boot and this pid namespace."""
    return same_boot(holder) and pid_start(holder.pid) != holder.pid_start


def ancestors() -> list[tuple[int, float]]:
    """(pid, start) of this process's parents, nearest first."""
    import psutil

    return [(process.pid, pid_start(process.pid) or 0.0) for process in psutil.Process().parents()]


def same_boot(holder: Holder) -> bool:
    """Whether that process lives, or lived, in this boot and this pid namespace, so that its pids mean something."""
    return (holder.boot, holder.pid_namespace) == (_boot(), _pid_namespace())
