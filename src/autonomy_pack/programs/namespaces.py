"""Builds the box as root, where bubblewrap is missing, and starts the program in it as nobody.

    python -I -S namespaces.py LAUNCHER LEASH KEY=VALUE… -- ARGV…

The walls are those of bubblewrap (programs/box.py): namespaces of its own for pid, net, mount, ipc and uts, and a tree
of mounts that holds what the keys name and nothing else of the host. There is no namespace of users, for root makes the
others; instead the program is nobody, without capabilities, and cannot gain any. LAUNCHER is the process that began
this, often through sudo; its environment is the program's, and LEASH the number of a pipe of its: when that ends, the
box ends. 127 is a box that could not be built.
"""

# It starts before every program, so it does without pathlib; the /tmp it names is the box's own.
# ruff: noqa: PTH100, PTH102, PTH103, PTH109, PTH110, PTH112, PTH114, PTH115, PTH120, PTH211
# ruff: noqa: S108, S606

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import sys
from contextlib import suppress

sys.dont_write_bytecode = True  # root leaves no files behind
sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from autonomy_pack.programs import box, walls  # noqa: E402

_NAMESPACES = 0x6E020000  # CLONE_NEW: NET, PID, IPC, UTS, CGROUP, NS (mounts)
# mount, cgroup, uts, ipc, pid, net
_BIND, _PRIVATE, _DETACH = 0x1000 | 0x4000, 0x40000 | 0x4000, 2
_NOSUID, _NODEV, _NOEXEC, _READ_ONLY, _AGAIN = 2, 4, 8, 1, 32
_SETATTR, _RECURSIVE, _EMPTY_PATH = 442, 0x8000, 0x1000
_PIVOT = {"x86_64": 155, "aarch64": 41}
_DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_UP = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # struct ifreq: IFF_UP, IFF_RUNNING
_SIOCSIFFLAGS, _PR_CAPBSET_DROP = 0x8914, 24
_NEW = "/tmp"  # where the new root is put together: whatever lies there is out of sight by then, but for what is held


def main(words: list[str]) -> int:
    """Build the box, and stay until it is gone or the launcher is; the program's exit code."""
    end = words.index("--")
    (launcher, leash, *pairs), argv = words[:end], words[end + 1 :]
    room = box.Room(pairs)
    try:
        held = os.open(f"/proc/{launcher}/fd/{leash}", os.O_RDONLY)
        _take_environment(int(launcher))
        box.call("prctl", 36, 1, 0, 0, 0)  # orphans of the box come here
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
        lent = [(folder, box.lend(folder)) for folder in room.write] if room.sudo else []
    except OSError as error:
        return _told(error)
    try:
        return _watch(_apart(room, argv), held)
    finally:
        for folder, owner in lent:
            box.give(folder, owner)


def _told(error: OSError) -> int:
    os.write(2, f"{error.filename or 'the box'}: {error.strerror}\n".encode())
    return 127


def _take_environment(launcher: int) -> None:
    with open(f"/proc/{launcher}/environ", "rb") as file:
        told = [line.partition(b"=")[::2] for line in file.read().split(b"\0") if line]
    os.environ.clear()
    os.environb.update(dict(told))


def _watch(child: int, leash: int) -> int:
    """Until the box has ended, or must because nobody waits for it any more; then until nothing of it is left."""
    handle = os.pidfd_open(child)
    ready, _, _ = select.select([handle, leash], [], [])
    if handle not in ready:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(ChildProcessError):
        while True:
            os.wait()
    return code if code >= 0 else 128 - code


def _forked(work: object, *given: object) -> int:
    """A child that does that and ends with what it returns; it dies with this process."""
    me = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        box.die_with(me, signal.SIGKILL)
        os._exit(work(*given))  # type: ignore[operator]
    except OSError as error:
        os._exit(_told(error))
    finally:
        os._exit(127)


def _apart(room: box.Room, argv: list[str]) -> int:
    """A process that makes the namespaces: who stays outside of them can still give back what was lent."""

    def begin() -> int:
        box.call("unshare", _NAMESPACES)
        return _ended(_forked_first(room, argv))

    return _forked(begin)


def _forked_first(room: box.Room, argv: list[str]) -> int:
    """The first process of the box: all in it end when it does."""
    outside = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        box.call("prctl", 1, signal.SIGKILL, 0, 0, 0)
        if not os.path.exists(f"/proc/{outside}"):  # the old /proc still shows who made us
            os._exit(127)
        folder = box.as_named(room, os.getcwd())
        _furnish(room)
        os.chdir(folder)
        os._exit(_ended(_forked(_become, room, argv)))
    except OSError as error:
        os._exit(_told(error))
    finally:
        os._exit(127)


def _ended(child: int) -> int:
    """Bury whoever ends until that child does; its exit code."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


# --- what is in it ------------------------------------------------------------------------------------------------


def _furnish(room: box.Room) -> None:
    """Put a new root together, and leave the old one for good."""
    box.call("mount", None, b"/", None, _PRIVATE, None)
    merged = [f"/{name}" for name in box.MERGED if os.path.lexists(f"/{name}")]
    links = {place: os.readlink(place) for place in merged if os.path.islink(place)}
    shown = [place for place in ("/usr", *(f"/etc/{name}" for name in box.ETC)) if os.path.exists(place)]
    shown += [place for place in merged if place not in links]
    handles = {place: os.open(place, os.O_PATH) for place in (*shown, *room.places())}
    devices = {f"/dev/{name}": os.open(f"/dev/{name}", os.O_PATH) for name in _DEVICES}
    _mount("tmpfs", "/", "mode=755", _NOSUID | _NODEV)
    for name, text in box.files(box.NOBODY, box.NOBODY).items():
        _write(f"{_NEW}/etc/{name}", text)
    for place, target in links.items():
        os.symlink(target, _NEW + place)
    _mount("tmpfs", "/dev", "mode=755", _NOSUID)
    for place, handle in devices.items():
        _bind(place, handle, _NOSUID)
    _terminals()
    for place in ("/tmp", "/dev/shm"):
        _mount("tmpfs", place, f"mode=1777,size={box.TMP_BYTES}", _NOSUID | _NODEV)
    _mount("proc", "/proc", "", _NOSUID | _NODEV | _NOEXEC)
    for place, handle in handles.items():
        _bind(place, handle, _NOSUID | _NODEV | (0 if place in room.write else _READ_ONLY))
    os.mkdir(f"{_NEW}/tmp/home", 0o700)
    os.chown(f"{_NEW}/tmp/home", box.NOBODY, box.NOBODY)
    _seal()


def _mount(kind: str, place: str, options: str, flags: int) -> None:
    target = _NEW if place == "/" else _NEW + place
    os.makedirs(target, exist_ok=True)
    box.call("mount", kind.encode(), target.encode(), kind.encode(), flags, options.encode())


def _bind(place: str, handle: int, attributes: int) -> None:
    """Show a place at its own path, with what lies mounted beneath it, as much as the attributes allow."""
    target = _NEW + place
    if os.path.isdir(f"/proc/self/fd/{handle}"):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        _write(target, "")
    box.call("mount", f"/proc/self/fd/{handle}".encode(), target.encode(), None, _BIND, None)
    os.close(handle)
    wanted = struct.pack("=4Q", attributes, 0, 0, 0)
    if ctypes.CDLL(None).syscall(_SETATTR, -100, target.encode(), _RECURSIVE, wanted, len(wanted)) != 0:
        raise OSError(ctypes.get_errno(), "it cannot be shown with less rights", place)


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def _terminals() -> None:
    _mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=620", _NOSUID | _NOEXEC)
    os.symlink("pts/ptmx", f"{_NEW}/dev/ptmx")
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        os.symlink(f"/proc/self/fd{target}", f"{_NEW}/dev/{name}")


def _seal() -> None:
    """Nothing can be added to what there is, the old root is gone, the network is a loopback, the name says nothing."""
    for place in ("/dev", ""):
        box.call("mount", None, (_NEW + place).encode(), None, _AGAIN | 0x1000 | _READ_ONLY | _NOSUID, None)
    os.chdir(_NEW)
    if ctypes.CDLL(None).syscall(_PIVOT[os.uname().machine], b".", b".") != 0:
        raise OSError(1, "the old root cannot be left", "pivot_root")
    box.call("umount2", b".", _DETACH)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, _SIOCSIFFLAGS, _UP)
    socket.sethostname("box")


# --- who is in it -------------------------------------------------------------------------------------------------


def _become(room: box.Room, argv: list[str]) -> int:
    """Be nobody, without any right that could be had again; then the program."""
    os.setsid()
    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # beyond the last it says no, which is as good
    resource.setrlimit(resource.RLIMIT_NPROC, (box.PROCESSES, box.PROCESSES))
    box.bound_files()
    box.leave_keyring()
    box.drop()
    box.settle(room, "/tmp")
    box.be_ordinary()
    walls.install(room.filter)
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        raise OSError(error.errno, error.strerror, argv[0]) from None


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
