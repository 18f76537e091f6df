"""The bridge inside a box: what connects to a loopback port there comes out at the one unix socket that crosses.

    python -I -S bridge.py SOCKET PORT -- ARGV…

It listens before it starts the program, so that the program's first call finds it, and ends when the program does, with
its exit code: 128 + n when signal n ended it, 127 when it could not be started. What passes is not looked at.
"""

# It starts before every program, so it knows only the standard library, and of that little.
# ruff: noqa: S606

from __future__ import annotations

import _thread
import os
import signal
import socket
import sys
from contextlib import suppress

_PIECE = 1 << 16


def main(words: list[str]) -> int:
    """Bridge until the program has ended; its exit code."""
    path, port, _, *argv = words
    _forget_locale()
    doors = socket.create_server(("127.0.0.1", int(port)), backlog=128)
    child = _start(argv)
    _thread.start_new_thread(_serve, (doors, path))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _forget_locale() -> None:
    """Take out of the environment what this interpreter put in when it had no locale."""
    with suppress(OSError), open("/proc/self/environ", "rb") as file:
        if b"\0LC_CTYPE=" not in b"\0" + file.read():
            os.environ.pop("LC_CTYPE", None)


def _start(argv: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{error.filename or argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _serve(doors: socket.socket, path: str) -> None:
    while True:
        with suppress(OSError):  # one that is gone again, or no descriptor left for it: the next may do better
            near = doors.accept()[0]
            _thread.start_new_thread(_carry, (near, path))


def _carry(near: socket.socket, path: str) -> None:
    """Both ways, until both have ended; a socket that nobody answers closes the connection."""
    with near, socket.socket(socket.AF_UNIX) as far, suppress(OSError):
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.connect(path)
        back = _thread.allocate_lock()
        back.acquire()
        _thread.start_new_thread(_pump, (far, near, back))
        _pump(near, far, None)
        back.acquire()


def _pump(source: socket.socket, sink: socket.socket, done: _thread.LockType | None) -> None:
    """One way until its end, which is passed on; the other way goes on alone."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    if done:
        done.release()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    os._exit(code)  # nothing is left to tidy up, and a thread may still hold a connection
