"""HTTP on loopback: takes requests of four protocols, keeps them, and does the next thing of the script."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from models import answers
from models.answers import Answer, Call

_PATHS = {
    "/v1/messages": "anthropic",
    "/v1/responses": "openai_responses",
    "/v1/chat/completions": "openai_chat",
}
_GEMINI = re.compile(r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)")


@dataclass(frozen=True)
class Request:
    """One request as it came. `protocol` is "" when no provider has such a path."""

    protocol: str
    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: Any
    model: str
    stream: bool
    authorized: bool

    @property
    def text(self) -> str:
        """Every string in its body."""
        return "\n".join(_strings(self.body))


def _strings(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _strings(inner)


@dataclass(frozen=True)
class _Turn:
    """One thing of the script: an answer, and what goes wrong with it."""

    answer: Answer | Callable[[Request], Answer] = field(default_factory=Answer)
    fault: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    pause: float = 0.0


class Models:
    """The stand-in; see the package."""

    def __init__(self, key: str = "") -> None:
        self.key = key or f"sk-ant-api03-{secrets.token_urlsafe(48)}"
        self.requests: list[Request] = []
        self.waiting = threading.Event()
        self.closing = threading.Event()
        self._going_on = threading.Event()
        self._script: deque[_Turn] = deque()
        self._beyond: _Turn | None = None
        self._lock = threading.Lock()
        self._server = _Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=partial(self._server.serve_forever, poll_interval=0.02), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._going_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up_all()

    # --- where it is

    @property
    def url(self) -> str:
        """The root of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def upstreams(self) -> dict[str, dict[str, str]]:
        """What a gateway is told of it: protocol → url, key."""
        bases = {"anthropic": "", "openai_responses": "/v1", "openai_chat": "/v1", "gemini": ""}
        return {name: {"url": self.url + path, "key": self.key} for name, path in bases.items()}

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the pack here."""
        urls = {"ANTHROPIC": self.url, "OPENAI": f"{self.url}/v1", "GEMINI": self.url}
        named = [(f"AUTONOMY_{name}_URL", url) for name, url in urls.items()]
        return dict(named) | {f"{name}_API_KEY": self.key for name in urls}

    # --- what it answers

    def say(self, text: str, **more: Any) -> None:
        """Answer with text; usage, stop and model as in Answer."""
        self._add(_Turn(Answer(text=text, **more)))

    def call(self, name: str, arguments: Mapping[str, Any], *, text: str = "", **more: Any) -> None:
        """Answer with a call of that tool."""
        self._add(_Turn(Answer(text=text, calls=(Call(name, arguments),), **more)))

    def calls(self, *pairs: tuple[str, Mapping[str, Any]], text: str = "", **more: Any) -> None:
        """Answer with calls of several tools."""
        self._add(_Turn(Answer(text=text, calls=tuple(Call(*pair) for pair in pairs), **more)))

    def answer(self, decide: Callable[[Request], Answer]) -> None:
        """Answer one request as that function says."""
        self._add(_Turn(decide))

    def always(self, decide: Callable[[Request], Answer]) -> None:
        """Answer every request beyond the script's end as that function says."""
        self._beyond = _Turn(decide)

    def otherwise(self, text: str, **more: Any) -> None:
        """Answer every request beyond the script's end with that text."""
        self._beyond = _Turn(Answer(text=text, **more))

    def fail(
        self,
        status: int,
        *,
        times: int = 1,
        retry_after: float | str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with that status, in the provider's error shape unless a body is given."""
        after = {} if retry_after is None else {"retry-after": f"{retry_after}"}
        self._add(_Turn(status=status, body=body, headers={**after, **(headers or {})}), times)

    def cut(self, text: str = "cut in the middle", *, times: int = 1, **more: Any) -> None:
        """Answer half, then break the connection."""
        self._add(_Turn(Answer(text=text, **more), "cut"), times)

    def ends_early(self, text: str = "ends too early", **more: Any) -> None:
        """A stream without its last events, on a connection that ends well."""
        self._add(_Turn(Answer(text=text, **more), "ends_early"))

    def hang_up(self, *, times: int = 1) -> None:
        """Read the request, close the connection."""
        self._add(_Turn(fault="hang_up"), times)

    def silence(self, *, times: int = 1) -> None:
        """Read the request, answer nothing until the client hangs up."""
        self._add(_Turn(fault="silence"), times)

    def slow(self, text: str, *, pause: float = 0.05, **more: Any) -> None:
        """Pause before each event of the answer."""
        self._add(_Turn(Answer(text=text, **more), pause=pause))

    def garbage(self, body: bytes = b"\x00\xff{]not an answer\n\n", *, times: int = 1) -> None:
        """200 and bytes that mean nothing."""
        self._add(_Turn(body=body), times)

    def wait(self, text: str, **more: Any) -> None:
        """Answer once the test calls go_on(); `waiting` is set when the request has come.

        Of a stream the first half is sent at once.
        """
        self._add(_Turn(Answer(text=text, **more), "wait"))

    def go_on(self) -> None:
        """Let what waits be answered."""
        self._going_on.set()

    @property
    def connections(self) -> int:
        """How many connections were ever made."""
        return self._server.accepted

    @property
    def left(self) -> int:
        """How much of the script is still to come."""
        return len(self._script)

    def _add(self, turn: _Turn, times: int = 1) -> None:
        with self._lock:
            self._script.extend([turn] * times)

    def take(self, request: Request) -> _Turn:
        """The next thing of the script for a request that was recorded."""
        with self._lock:
            self.requests.append(request)
            if not request.authorized:
                return _Turn(status=401)
            if not request.protocol:
                return _Turn(status=404)
            return self._script.popleft() if self._script else self._beyond or _Turn(status=400)

    def hold(self) -> None:
        """Wait for go_on()."""
        self._going_on.clear()
        self.waiting.set()
        self._going_on.wait(60)
        self.waiting.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _any(self) -> None:
        models = self.server.models
        request = _understood(self.command, self.path, dict(self.headers.items()), self._body(), models.key)
        turn = models.take(request)
        if turn.fault in ("hang_up", "silence"):
            if turn.fault == "silence":
                self._wait_until_they_hang_up()
            self._hang_up()
        elif turn.body is not None or turn.status != 200:
            says = {400: "the script is over", 401: "wrong key", 404: "no such path"}.get(turn.status, "as told")
            told = json.dumps(answers.error(request.protocol, turn.status, says)).encode()
            self._whole(turn, told if turn.body is None else turn.body)
        else:
            self._answer(turn, request)
        with contextlib.suppress(OSError):
            self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = _any  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, turn: _Turn, request: Request) -> None:
        answer = turn.answer(request) if callable(turn.answer) else turn.answer
        if request.stream:
            self._stream(turn, _events(answer, request))
            return
        if turn.fault == "wait":
            self.server.models.hold()
        time.sleep(turn.pause)
        self._whole(turn, json.dumps(_body_of(answer, request)).encode())

    def _whole(self, turn: _Turn, body: bytes) -> None:
        self.send_response(turn.status)
        for name, value in {"content-type": "application/json", "request-id": "req_1", **turn.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if turn.fault in ("cut", "ends_early"):
            self.wfile.write(body[: len(body) // 2])
            self._hang_up()
        else:
            self.wfile.write(body)

    def _stream(self, turn: _Turn, events: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if turn.fault in ("cut", "ends_early"):
            events = events[: len(events) // 2]
        for number, event in enumerate(events):
            if turn.fault == "wait" and number == len(events) // 2:
                self.server.models.hold()
            time.sleep(turn.pause)
            with contextlib.suppress(OSError):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                self.wfile.flush()
        if turn.fault == "cut":
            self._hang_up()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _wait_until_they_hang_up(self) -> None:
        while not self.server.models.closing.is_set():
            if select.select([self.connection], [], [], 0.05)[0]:
                return

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed; `requests` remembers."""


def _understood(method: str, target: str, headers: Mapping[str, str], raw: bytes, key: str) -> Request:
    url = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    named = _GEMINI.fullmatch(url.path)
    protocol = "gemini" if named else _PATHS.get(url.path, "")
    if method != "POST":
        protocol = ""
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
    given = body if isinstance(body, dict) else {}
    sent = {lower.get("x-api-key"), lower.get("x-goog-api-key"), *parse_qs(url.query).get("key", ())}
    sent.add(lower.get("authorization", "").removeprefix("Bearer "))
    return Request(
        protocol=protocol,
        method=method,
        path=target,
        headers=lower,
        raw=raw,
        body=body,
        model=named[1] if named else given.get("model", ""),
        stream=named[2] == "streamGenerateContent" if named else given.get("stream") is True,
        authorized=key in sent,
    )


def _body_of(answer: Answer, request: Request) -> dict[str, Any]:
    write = {
        "anthropic": answers.anthropic,
        "openai_responses": answers.responses,
        "openai_chat": answers.chat,
        "gemini": answers.gemini,
    }
    return write[request.protocol](answer, request.model)


def _events(answer: Answer, request: Request) -> list[bytes]:
    write: dict[str, Callable[[Answer, str], list[bytes]]] = {
        "anthropic": answers.anthropic_events,
        "openai_responses": answers.responses_events,
        "openai_chat": partial(
            answers.chat_events, usage=bool((request.body.get("stream_options") or {}).get("include_usage"))
        ),
        "gemini": answers.gemini_events,
    }
    return write[request.protocol](answer, request.model)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, models: Models) -> None:
        self.models = models
        self._open: set[socket.socket] = set()
        self.accepted = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        self.accepted += 1
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is none of our business."""

    def hang_up_all(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
