"""The hub under GitHub's own names: a loopback proxy that plays github.com and api.github.com, and nothing else.

`with Proxy(hub) as proxy:` starts it on a free port. Programs find it by their environment: `proxy.environment()` for
https (it ends TLS itself, with a throw-away authority of its own), `proxy.plain_environment()` for `gh` on the host
`github.localhost` in plain http. Any other host is refused and noted in `hub.escapes`.
Addresses of the hub in answers (JSON, Location, Link) come out under the name that the client used.
"""

from __future__ import annotations

import http.client
import ssl
import tempfile
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

TLS = ("github.com", "api.github.com", "codeload.github.com", "uploads.github.com", "raw.githubusercontent.com")
PLAIN = ("github.localhost", "api.github.localhost")
_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "content-length", "host", "te", "upgrade"}
_REWRITTEN = {"location", "link"}


class Proxy:
    """A proxy in front of one hub, for as long as the block lasts."""

    def __init__(self, hub: Any) -> None:
        self.hub = hub
        self.folder = tempfile.TemporaryDirectory(prefix="hub-proxy-")
        self.ca = Path(self.folder.name) / "ca.pem"
        self.server = _Server(hub, self._certificate())
        self.port: int = self.server.server_address[1]

    def __enter__(self) -> Self:
        # A handler thread may wait on a client for as long as the client likes: closing does not wait for it.
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.folder.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What makes git, gh, curl, Go and Python programs take this for the whole internet."""
        trusting = ("SSL_CERT_FILE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), self.url)
        direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        return {**proxies, **direct, **dict.fromkeys(trusting, str(self.ca)), "PIP_CERT": str(self.ca)}

    def plain_environment(self, token: str) -> dict[str, str]:
        """What makes `gh` speak plain http to this hub, quietly."""
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GH_TELEMETRY": "false", "NO_COLOR": "1"}
        return {"HTTP_PROXY": self.url, "http_proxy": self.url, "GH_HOST": PLAIN[0], "GH_TOKEN": token, **quiet}

    def _certificate(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*TLS).configure_cert(context)
        return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, hub: Any, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub
        self.tls = tls

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours; programs under test are killed in the middle of things."""

    def inside(self, scheme: str, host: str, path: str) -> str:
        """The hub's address for one of GitHub's."""
        if not host.startswith("api."):
            return f"{self.hub.server_url}{path}"
        return self.hub.graphql_url if path.split("?")[0] == "/graphql" else f"{self.hub.api_url}{path}"

    def outside(self, scheme: str, host: str, text: str) -> str:
        """The same text with GitHub's addresses for the hub's."""
        name = host.removeprefix("api.")
        named = {
            self.hub.graphql_url: f"{scheme}://api.{name}/graphql",
            self.hub.api_url: f"{scheme}://api.{name}",
            self.hub.server_url: f"{scheme}://{name}",
        }
        for ours in sorted(named, key=len, reverse=True):
            text = text.replace(ours, named[ours])
        return text


class _Handler(BaseHTTPRequestHandler):
    """Requests to a proxy: CONNECT, or any method with an absolute address."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """The hub keeps the journal."""

    def do_CONNECT(self) -> None:
        self.close_connection = True
        host = self.path.rpartition(":")[0]
        if host not in TLS:
            return self._refuse(host)
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        with suppress(OSError):  # ssl.SSLError is one: a client that does not trust us, or hangs up
            inner = self.server.tls.wrap_socket(self.connection, server_side=True)
            _Tunnel(host, inner, self.client_address, self.server)
        return None

    def asked(self) -> tuple[str, str, str]:
        """Scheme, host, path and query of this request."""
        parts = urlsplit(self.path)
        return parts.scheme, parts.hostname or "", parts.path + (f"?{parts.query}" if parts.query else "")

    def _any(self) -> None:
        scheme, host, path = self.asked()
        if host not in (PLAIN if scheme == "http" else TLS):
            return self._refuse(host)
        try:
            self._forward(scheme, host, path)
        except (ConnectionError, http.client.HTTPException):
            self.close_connection = True  # the hub died before it answered: so do we
        return None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any  # noqa: N815

    def _forward(self, scheme: str, host: str, path: str) -> None:
        url = urlsplit(self.server.inside(scheme, host, path))
        ours = http.client.HTTPConnection(url.netloc)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            ours.request(self.command, url.path + (f"?{url.query}" if url.query else ""), self._body(), headers)
            self._answer(scheme, host, ours.getresponse())
        finally:
            ours.close()

    def _answer(self, scheme: str, host: str, answer: http.client.HTTPResponse) -> None:
        told = int(answer.headers.get("Content-Length") or 0)
        body, whole = _read(answer)
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP]
        if "json" in (answer.headers.get("Content-Type") or "") and not answer.headers.get("Content-Encoding"):
            body = self.server.outside(scheme, host, body.decode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            )
        self.send_response_only(answer.status, answer.reason)
        for name, value in headers:
            rewritten = self.server.outside(scheme, host, value) if name.lower() in _REWRITTEN else value
            self.send_header(name, rewritten)
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(body) if whole else max(told, len(body) + 1)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self.close_connection = self.close_connection or not whole

    def _body(self) -> bytes | None:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length")
        return self.rfile.read(int(length)) if length else None

    def _chunks(self) -> list[bytes]:
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return chunks

    def _refuse(self, host: str) -> None:
        self.server.hub.escapes.append(host)
        self.close_connection = True
        said = f"{host} is not part of this test\n".encode()
        self.send_response_only(403)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


class _Tunnel(_Handler):
    """Requests inside a CONNECT: the host is that of the tunnel, the path is relative."""

    def __init__(self, host: str, *connection: Any) -> None:
        self.host = host
        super().__init__(*connection)

    def asked(self) -> tuple[str, str, str]:
        return "https", self.host, self.path


def _read(answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """The body, and whether all of it came."""
    try:
        return answer.read(), True
    except http.client.IncompleteRead as cut:
        return cut.partial, False
