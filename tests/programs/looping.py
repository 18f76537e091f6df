"""The loop in a process of its own, with a model that answers by a script, and the harness's side played by the test."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from models import Models
from tests.pacing import word

ALL = ["read", "search", "list", "edit", "write", "run", "ask", "done"]


class Looped:
    """What one run of the loop printed and how it ended."""

    def __init__(self, lines: list[dict[str, Any]], code: int, errors: str) -> None:
        self.lines, self.code, self.errors = lines, code, errors

    def data(self, kind: str) -> list[Any]:
        """The data of every line of that kind."""
        return [line["data"] for line in self.lines if line["kind"] == kind]

    @property
    def end(self) -> dict[str, Any]:
        """Its last line."""
        assert self.lines, self.errors
        assert self.lines[-1]["kind"] == "done", self.lines[-1]
        return self.lines[-1]["data"]

    @property
    def calls(self) -> list[str]:
        """The tools that were announced."""
        return [data["tool_call"]["name"] for data in self.data("step.started")]

    @property
    def outputs(self) -> list[str]:
        return [data["output"] for data in self.data("step.finished")]


def order(work: Path, models: Models, **more: Any) -> dict[str, Any]:
    """An order for the loop; the socket is filled in by `loop`."""
    way = {"socket": "", "token": models.key, "model": "claude-sonnet-5", "max_output": 8000}
    return {
        "prompt": "# Issue 1: Mend add\n",
        "system": "# Rules of the pack\n",
        "tools": ALL,
        "criteria": [],
        "turns": 20,
        "seconds": 20.0,
        "endpoint": way,
        "home": str(work.parent / f"{work.name}-home"),
        "past": [],
        "answer": "",
        "returns": "",
        **more,
    }


def loop(work: Path, models: Models, *, reply: Callable[[dict[str, Any]], str] = lambda _: "go", **more: Any) -> Looped:
    """Run the loop in `work` until it ends; `reply` says what the harness answers to an announced step."""
    with door(models) as path:
        told = order(work, models, **more)
        told["endpoint"] = {"socket": path, **{key: part for key, part in told["endpoint"].items() if key != "socket"}}
        return play(json.dumps(told).encode() + b"\n", work, reply)


def play(line: bytes, work: Path, reply: Callable[[dict[str, Any]], str] = lambda _: "go") -> Looped:
    """The process with that first line."""
    ready = _ready()
    (inside, to), (from_, out), (faults, err) = os.pipe(), os.pipe(), os.pipe()
    socket.send_fds(ready, [str(work).encode()], [inside, out, err])
    for fd in (inside, out, err):
        os.close(fd)
    lines: list[dict[str, Any]] = []
    errors: list[bytes] = []
    with open(to, "wb", buffering=0) as told, open(from_, "rb") as says, open(faults, "rb") as wrong:
        listener = threading.Thread(target=lambda: errors.append(wrong.read()))
        listener.start()
        with contextlib.suppress(BrokenPipeError):
            told.write(line)
        if not line.endswith(b"\n"):  # nobody will ever finish it
            told.close()
        for said in says:
            lines.append(json.loads(said))
            if lines[-1]["kind"] == "step.started":
                with contextlib.suppress(BrokenPipeError):
                    told.write(word(reply(lines[-1]["data"]), lines[-1]["data"]))
        listener.join(30)
    return Looped(lines, ready.recv(1)[0], b"".join(errors).decode(errors="replace"))


@contextlib.contextmanager
def door(models: Models) -> Iterator[str]:
    """A unix socket that leads to the stand-in, as the gateway's would."""
    address = urlsplit(models.url)
    with tempfile.TemporaryDirectory(prefix="door-") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = f"{folder}/s"
        listening.bind(path)
        listening.listen(16)
        threading.Thread(target=_let_in, args=(listening, (address.hostname, address.port)), daemon=True).start()
        yield path


def _let_in(listening: socket.socket, to: tuple[Any, Any]) -> None:
    with contextlib.suppress(OSError):
        while True:
            one, _ = listening.accept()
            threading.Thread(target=_carry, args=(one, socket.create_connection(to)), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until either hangs up; then both are closed."""
    ways = {one: other, other: one}
    with one, other, contextlib.suppress(OSError):
        while True:
            for here in select.select([*ways], [], [])[0]:
                piece = here.recv(65536)
                if not piece:
                    return
                ways[here].sendall(piece)


# --- processes that have imported what takes a second already -----------------------------------------------------

_READY = """
import os, socket, sys
from autonomy_pack.programs import answers, loop

answers.Model("/nowhere", "token", "model", 1, print)._client.messages  # imports the rest

door = socket.socket(fileno=int(sys.argv[1]))
while True:
    word, fds, _, _ = socket.recv_fds(door, 65536, 3)
    if not word:
        break
    child = os.fork()
    if not child:
        door.close()
        for at, fd in enumerate(fds):
            os.dup2(fd, at)
        os.closerange(3, 64)
        os.chdir(word.decode())
        code = 70
        try:
            sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
            sys.stderr = open(2, "w", closefd=False)
            code = loop.main()
            sys.stdout.flush(), sys.stderr.flush()
        finally:
            os._exit(code)
    for fd in fds:
        os.close(fd)
    door.sendall(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256]))
"""


@functools.cache
def _ready() -> socket.socket:
    """A process that becomes the loop when it is told where; it lasts as long as the tests."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    argv = [sys.executable, "-I", "-c", _READY, str(there.fileno())]
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()])
    there.close()
    atexit.register(lambda: (here.close(), process.wait(10)))
    return here
