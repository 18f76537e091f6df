"""A running gateway, and a harness for it that says go until it is told otherwise."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx2

ARGV = [sys.executable, "-I", "-m", "autonomy_pack.programs.gateway"]
TOKEN = "run-token-0123456789"
MODELS = ("claude-sonnet-5", "gpt-5", "gemini-2.5-pro")


class Gateway:
    """`decide(call)` answers each question: "go", or "no WORD sentence". `events` are its lines, but for questions."""

    def __init__(
        self, upstreams: Mapping[str, Any], *, decide: Callable[[dict], str] = lambda _: "go", **more: Any
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gw-", dir="/tmp"))
        self.socket = str(self.folder / "socket")
        self.decide = decide
        self.questions: list[dict[str, Any]] = []
        self.events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.order = {
            "socket": self.socket,
            "token": TOKEN,
            "upstreams": dict(upstreams),
            "models": list(MODELS),
            "max_output": 1000,
            "prices": {},
            "patience": {"attempts": 3, "seconds": 5},
            "replay": None,
        } | more
        self.process = subprocess.Popen(
            ARGV,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]},
        )

    def __enter__(self) -> Self:
        self.say(json.dumps(self.order))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self.event("ready") == {}, self.process.stderr.read()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):  # what was still to be written to it
                pipe.close()
        shutil.rmtree(self.folder)

    def say(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def event(self, kind: str, seconds: float = 30) -> dict[str, Any]:
        """The data of the next event, which must be of that kind; a gateway that ended says so."""
        said, data = self.events.get(timeout=seconds)
        assert said == kind, (said, data, kind)
        return data

    def called(self, count: int = 1) -> list[dict[str, Any]]:
        """The next calls that were written down."""
        return [self.event("model.called") for _ in range(count)]

    def _listen(self) -> None:
        for line in self.process.stdout:
            said = json.loads(line)
            if said["kind"] == "call":
                self.questions.append(said["data"])
                if answer := self.decide(said["data"]):
                    what, _, rest = answer.partition(" ")
                    self.say(f"{what} {said['data']['call']} {rest}".rstrip())
            else:
                self.events.put((said["kind"], said.get("data", {})))
        self.events.put(("ended", {}))

    def client(self, **more: Any) -> httpx2.Client:
        """A plain client on the socket, with the run's token in every way a token is sent."""
        headers = {"x-api-key": TOKEN, "authorization": f"Bearer {TOKEN}", "x-goog-api-key": TOKEN}
        transport = httpx2.HTTPTransport(uds=self.socket)
        return httpx2.Client(transport=transport, base_url="http://gateway", headers=headers, timeout=30, **more)


def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
