"""The hub under GitHub's own names: a loopback proxy that plays github.com and api.github.com, and nothing else.

`with Proxy(hub) as proxy:` starts it on a free port. Programs find it by their environment: `proxy.environment()` for
https (it ends TLS itself, with a throw-away authority of its own), `proxy.plain_environment()` for `gh` on the host
`github.localhost` in plain http. Any other host is refused and noted in `hub.escapes`.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

from hub.server import Handler, Server

TLS = ("github.com", "api.github.com", "blobs.github.com")
PLAIN = ("github.localhost", "api.github.localhost")


class Proxy:
    """A proxy in front of one hub, for as long as the block lasts."""

    def __init__(self, hub: Any) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="hub-proxy-")
        Path(self.folder.name).chmod(0o755)  # programs of another user read the certificate too
        self.ca = Path(self.folder.name) / "ca.pem"
        self.server = _Server(hub, self._certificate())
        self.port: int = self.server.server_address[1]

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.end()
        self.folder.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What makes git, gh, curl, Go and Python programs take this for the whole internet."""
        trusting = [
            "SSL_CERT_FILE",
            "GIT_SSL_CAINFO",
            "NODE_EXTRA_CA_CERTS",
            "CURL_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "PIP_CERT",
        ]
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), self.url)
        direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        return {**proxies, **direct, **dict.fromkeys(trusting, str(self.ca))}

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


class _Server(Server):
    """Like the hub's own, but its clients take it for a proxy; tunnels end with it too."""

    def __init__(self, hub: Any, tls: ssl.SSLContext) -> None:
        super().__init__(hub)
        self.RequestHandlerClass = _Front
        self.tls = tls

    def tunnel(self, connection: socket.socket, address: Any) -> None:
        """End TLS here and serve what comes through, until either side has had enough."""
        with suppress(OSError), self.tls.wrap_socket(connection, server_side=True) as inner:  # OSError: they hung up
            with self._guard:
                self._open.add(inner)
            try:
                _Tunnel(inner, address, self)
            finally:
                with self._guard:
                    self._open.discard(inner)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours; programs under test are killed in the middle of things."""


class _Tunnel(Handler):
    """The hub's own handler inside a CONNECT: whatever the host, it is the hub that answers."""

    scheme = "https"


class _Front(Handler):
    """Requests to a proxy: CONNECT, or any method with an absolute address."""

    server: Any

    def do_CONNECT(self) -> None:  # noqa: N802
        self.close_connection = True
        host = self.path.rpartition(":")[0]
        if host not in TLS:
            self._refuse(host)
            return
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        self.server.tunnel(self.connection, self.client_address)

    def _any(self) -> None:
        host = urlsplit(self.path).hostname or ""
        if host in PLAIN:
            super()._any()
        else:
            self._refuse(host)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815

    def _refuse(self, host: str) -> None:
        self.server.hub.escapes.append(host)
        self.close_connection = True
        said = f"{host} is not part of this test\n".encode()
        self.send_response_only(403)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
