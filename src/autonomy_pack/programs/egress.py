"""The one way out while an agent is installed: connections to the hosts of the configured registries, to no other.

It reads one line of JSON, {"socket": PATH, "hosts": ["registry.example:443", ...]}, listens on that unix socket as an
HTTP proxy, says {"kind": "ready"}, and ends when its standard input does. A host is compared as a whole, name and port.
Each one that it refuses is a line {"kind": "refused", "data": {"host": …}}. It knows no secret and looks into nothing.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

_PIECE = 1 << 16
_MOST_HEAD = 1 << 16
_SECONDS = 120.0


def main() -> int:
    """Serve until standard input ends."""
    told = json.loads(sys.stdin.buffer.readline())
    hosts = frozenset(str(host).lower() for host in told["hosts"])
    doors = socket.socket(socket.AF_UNIX)
    doors.bind(told["socket"])
    doors.listen(64)
    threading.Thread(target=_serve, args=(doors, hosts), daemon=True).start()
    _say("ready", {})
    sys.stdin.buffer.read()
    return 0


def _serve(doors: socket.socket, hosts: frozenset[str]) -> None:
    while True:
        near = doors.accept()[0]
        threading.Thread(target=_carry, args=(near, hosts), daemon=True).start()


def _carry(near: socket.socket, hosts: frozenset[str]) -> None:
    with near, suppress(OSError, ValueError):
        near.settimeout(_SECONDS)
        head, rest = _head(near)
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
        host, port = _address(method, target)
        if f"{host}:{port}" not in hosts:
            _say("refused", {"host": f"{host}:{port}"[:200]})
            near.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection((host, port), _SECONDS) as far:
            if method == "CONNECT":
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                far.sendall(rest)
            else:
                far.sendall(_plain(head, target) + rest)
            _both_ways(near, far)


def _head(near: socket.socket) -> tuple[bytes, bytes]:
    """(the request up to its blank line, what came after it); ValueError when there is no end to it."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = near.recv(_PIECE)
        if not piece or len(heard) > _MOST_HEAD:
            raise ValueError("no request")
        heard += piece
    head, _, rest = heard.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _address(method: str, target: str) -> tuple[str, int]:
    """Host and port of a request; ValueError when it names none."""
    parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
    if not parts.hostname or (method != "CONNECT" and parts.scheme != "http"):
        raise ValueError("no host")
    return parts.hostname.lower(), parts.port or 80


def _plain(head: bytes, target: str) -> bytes:
    """A request for a proxy as one for the host itself, and its last on this connection: the next could be for another
    host."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = [line for line in lines if line.partition(b":")[0].lower() not in (b"connection", b"proxy-connection")]
    method, _, version = first.split(b" ")
    return b"\r\n".join([method + b" " + path.encode() + b" " + version, *own, b"Connection: close", b"", b""])


def _both_ways(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(far, near), daemon=True)
    back.start()
    _pump(near, far)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _say(kind: str, data: dict[str, str]) -> None:
    sys.stdout.write(json.dumps({"kind": kind, "data": data}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
