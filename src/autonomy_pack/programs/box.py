"""The box launcher: starts one program, boxed or not, and takes all it began with it when either of them ends.

    python -I -S box.py none PARENT -- ARGV…
    python -I -S box.py bubblewrap PARENT KEY=VALUE… -- ARGV…
    python -I -S box.py namespaces PARENT KEY=VALUE… -- ARGV…
    python -I -S box.py landlock PARENT KEY=VALUE… -- ARGV…

The keys: `bwrap` (its path), `write` and `read` (a folder or file that the program may; as many as there are), `socket`
(the one unix socket that crosses, at the same path inside), `filter` (of system calls, in hex: sandboxes/seccomp.py),
`builder` (programs/namespaces.py) and `sudo` (its path, when it takes that to become root).

It runs alone (standard library, no site), because it starts before every program. Its environment is the program's:
nothing secret is ever in an argv. PARENT is the process it must not outlive. A program ended by signal n counts as
exit 128 + n; 127 is a program that could not be started.
"""

# It starts before every program, so it does without pathlib, whose import alone would take a third of its time; the
# /tmp it names is the box's own.
# ruff: noqa: PTH101, PTH102, PTH109, PTH110, PTH112, PTH114, PTH115, PTH116, PTH120, PTH208, S103, S108, S605, S606

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import stat
import sys
import time
from contextlib import suppress

NOBODY = 65534
_GRACE, _FORCE = 0.5, 5.0
TMP_BYTES, _FILE_BYTES, PROCESSES = 1 << 30, 16 << 30, 4096
_PRLIMIT = "/usr/bin/prlimit"
_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWNS = 0x20000
_MS_BIND_REC, _MS_PRIVATE_REC = 0x1000 | 0x4000, 0x40000 | 0x4000
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_HEARD = {*_ENDING, signal.SIGCHLD, signal.SIGALRM}

# All that a program gets of the host's /etc: what the dynamic linker, TLS and links to interpreters need.
ETC = ["alternatives", "ca-certificates", "crypto-policies", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"]
ETC += ["localtime", "pki", "ssl"]
MERGED = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]


def main(words: list[str]) -> int:
    """Start the program and stay until it and everything below it is gone; its exit code."""
    end = words.index("--")
    (mode, parent, *pairs), argv = words[:end], words[end + 1 :]
    room = Room(pairs)
    die_with(int(parent), signal.SIGTERM)
    if _LINUX:
        call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _forget_locale()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    if mode == "landlock":
        room.tmp = _fresh_folder()
    reader, leash = os.pipe()  # its end is how a box that root built hears that it must end
    room.leash = str(reader)
    lent = [(folder, lend(folder)) for folder in room.lendable() if mode != "none" and os.geteuid() == 0]
    try:
        return _wait_for(_start(mode, room, argv), int(parent))
    finally:
        os.close(leash)
        _end_all()
        for folder, owner in lent:
            give(folder, owner)
        if room.tmp != "/tmp":
            os.spawnve(os.P_WAIT, "/bin/rm", ["rm", "-rf", "--", room.tmp], {})


class Room:
    """What the words say of the box."""

    def __init__(self, pairs: list[str]) -> None:
        told = [pair.partition("=") for pair in pairs]
        self.write = [value for key, _, value in told if key == "write"]
        self.read = [value for key, _, value in told if key == "read"]
        one = {key: value for key, _, value in told}
        self.bwrap, self.socket = one.get("bwrap", ""), one.get("socket", "")
        self.builder, self.sudo = one.get("builder", ""), one.get("sudo", "")
        self.pairs, self.leash = pairs, ""
        self.filter = bytes.fromhex(one.get("filter", ""))
        self.tmp = "/tmp"

    def lendable(self) -> list[str]:
        """The folders that become nobody's when root begins the box."""
        return self.write if self.tmp == "/tmp" else [*self.write, self.tmp]

    def places(self) -> list[str]:
        """All that is bound, a folder before what lies in it."""
        return sorted({*self.write, *self.read, self.socket} - {""})


def _start(mode: str, room: Room, argv: list[str]) -> int:
    me = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        if mode != "none":
            bound_files()
        if mode == "bubblewrap":
            argv = _box(room, argv)
        if mode == "namespaces":
            argv = _built(room, me, argv)
        if mode == "landlock":
            argv = _walled(room, argv)
        be_ordinary()
        leave_keyring()
        die_with(me, signal.SIGKILL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{error.filename or argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _forget_locale() -> None:
    """Take out of the environment what the interpreter put in when it had no locale."""
    with open("/proc/self/environ", "rb") as file:
        if b"\0LC_CTYPE=" not in b"\0" + file.read():
            os.environ.pop("LC_CTYPE", None)


def be_ordinary() -> None:
    """Undo what the interpreter did to signals, and leave no core file in anybody's change."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bound_files() -> None:
    """No single file above 16 GiB: a program that fills the disk by accident ends before the disk does."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = _FILE_BYTES if hard == resource.RLIM_INFINITY else min(hard, _FILE_BYTES)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _wait_for(child: int, parent: int) -> int:
    """The exit code of the child, or 128 + n when signal n told us to end first."""
    if not _LINUX:  # nothing tells us of the parent's death: look
        signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    while True:
        number = signal.sigwait(_HEARD)
        if number in _ENDING or os.getppid() != parent:
            return 128 + number
        for pid, status in _reaped() or ():
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def _reaped() -> list[tuple[int, int]] | None:
    """Who died, with what status; None when there is no child left, and so nobody below us: orphans come to us."""
    dead = []
    try:
        while (one := os.waitpid(-1, os.WNOHANG))[0]:
            dead.append(one)
    except ChildProcessError:
        return dead or None
    return dead


# --- the end ------------------------------------------------------------------------------------------------------


def _end_all() -> None:
    """SIGTERM to all below us, half a second, then SIGKILL until nobody is left."""
    asked = time.monotonic()
    _signal_all(signal.SIGTERM)
    while _reaped() is not None and time.monotonic() < asked + _GRACE + _FORCE:
        if time.monotonic() > asked + _GRACE:
            _signal_all(signal.SIGKILL)
        time.sleep(0.002)


def _signal_all(number: int) -> None:
    for pid in _below():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _below() -> list[int]:
    """Every process that descends from us."""
    if _reaped() is None:
        return []
    parents = _parents()
    found, new = set(), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new}
        found |= new
    return list(found)


def _parents() -> dict[int, int]:
    if _LINUX:
        return {pid: _parent(pid) for pid in map(int, filter(str.isdecimal, os.listdir("/proc")))}
    with os.popen("ps -A -o pid= -o ppid=") as table:
        return {int(pid): int(parent) for pid, parent in map(str.split, table)}


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


# --- the box ------------------------------------------------------------------------------------------------------


def _box(room: Room, argv: list[str]) -> list[str]:
    """Become what may enter the box; the argv of bubblewrap around the program's."""
    folder = as_named(room, os.getcwd())
    sources = {place: place for place in room.places()}
    if os.geteuid() == 0:
        sources = _stage(room.places())
        drop()
    settle(room, "/tmp")
    binds: list[str] = []
    for place, source in sources.items():
        binds += ["--bind" if place in room.write else "--ro-bind", source, place]
    sealed = ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", folder]
    filtered = ["--seccomp", str(_readable_fd(room.filter))] if room.filter else []
    return [room.bwrap, *_walls(), *binds, *sealed, *filtered, "--", *_counted(argv)]


def as_named(room: Room, folder: str) -> str:
    """A folder by the name that it has in the room: what lies behind a link outside is no link inside."""
    for place in room.write:
        real = os.path.realpath(place)
        if folder == real or folder.startswith(f"{real}/"):
            return place + folder[len(real) :]
    return folder


def _counted(argv: list[str]) -> list[str]:
    """The program with a bound on how many processes there may be: set inside, it counts those of the box alone."""
    return [_PRLIMIT, f"--nproc={PROCESSES}", *argv] if os.path.exists(_PRLIMIT) else argv


def _built(room: Room, me: int, argv: list[str]) -> list[str]:
    """The argv of the program that builds the box as root."""
    builder = [sys.executable, "-I", "-S", room.builder, str(me), room.leash, *room.pairs, "--", *argv]
    return [room.sudo, "-n", "--", *builder] if room.sudo else builder


def _walled(room: Room, argv: list[str]) -> list[str]:
    """Become who may work there, where no namespace can be had; the program builds its own walls (walls.py)."""
    if os.geteuid() == 0:
        if room.socket:
            os.chmod(os.path.dirname(room.socket), 0o711)  # who knows its name may reach it, as in a box
        for place in room.write:
            _let_through(os.path.dirname(place))
        drop()
    settle(room, room.tmp)
    os.mkdir(f"{room.tmp}/home", 0o700)
    for place in room.write:
        if not os.access(place, os.W_OK):
            raise OSError(errno.EACCES, f"uid {os.geteuid()} cannot get there; without bubblewrap it must", place)
    return argv


def _fresh_folder() -> str:
    folder = f"/tmp/box-{os.urandom(8).hex()}"
    os.mkdir(folder, 0o700)
    return folder


def _let_through(folder: str) -> None:
    """Who knows the name of what lies in a folder may reach it; the folder itself shows no names."""
    os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) | stat.S_IXGRP | stat.S_IXOTH)


def settle(room: Room, tmp: str) -> None:
    """The environment inside: a fresh home, unless the one that was given is in the room."""
    home = os.environ.get("HOME", "")
    if not any(home == place or home.startswith(f"{place}/") for place in room.write):
        os.environ["HOME"] = f"{tmp}/home"
    os.environ |= {"TMPDIR": tmp, "PATH": os.environ.get("PATH") or os.defpath}


def _walls() -> list[str]:
    words = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    words += ["--cap-drop", "ALL", "--hostname", "box", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in MERGED:
        if os.path.islink(f"/{name}"):
            words += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            words += ["--ro-bind", f"/{name}", f"/{name}"]
    for name in ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name, text in files(os.geteuid(), os.getegid()).items():
        words += ["--ro-bind-data", str(_readable_fd(text.encode())), f"/etc/{name}"]
    for folder in ("/dev/shm", "/tmp"):
        words += ["--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", folder]
    return [*words, "--dir", "/tmp/home"]


def files(user: int, group: int) -> dict[str, str]:
    """What is made up of /etc, name → text."""
    return {
        "passwd": f"box:x:{user}:{group}::/tmp/home:/bin/sh\n",
        "group": f"box:x:{group}:\n",
        "hosts": "127.0.0.1 localhost box\n::1 localhost\n",
    }


def _readable_fd(text: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader


def _stage(places: list[str]) -> dict[str, str]:
    """Bind every place below a folder that anybody may enter, in a mount namespace of our own: homes are closed."""
    call("unshare", _CLONE_NEWNS)
    call("mount", None, b"/", None, _MS_PRIVATE_REC, None)
    handles = {place: os.open(place, os.O_PATH) for place in places}
    call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, b"mode=755")
    staged = {}
    for number, (place, handle) in enumerate(handles.items()):
        staged[place] = f"/tmp/{number}"
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            os.mkdir(staged[place])
        else:
            os.close(os.open(staged[place], os.O_CREAT | os.O_WRONLY))
        call("mount", f"/proc/self/fd/{handle}".encode(), staged[place].encode(), None, _MS_BIND_REC, None)
        os.close(handle)
    return staged


def drop() -> None:
    """Be nobody for good: a box begun as root leaves /proc/sys of the host writable."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def lend(folder: str) -> str:
    """Make the work folder nobody's for as long as the box lasts; whose it is."""
    whose = os.stat(folder)
    give(folder, f"{NOBODY}:{NOBODY}")
    return "0:0" if whose.st_uid == NOBODY else f"{whose.st_uid}:{whose.st_gid}"


def give(folder: str, owner: str) -> None:
    """Make a folder and all in it somebody's: links themselves, never what they point at, however deep it is."""
    os.spawnve(os.P_WAIT, "/bin/chown", ["chown", "-R", "-h", "-P", owner, "--", folder], {})


# --- the system calls that Python has no names for ----------------------------------------------------------------


def die_with(parent: int, number: int) -> None:
    """Be sent a signal when the parent dies; end at once if it is dead already."""
    if _LINUX:
        call("prctl", _PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + number)


def leave_keyring() -> None:
    """Join a new, empty session keyring: the old one may hold keys, and no namespace closes it."""
    number = {"x86_64": 250, "aarch64": 219}.get(os.uname().machine)
    if _LINUX and number:
        ctypes.CDLL(None).syscall(number, 1, None)


def call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # nothing is left to tidy up, so it does not take its time
