"""The loop in a process of its own, with a model that answers by a script, and the harness's side played by the test."""

from __future__ import annotations

import contextlib
import json
import os
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
    argv = [sys.executable, "-I", "-m", "autonomy_pack.programs.loop"]
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    with subprocess.Popen(argv, cwd=work, env=env, stdin=-1, stdout=-1, stderr=-1) as process:
        errors: list[bytes] = []
        listener = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        listener.start()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(line)
            process.stdin.flush()
        lines = []
        for said in process.stdout:
            lines.append(json.loads(said))
            if lines[-1]["kind"] == "step.started":
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(reply(lines[-1]["data"]).encode() + b"\n")
                    process.stdin.flush()
        process.wait(30)
        listener.join(10)
    return Looped(lines, process.returncode, b"".join(errors).decode(errors="replace"))


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
            other = socket.create_connection(to)
            for here, there in ((one, other), (other, one)):
                threading.Thread(target=_carry, args=(here, there), daemon=True).start()


def _carry(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := here.recv(65536):
            there.sendall(piece)
    for one in (here, there):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
