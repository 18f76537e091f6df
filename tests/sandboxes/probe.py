"""A hostile program: tries to get out of where it is, and prints as JSON which of its attempts worked.

Its input says, as JSON, what there is to be found outside: canary (a word in the environment of the harness),
marker (a word in the argv of a process of the host), secret, outside, readable and work (paths), port, abstract and
unix (sockets).

It also runs without a box, as root, to show that the attempts would work: so each only finds out whether it may, and
changes nothing but what lies in the test's own folder.
"""

import ctypes
import json
import os
import socket
import sys
from pathlib import Path

GOAL = json.load(sys.stdin)
LIBC = ctypes.CDLL(None, use_errno=True)


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


def status(name: str) -> str:
    return next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))


ATTEMPTS = {
    "own environment": lambda: any(GOAL["canary"] in value for value in os.environ.values()),
    "environment of another process": lambda: somewhere_in_proc("environ", GOAL["canary"]),
    "see host processes": lambda: somewhere_in_proc("cmdline", GOAL["marker"]),
    "read a file outside": lambda: bool(Path(GOAL["secret"]).read_text()),
    "write a file outside": lambda: written(GOAL["outside"]),
    "write what it may read": lambda: written(GOAL["readable"]),
    "write to the root": lambda: os.access("/", os.W_OK),
    "write to /dev": lambda: os.access("/dev", os.W_OK),
    "write our interpreter's folder": lambda: os.access(sys.prefix, os.W_OK),
    "look into /run": lambda: any(Path("/run").iterdir()),
    "look into /var": lambda: any(Path("/var").iterdir()),
    "look into /home": lambda: Path("/home").exists(),
    "look for users": lambda: "root:" in Path("/etc/passwd").read_text(),
    "open core_pattern": lambda: os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY) > 0,
    "be root": lambda: os.getuid() == 0,
    "keep capabilities": lambda: int(status("CapEff"), 16) != 0,
    "gain privileges": lambda: status("NoNewPrivs") == "0",
    "make a user namespace": lambda: LIBC.unshare(0x10000000) == 0,
    "make a mount namespace": lambda: LIBC.unshare(0x20000) == 0,
    "connect by TCP": lambda: sent(socket.AF_INET, ("127.0.0.1", GOAL["port"])),
    "connect by abstract socket": lambda: sent(socket.AF_UNIX, "\0" + GOAL["abstract"]),
    "connect by socket file": lambda: sent(socket.AF_UNIX, GOAL["unix"]),
    "know the host's name": lambda: socket.gethostname() == GOAL["host"],
    "dump core": lambda: __import__("resource").getrlimit(4)[1] != 0,
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


print(json.dumps([name for name, attempt in ATTEMPTS.items() if worked(attempt)]))
