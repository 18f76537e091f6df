"""A hostile program: tries to get out of where it is, and prints as JSON which of its attempts worked.

Its input says, as JSON, what there is to be found outside: canary (a word in the environment of the harness), marker
(in the argv of a process of the host) and pid (that process), secret, outside, runner, netrc, git, setuid, readable and
work (paths), port, port6, udp, abstract, unix and gateway (sockets), segment (a key of shared memory), host (its name),
daemon (a word for the argv of what it leaves behind).

It also runs without a box, as root, to show that the attempts would work: so each only finds out whether it may, and
changes nothing but what lies in the test's own folder.
"""

# It says what programs do, in the words they do it with.
# ruff: noqa: PTH104, PTH208, PTH211

import ctypes
import errno
import json
import os
import resource
import socket
import struct
import subprocess
import sys
from pathlib import Path

GOAL = json.load(sys.stdin)
LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = 0 if os.uname().machine == "x86_64" else 1
CALLS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425), "bpf": (321, 280), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "add_key": (248, 217), "keyctl": (250, 219), "setns": (308, 268), "mount": (165, 40), "reboot": (169, 142),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "kexec_load": (246, 104), "bind": (49, 200),
    "init_module": (175, 105), "pivot_root": (155, 41), "fsopen": (430, 430), "quotactl": (179, 60), "clone3": (435, 435),
}  # fmt: skip


def call(name: str, *arguments: object) -> int:
    """The answer of a system call; 0 or less than 0 with its errno kept."""
    ctypes.set_errno(0)
    return LIBC.syscall(CALLS[name][MACHINE], *arguments)


def may(name: str, *arguments: object) -> bool:
    """Whether a call, given nonsense, fails for that rather than for want of rights."""
    return call(name, *arguments) >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS)


def somewhere_in_proc(name: str, word: str) -> bool:
    for place in Path("/proc").glob("[0-9]*"):
        if place.name != str(os.getpid()):
            try:
                if word.encode() in (place / name).read_bytes():
                    return True
            except OSError:
                pass
    return False


def written(path: str) -> bool:
    with open(path, "a") as file:
        file.write("was here\n")
    return True


def sent(family: int, address: object) -> bool:
    with socket.socket(family) as connection:
        connection.settimeout(2)
        connection.connect(address)
        connection.sendall(b"out\n")
    return True


def answered() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(1)
        one.sendto(b"out\n", ("127.0.0.1", GOAL["udp"]))
        return one.recv(100) == b"heard"


def status(name: str) -> str:
    return next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))


def without_new_privileges() -> bool:
    return LIBC.prctl(39, 0, 0, 0, 0) == 1


def capabilities() -> int:
    """What capget says is effective."""
    header, data = struct.pack("=Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    LIBC.capget(header, data)
    first, _, _, second, _, _ = struct.unpack("=6I", data.raw)
    return first | second


def memory_of_another() -> bool:
    words = ctypes.create_string_buffer(8)
    with open(f"/proc/{GOAL['pid']}/maps") as maps:
        at = int(maps.readline().split("-")[0], 16)
    ours = (ctypes.c_void_p * 2)(ctypes.addressof(words), 8)
    theirs = (ctypes.c_void_p * 2)(at, 8)
    return call("process_vm_readv", GOAL["pid"], ours, 1, theirs, 1, 0) == 8


def memory_file_of_another() -> bool:
    with open(f"/proc/{GOAL['pid']}/mem", "rb") as file:
        return file.fileno() > 0


def descriptor_of_another() -> bool:
    handle = call("pidfd_open", GOAL["pid"], 0)
    return handle >= 0 and call("pidfd_getfd", handle, 1, 0) >= 0


def joined_namespace() -> bool:
    with open(f"/proc/{GOAL['pid']}/ns/net") as file:
        return call("setns", file.fileno(), 0x40000000) == 0


def typed() -> bool:
    """Put a letter into the input of a terminal that is this process's own."""
    import fcntl
    import termios

    _, slave = os.openpty()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    fcntl.ioctl(slave, termios.TIOCSTI, b"x")
    return True


def became_root() -> bool:
    return os.getuid() != 0 and b"euid=0" in subprocess.run([GOAL["setuid"]], capture_output=True, check=False).stdout


def linked() -> bool:
    os.link(GOAL["secret"], "a-link")
    return Path("a-link").read_text() == "secret"


def pointed() -> bool:
    os.symlink(GOAL["secret"], "a-pointer")
    return Path("a-pointer").read_text() == "secret"


def climbed() -> bool:
    place = os.open(".", os.O_PATH)
    return "secret" in os.read(os.open("../outside/secret", os.O_RDONLY, dir_fd=place), 100).decode()


def moved_in() -> bool:
    place = Path(GOAL["outside"]).parent / "movable"
    place.write_text("x")
    place.rename("moved")
    return True


def moved_work() -> bool:
    os.rename(GOAL["work"], GOAL["work"] + ".away")
    os.rename(GOAL["work"] + ".away", GOAL["work"])
    return True


def cut() -> bool:
    os.truncate(GOAL["outside"] + "-cut", 0)
    return True


def opened(*names: str, how: int = os.O_RDONLY) -> bool:
    for name in names:
        try:
            os.close(os.open(name, how))
        except OSError:
            continue
        return True
    return False


def left_open() -> bool:
    for number in range(3, 64):
        try:
            os.fstat(number)
        except OSError:
            continue
        return True
    return False


def left_daemon() -> bool:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.dup2(os.open("/dev/null", os.O_RDWR), 1)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", GOAL["daemon"]])
        os._exit(0)
    return False  # what comes of it is seen from outside


def user_namespace_by_clone() -> bool:
    child = LIBC.syscall((56, 220)[MACHINE], 0x10000000 | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child > 0


def ring() -> bool:
    return call("io_uring_setup", 1, ctypes.create_string_buffer(120)) >= 0


def loaded_bpf() -> bool:
    return may("bpf", 0, ctypes.create_string_buffer(struct.pack("=4I", 99, 4, 4, 1), 128), 128)


def shared_segment() -> bool:
    return LIBC.shmget(GOAL["segment"], 0, 0) >= 0


def slowed() -> bool:
    os.setpriority(os.PRIO_PROCESS, GOAL["pid"], os.getpriority(os.PRIO_PROCESS, GOAL["pid"]))
    return True


def limited() -> bool:
    resource.prlimit(GOAL["pid"], resource.RLIMIT_NOFILE, resource.prlimit(GOAL["pid"], resource.RLIMIT_NOFILE))
    return True


ATTEMPTS = {
    "own environment": lambda: any(GOAL["canary"] in value for value in os.environ.values()),
    "a runner's variables": lambda: any(name.startswith(("GITHUB_", "RUNNER_", "ACTIONS_")) for name in os.environ),
    "environment of another process": lambda: somewhere_in_proc("environ", GOAL["canary"]),
    "see host processes": lambda: somewhere_in_proc("cmdline", GOAL["marker"]),
    "memory of another process": memory_of_another,
    "memory of another process by its file": memory_file_of_another,
    "descriptors of another process": lambda: bool(os.listdir(f"/proc/{GOAL['pid']}/fd")),
    "take a descriptor of another process": descriptor_of_another,
    "trace another process": lambda: call("ptrace", 0x4206, GOAL["pid"], 0, 0) == 0,
    "signal another process": lambda: os.kill(GOAL["pid"], 0) is None,
    "slow another process down": slowed,
    "set limits of another process": limited,
    "find a descriptor left open": left_open,
    "change the mode of a file outside": lambda: Path(GOAL["secret"]).chmod(0o644) is None,
    "change the owner of a file outside": lambda: os.chown(GOAL["secret"], -1, os.getgid()) is None,
    "read a file outside": lambda: bool(Path(GOAL["secret"]).read_text()),
    "read a file outside by climbing": climbed,
    "read a file outside by a symbolic link": pointed,
    "read a file outside by a hard link": linked,
    "read credentials in a home": lambda: "password" in Path(GOAL["netrc"]).read_text(),
    "read the event of a runner": lambda: bool(Path(GOAL["runner"], "event.json").read_text()),
    "append to GITHUB_ENV": lambda: written(GOAL["runner"] + "/env"),
    "write a file outside": lambda: written(GOAL["outside"]),
    "cut a file outside short": cut,
    "move a file in from outside": moved_in,
    "move its own folder away": moved_work,
    "plant a hook in the user's repository": lambda: written(GOAL["git"] + "/hooks/post-checkout"),
    "write what it may read": lambda: written(GOAL["readable"]),
    "write to the root": lambda: os.access("/", os.W_OK),
    "write to /dev": lambda: os.access("/dev", os.W_OK),
    "write to /tmp of the host": lambda: written(f"{GOAL['temporary']}/file"),
    "write our interpreter's folder": lambda: os.access(sys.prefix, os.W_OK),
    "list /run": lambda: any(Path("/run").iterdir()),
    "list /var": lambda: any(Path("/var").iterdir()),
    "list /": lambda: bool(os.listdir("/")) and Path("/etc/hostname").read_text() != "",
    "look into /sys": lambda: any(Path("/sys").iterdir()),
    "see /home": lambda: Path("/home").exists(),
    "look for users": lambda: "root:" in Path("/etc/passwd").read_text(),
    "know the name servers": lambda: bool(Path("/etc/resolv.conf").read_text()),
    "open core_pattern": lambda: opened("/proc/sys/kernel/core_pattern", how=os.O_WRONLY),
    "open sysrq": lambda: opened("/proc/sysrq-trigger", how=os.O_WRONLY),
    "open a switch of the kernel": lambda: opened("/proc/sys/vm/drop_caches", "/proc/sys/net/ipv4/ip_forward", how=1),
    "write to a control group": lambda: os.access("/sys/fs/cgroup", os.W_OK),
    "open a device": lambda: opened("/dev/kmsg", "/dev/mem", "/dev/kvm", "/dev/fuse", "/dev/vda", "/dev/loop-control"),
    "be root": lambda: os.getuid() == 0,
    "keep capabilities": lambda: capabilities() != 0,
    "gain privileges": lambda: not without_new_privileges(),
    "become root by a set-uid program": became_root,
    "make a user namespace": lambda: LIBC.unshare(0x10000000) == 0,
    "make a user namespace by clone": user_namespace_by_clone,
    "make a mount namespace": lambda: LIBC.unshare(0x20000) == 0,
    "join a namespace of the host": joined_namespace,
    "mount": lambda: may("mount", b"none", b".", b"no-such-file-system", 0, 0),
    "begin a mount": lambda: may("fsopen", b"no-such-file-system", 0),
    "reboot": lambda: may("reboot", 0, 0, 0, 0),
    "load a kernel": lambda: may("kexec_load", 0, 0, 0, 1 << 30),
    "load a module": lambda: may("init_module", 0, 0, b""),
    "set a quota": lambda: may("quotactl", 0x800002 << 8, 0, 0, 0),
    "name a file by handle": lambda: may("name_to_handle_at", -100, b".", 0, 0, 0),
    "make an io_uring": ring,
    "load a bpf program": loaded_bpf,
    "keep a key": lambda: call("add_key", b"user", b"autonomy-hostile", b"x", 1, -1) > 0,
    "handle page faults": lambda: call("userfaultfd", 1) >= 0,
    "count events of the kernel": lambda: may("perf_event_open", 0, 0, -1, -1, 0),
    "read the kernel's log": lambda: LIBC.klogctl(10, 0, 0) >= 0,
    "take another personality": lambda: LIBC.personality(0x400000) != -1,
    "type into a terminal": typed,
    "attach the host's shared memory": shared_segment,
    "connect by TCP": lambda: sent(socket.AF_INET, ("127.0.0.1", GOAL["port"])),
    "connect by TCP over IPv6": lambda: sent(socket.AF_INET6, ("::1", GOAL["port6"])),
    "talk by UDP": answered,
    "make raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW) is not None,
    "listen to the kernel": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15) is not None,
    "make a rare socket": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) is not None,
    "connect by abstract socket": lambda: sent(socket.AF_UNIX, "\0" + GOAL["abstract"]),
    "connect by socket file": lambda: sent(socket.AF_UNIX, GOAL["unix"]),
    "reach the gateway of others": lambda: sent(socket.AF_UNIX, GOAL["gateway"]),
    "know the host's name": lambda: socket.gethostname() == GOAL["host"],
    "dump core": lambda: resource.getrlimit(resource.RLIMIT_CORE)[1] != 0,
    "fork without bound": lambda: not 0 < resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 4096,
    "write a file without bound": lambda: resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY,
    "leave a daemon": left_daemon,
}


def worked(attempt: object) -> bool:
    child = os.fork()  # each in a process of its own: one must not spoil the next
    if child == 0:
        try:
            os._exit(0 if attempt() else 1)
        except OSError:
            os._exit(2)
        finally:
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


print(json.dumps({"tried": len(ATTEMPTS), "worked": [name for name, attempt in ATTEMPTS.items() if worked(attempt)]}))
