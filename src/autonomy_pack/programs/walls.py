"""Walls without namespaces: Landlock and a filter of system calls around this process, which then becomes the program.

    python -I -S walls.py KEY=VALUE… -- ARGV…

The keys are the launcher's: `write`, `read`, `list` (names alone), `filter`, and `port`, the one TCP port it may
connect to. What the kernel of this machine can refuse is refused: files from its first Landlock on, TCP from the
fourth, devices' controls from the fifth, abstract sockets and signals to processes outside from the sixth
(linux/landlock.h). 127 when there is no wall.
"""

# It starts before every program, so it does without pathlib.
# ruff: noqa: S606

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_VERSION, _BENEATH, _PORT = 1, 1, 2
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK, _REFER, _TRUNCATE, _IOCTL = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_BIND, _CONNECT = 1, 2
_SCOPES = 3  # abstract unix sockets, signals

_TOOLS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
_ETC = ["alternatives", "ca-certificates", "crypto-policies", "group", "hosts", "ld.so.cache", "ld.so.conf"]
_ETC += ["ld.so.conf.d", "localtime", "nsswitch.conf", "passwd", "pki", "ssl"]
_DEVICES = ["full", "null", "random", "urandom", "zero"]
_FACTS = ["cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version"]  # never another process


def main(words: list[str]) -> int:
    """Build the walls and become the program; its own number when that cannot be."""
    end = words.index("--")
    told = [_pair(word) for word in words[:end]]
    told.append(("write", os.environ["TMPDIR"]))  # the launcher made it for this program alone
    argv = words[end + 1 :]
    try:
        _forget_locale()
        _enclose(told)
        install(b"".join(bytes.fromhex(value) for key, value in told if key == "filter"))
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{error.filename or argv[0]}: {error.strerror}\n".encode())
    return 127


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _forget_locale() -> None:
    """Take out of the environment what this interpreter put in when it had no locale."""
    with open("/proc/self/environ", "rb") as file:
        if b"\0LC_CTYPE=" not in b"\0" + file.read():
            os.environ.pop("LC_CTYPE", None)


# --- Landlock -----------------------------------------------------------------------------------------------------


def _enclose(told: list[tuple[str, str]]) -> None:
    abi = _syscall(_CREATE, None, 0, _VERSION)
    handled = _handled(abi)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = _syscall(_CREATE, struct.pack("=QQQ", handled, _BIND | _CONNECT, _SCOPES)[:size], size, 0)
    for path, access in _places(told, handled):
        _allow(rules, path, access & handled)
    for key, value in told:
        if key == "port" and abi >= 4:
            _syscall(_ADD, rules, _PORT, struct.pack("=QQ", _CONNECT, int(value)), 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _syscall(_RESTRICT, rules, 0)
    os.close(rules)


def _handled(abi: int) -> int:
    """All that this kernel can refuse of files."""
    return _FIRST | (_REFER if abi > 1 else 0) | (_TRUNCATE if abi > 2 else 0) | (_IOCTL if abi > 4 else 0)


def _places(told: list[tuple[str, str]], handled: int) -> list[tuple[str, int]]:
    writing = handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL)
    found = [(value, writing if key == "write" else _READING) for key, value in told if key in ("write", "read")]
    found += [(value, _READ_DIR) for key, value in told if key == "list"]
    found += [(path, _READING) for path in (*_TOOLS, *(f"/etc/{name}" for name in _ETC))]
    found += [(f"/dev/{name}", _READ_FILE | _WRITE_FILE) for name in _DEVICES]
    return found + [(f"/proc/{name}", _READ_FILE) for name in _FACTS]


def _allow(rules: int, path: str, access: int) -> None:
    """One rule: access to what lies beneath; nothing when there is no such place."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        access &= _OF_FILES
    _syscall(_ADD, rules, _BENEATH, struct.pack("=Qi", access, place), 0)
    os.close(place)


# --- the filter ---------------------------------------------------------------------------------------------------


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def install(steps: bytes) -> None:
    """Put the filter over this process and all it starts, for good."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(steps) // 8, steps)))


def _prctl(number: int, argument: int, pointer: object = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(number, argument, pointer, None, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "prctl")


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = int(libc.syscall(number, *arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "Landlock")
    return answer


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
