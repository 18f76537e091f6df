"""The side of the gateway that agents talk to: HTTP/1.1 on a unix socket, every size and every time bounded."""

from __future__ import annotations

import io
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

MIB = 1024 * 1024
MAX_BODY = 32 * MIB
# Of all requests together, from their first byte to the end of their answer.
MAX_HELD = 3 * MAX_BODY
MAX_CONNECTIONS = 64
# Seconds: until a connection that is kept open must say something, for a whole request, for a client to take a piece.
IDLE, WHOLE, TAKE = 900.0, 30.0, 60.0


class Request(NamedTuple):
    """One request as it came: path and query apart and still encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Reply:
    """What is sent back, whole or in pieces. A client that is gone is only noted: the call goes on without it."""

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler
        self.begun = False

    def whole(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """The answer at once."""
        self._head(status, {**headers, "content-length": str(len(body))})
        self._send(b"" if self._handler.command == "HEAD" else body)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """An answer in pieces begins."""
        self._head(status, {**headers, "transfer-encoding": "chunked"})

    def piece(self, data: bytes) -> None:
        """One piece of it, sent at once."""
        self._send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        """It is complete."""
        self._send(b"0\r\n\r\n")

    def break_off(self) -> None:
        """It will never be complete, and the client can tell: the connection ends before the answer does."""
        self._handler.close_connection = True

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.begun = True
        self._handler.send_response_only(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        if self._handler.close_connection:
            self._handler.send_header("connection", "close")
        with suppress(OSError):
            self._handler.end_headers()

    def _send(self, data: bytes) -> None:
        try:
            self._handler.connection.settimeout(TAKE)
            self._handler.wfile.write(data)
            self._handler.wfile.flush()
        except OSError:
            self._handler.close_connection = True


Handle = Callable[[Request, Reply], None]


class _Patient(io.RawIOBase):
    """A socket read with one limit for a whole request, however slowly its bytes drip in."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self.until: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = IDLE if self.until is None else self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        if self.until is None:
            self.until = time.monotonic() + self._seconds
        return count


class _Refused(Exception):
    """A request whose body is not even read: status and sentence."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Server

    def setup(self) -> None:
        super().setup()
        self._patient = _Patient(self.connection, self.server.request_seconds)
        self.rfile = io.BufferedReader(self._patient, 65536)

    def _any(self) -> None:
        reply = Reply(self)
        try:
            length = self._length()
            with self.server.holding(length):
                body = self._body(length)
                path, _, query = self.path.partition("?")
                named = {name.lower(): value.strip() for name, value in self.headers.items()}
                self._patient.until = None
                self.server.handle(Request(self.command, path, query, named, body), reply)
        except _Refused as refused:
            self.close_connection = True
            reply.whole(refused.args[0], refused.args[1].encode(), {"content-type": "text/plain"})

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _any  # noqa: N815

    def _length(self) -> int:
        """Of the body. It is said once and plainly, or nothing is read: no two readers may differ on it."""
        if "transfer-encoding" in self.headers:
            raise _Refused(411, "Say the length of the body.")
        if self.headers.get("content-encoding", "identity") != "identity":
            raise _Refused(415, "Send the body as it is, not compressed.")
        lengths = self.headers.get_all("content-length") or ["0"]
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise _Refused(400, "Say the length of the body once, as a number.")
        if int(lengths[0]) > MAX_BODY:
            raise _Refused(413, f"A request may have {MAX_BODY // MIB} MiB.")
        return int(lengths[0])

    def _body(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) != length:
            raise _Refused(400, "The body is shorter than said.")
        return body

    def handle_one_request(self) -> None:
        """One request; a connection on which anything goes wrong is closed."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is printed: standard output belongs to the harness."""

    def address_string(self) -> str:
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A thread a connection, of which there are at most 64; any uid may connect to the socket."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: str, handle: Handle, *, request_seconds: float = WHOLE) -> None:
        self.handle, self.request_seconds = handle, request_seconds
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._held, self._holding = 0, threading.Lock()
        super().__init__(path, _Handler)
        os.chmod(path, 0o666)  # noqa: PTH101, S103  (a box may be another uid; the folder around it keeps others out)

    @contextmanager
    def holding(self, length: int) -> Iterator[None]:
        """Room for so many bytes of a request; refused when all requests together would hold too many."""
        with self._holding:
            if self._held + length > MAX_HELD:
                raise _Refused(503, f"All requests together may have {MAX_HELD // MIB} MiB; send fewer at a time.")
            self._held += length
        try:
            yield
        finally:
            with self._holding:
                self._held -= length

    def process_request(self, request: Any, client_address: Any) -> None:
        """Too many connections: the newest is closed."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """A connection, to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is nobody's error; ours are told by whoever handles the request."""
