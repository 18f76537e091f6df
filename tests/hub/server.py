"""HTTP on loopback: keep-alive, one thread a connection; faults and barriers strike here, meaning is in dispatch.py."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub import breaking, dispatch
from hub.faults import AFTER, INSIDE, Fault
from hub.journal import Request
from hub.router import Answer

if TYPE_CHECKING:
    from hub.core import Hub


class Handler(BaseHTTPRequestHandler):
    """Answers any request of one connection; `scheme` is https where TLS is ended in front of it."""

    protocol_version = "HTTP/1.1"
    # Unbuffered small writes meet delayed acknowledgements: 40 ms an answer.
    wbufsize = -1
    scheme = "http"
    server: Server

    def _any(self) -> None:
        hub = self.server.hub
        url = urlsplit(self.path)
        host = url.netloc or self.headers.get("Host", "")
        request = dispatch.understand(hub, self.command, url, self._body(), dict(self.headers.items()))
        with hub.lock:
            hub.journal.append(request)
        hub.patience.arrived(request)
        hub.gate(request)
        for barrier in list(hub.barriers):
            barrier.stop_at(request.line, request.job)
        fault = hub.faults.take(request.line, request.job, request.raw)
        request.fault = fault.kind if fault else ""
        if fault and fault.kind not in AFTER | INSIDE:
            answer = breaking.broken(hub, request, fault)
        else:
            answer = dispatch.answer(hub, request, self.scheme, host)
            breaking.remember(hub, request, answer)
        self._finish(request, answer, fault)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _finish(self, request: Request, answer: Answer | None, fault: Fault | None) -> None:
        if answer is None or (fault and fault.kind == "die_after"):
            if fault and fault.kind == "timeout":
                self._wait_until_they_hang_up()
            self._hang_up()
            return
        request.status = answer.status
        if fault and fault.kind == "stale_read":
            answer = breaking.stale(self.server.hub, request, answer)
        body = answer.bytes()
        self.server.hub.patience.told(request, answer)
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string())
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and fault.kind == "cut_body":
            self.wfile.write(body[: len(body) // 2])
            self._hang_up()
            return
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _wait_until_they_hang_up(self) -> None:
        while not self.server.hub.closing.is_set():
            ready, _, _ = select.select([self.connection], [], [], 0.05)
            if ready:
                return

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed; the journal remembers."""


class Server(ThreadingHTTPServer):
    """Threads that end with the hub."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._guard:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Close what is still open: clients keep their connections alive."""
        with self._guard:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is shown by pytest."""
        import sys
        import traceback

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()
