"""What there is to be found outside of a box, and a hostile program that looks for it."""

from __future__ import annotations

import ctypes
import json
import shutil
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.sandboxes.boxes import User, processes_with


class Outside:
    """What there is to be found outside the box, and whether anybody found it."""

    def __init__(self, one: User, stack: ExitStack) -> None:
        self.canary, self.marker = uuid.uuid4().hex, uuid.uuid4().hex
        self.heard: list[bytes] = []
        place = one.shared / "outside"
        for name in ("readable", "writable", "runner", "git/hooks", "temporary"):
            (place / name).mkdir(parents=True)
            (place / name).chmod(0o777)
        (place / "secret").write_text("secret")
        (place / "readable" / "file").write_text("readable")
        (place / "readable" / "file").chmod(0o666)
        (place / "netrc").write_text("machine example.org login a password b")
        (place / "runner" / "event.json").write_text("{}")
        (place / "writable" / "file-cut").write_text("whole")
        (place / "writable" / "file-cut").chmod(0o666)
        shutil.copy("/usr/bin/id", place / "setuid")
        (place / "setuid").chmod(0o4755)
        argv = [*one.argv(), "-c", "import time; time.sleep(300)", self.marker]
        sleeper = subprocess.Popen(argv, env=one.environment() | {"CANARY": self.canary})
        stack.callback(sleeper.wait)
        stack.callback(sleeper.kill)
        tcp = self._listen(stack, socket.AF_INET, ("127.0.0.1", 0))
        self._listen(stack, socket.AF_UNIX, "\0" + self.canary)
        tcp6 = self._listen(stack, socket.AF_INET6, ("::1", 0))
        for name in ("socket", "gateway"):
            self._listen(stack, socket.AF_UNIX, str(place / name))
            (place / name).chmod(0o777)
        self.readable = str(place / "readable")
        self.goal = {
            "canary": self.canary,
            "marker": self.marker,
            "secret": str(place / "secret"),
            "outside": str(place / "writable" / "file"),
            "pid": sleeper.pid,
            "netrc": str(place / "netrc"),
            "runner": str(place / "runner"),
            "git": str(place / "git"),
            "setuid": str(place / "setuid"),
            "temporary": str(place / "temporary"),
            "work": str(one.work),
            "port6": tcp6.getsockname()[1],
            "udp": self._answer(stack),
            "gateway": str(place / "gateway"),
            "segment": self._segment(stack),
            "daemon": uuid.uuid4().hex,
            "readable": f"{self.readable}/file",
            "port": tcp.getsockname()[1],
            "abstract": self.canary,
            "unix": str(place / "socket"),
            "host": socket.gethostname(),
        }

    def effects(self) -> set[str]:
        """What of the outside has changed."""
        place = Path(self.goal["outside"]).parent.parent
        files = {"event.json", "file", "file-cut", "secret", "netrc", "setuid", "socket", "gateway"}
        left = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file() and path.name not in files}
        if (place / "writable" / "file").exists():
            left.add("writable/file")
        if (place / "writable" / "file-cut").read_text() != "whole":
            left.add("writable/file-cut")
        if (place / "readable" / "file").read_text() != "readable":
            left.add("readable/file")
        return left | {text.decode().strip() for text in self.heard}

    def _answer(self, stack: ExitStack) -> int:
        """A port of UDP where whoever sends is answered."""
        server = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (heard := server.recvfrom(100))[0] != self.canary.encode():
                self.heard.append(heard[0])
                server.sendto(b"heard", heard[1])

        def end() -> None:
            server.sendto(self.canary.encode(), server.getsockname())
            thread.join(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        stack.callback(end)
        return int(server.getsockname()[1])

    def _segment(self, stack: ExitStack) -> int:
        """The key of a segment of shared memory that everybody may attach."""
        key = uuid.uuid4().int & 0x7FFFFFFF
        segment = ctypes.CDLL(None).shmget(key, 4096, 0o1666)
        stack.callback(ctypes.CDLL(None).shmctl, segment, 0, None)
        return key

    def _listen(self, stack: ExitStack, family: int, address: object) -> socket.socket:
        server = stack.enter_context(socket.socket(family))
        server.bind(address)
        server.listen()

        def serve() -> None:
            while True:
                try:
                    with server.accept()[0] as connection:
                        self.heard.append(connection.recv(100))
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
        stack.callback(server.shutdown, socket.SHUT_RDWR)
        return server


@contextmanager
def outside(one: User) -> Iterator[Outside]:
    with ExitStack() as stack:
        yield Outside(one, stack)


def attack(one: User, there: Outside, sandbox: str, **given: object) -> set[str]:
    """The hostile program's attempts that worked."""
    argv = ["PYTHON", "-I", "-S", str(one.shared / "hostile.py")]
    readable = [str(one.shared / "hostile.py"), there.readable]
    goal = json.dumps(there.goal)
    answer = one.run(sandbox, argv, readable=readable, canary=there.canary, stdin=goal, **given)
    assert (answer["cause"], answer["exit"]) == ("exited", 0), answer
    said = json.loads(answer["lines"][-1])
    assert said["tried"] >= 60
    if processes_with(there.goal["daemon"]):
        said["worked"].append("leave a daemon")
    return set(said["worked"])
