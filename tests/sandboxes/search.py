"""Looks for planted words in everything a program can see where it is: run it inside a box.

    python search.py REPORT [FOLDER…]

What it looks for it knows by its form alone (canaries.py plants words of that form), so nothing of it is in its own argv
or file. It reads the environments, argvs, open files and memory of all processes, its own descriptors, the names of
sockets, and every file below the folders (the whole root, but for the system's programs, when none is named). Where
there are many processes, as on a host, it looks into the memory of its ancestors only. One line of JSON comes out, and
goes into the file REPORT ("-" for none): {"looked": {…}, "found": [[kind, place]…]}.
"""

# ruff: noqa: PTH109, PTH115, PTH116, PTH118, PTH208

import json
import os
import re
import stat
import sys
from contextlib import suppress

FORM = re.compile(rb"canary[0-9a-f]{32}")
SYSTEM = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys", "/dev"}
MOST, MANY = 8 << 20, 40

looked = dict.fromkeys(("variables", "processes", "memories", "descriptors", "files"), 0)
found: list[tuple[str, str]] = []


def judge(kind: str, place: str, data: bytes) -> None:
    if FORM.search(data):
        found.append((kind, place))


def read(path: str, most: int = MOST) -> bytes:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(most)
    return b""


def processes() -> list[int]:
    with suppress(OSError):
        return sorted(int(name) for name in os.listdir("/proc") if name.isdecimal())
    return []


def ancestors() -> set[int]:
    above, pid = set(), os.getppid()
    while pid > 0 and pid not in above:
        above.add(pid)
        words = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        pid = int(words[1]) if words else 0
    return above


def look_at_process(pid: int, *, memory: bool) -> None:
    looked["processes"] += 1
    for name in ("environ", "cmdline", "comm", "cwd", "exe"):
        place = f"/proc/{pid}/{name}"
        with suppress(OSError):
            judge(name, place, os.fsencode(os.readlink(place)) if name in ("cwd", "exe") else read(place))
    with suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            looked["descriptors"] += 1
            place = f"/proc/{pid}/fd/{number}"
            with suppress(OSError):
                judge("descriptor", place, os.fsencode(os.readlink(place)))
                if stat.S_ISREG(os.stat(place).st_mode):
                    judge("descriptor", place, read(place))
    if memory:
        look_into_memory(pid)


def look_into_memory(pid: int) -> None:
    with suppress(OSError), open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as file:
        looked["memories"] += 1
        for line in maps:
            begin, end = (int(word, 16) for word in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and end - begin < 1 << 30:
                with suppress(OSError, ValueError, OverflowError):
                    file.seek(begin)
                    judge("memory", f"{pid} {line.split()[-1]}", file.read(end - begin))


def look_at_own_descriptors() -> None:
    for number in range(3, 256):
        with suppress(OSError):
            kind = os.fstat(number).st_mode
            looked["descriptors"] += 1
            if stat.S_ISREG(kind):
                judge("own descriptor", str(number), os.pread(number, MOST, 0))


def look_at_files(top: str, left_out: set[str]) -> None:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in left_out]
        for name in names:
            path = os.path.join(folder, name)
            with suppress(OSError):
                judge("name", path, os.fsencode(path))
                if stat.S_ISREG(os.lstat(path).st_mode):
                    looked["files"] += 1
                    judge("file", path, read(path))


def main() -> None:
    report, *tops = sys.argv[1:]
    for name, value in os.environ.items():
        looked["variables"] += 1
        judge("own environment", name, f"{name}={value}".encode())
    pids = processes()
    into = set(pids) if len(pids) <= MANY else ancestors()
    for pid in pids:
        if pid != os.getpid():
            look_at_process(pid, memory=pid in into)
    look_at_own_descriptors()
    judge("socket", "/proc/net/unix", read("/proc/net/unix"))
    left_out = SYSTEM | {os.path.realpath(place) for place in (sys.prefix, sys.base_prefix)} | {sys.prefix}
    for top in tops or ["/", os.getcwd(), os.environ.get("TMPDIR", "/tmp")]:
        look_at_files(top, left_out)
    told = json.dumps({"looked": looked, "found": found})
    if report != "-":
        with open(report, "w") as file:
            file.write(told + "\n")
    print(told)


main()
