"""The side of the gateway that talks to a provider: one host, connections kept, TLS verified, nowhere redirected."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

MAX_ANSWER = 64 * 1024 * 1024
_CONNECT, _WHOLE = 10.0, 900.0
_PIECE = 64 * 1024
# LocationValueError: an address of a scheme that nobody speaks, or that is none.
_NEVER_SENT = (NewConnectionError, ConnectTimeoutError, SSLError, ProxyError, LocationValueError)


class NotSent(Exception):
    """The request did not reach the provider: nothing can be billed."""


class Lost(Exception):
    """The request was sent, and its answer did not come, or not whole: it may be billed."""


class Answer:
    """What the provider answers: its status and headers (lower case), and the body in pieces as they come."""

    def __init__(self, response: urllib3.BaseHTTPResponse, until: float) -> None:
        self._response = response
        self._until = until
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    def pieces(self) -> Iterator[bytes]:
        """The body; Lost when it breaks off, is too long or takes too long."""
        size = 0
        try:
            while piece := self._response.read1(_PIECE):
                size += len(piece)
                if size > MAX_ANSWER:
                    raise Lost(f"the answer has more than {MAX_ANSWER >> 20} MiB")
                if time.monotonic() > self._until:
                    raise Lost(f"the answer took more than {_WHOLE:g} s")
                yield piece
        except (HTTPError, OSError) as error:
            raise Lost(f"the answer broke off: {_why(error)}") from error
        finally:
            self._response.close()
        # Only a body read to its end gives its connection back; `close` leaves those alone.

    def close(self) -> None:
        """Let go of it."""
        self._response.close()


class Upstream:
    """One provider's address. A proxy is used when this process's environment names one: the person's own does."""

    def __init__(self, url: str, silence: float) -> None:
        self._base = url.rstrip("/")
        timeout = urllib3.Timeout(connect=_CONNECT, read=silence)
        given: dict[str, Any] = {"timeout": timeout, "retries": False, "maxsize": 8, "ca_certs": _authorities()}
        parts = urlsplit(self._base)
        proxy = getproxies_environment().get(parts.scheme, "")
        if proxy and not proxy_bypass(parts.hostname or ""):
            self._pool: urllib3.PoolManager = urllib3.ProxyManager(proxy, **given)
        else:
            self._pool = urllib3.PoolManager(**given)

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post it, and return once the answer's head is there; NotSent or Lost when it is not."""
        try:
            response = self._pool.request(
                "POST",
                self._base + path,
                body=body,
                headers=dict(headers),
                preload_content=False,
                decode_content=False,
                redirect=False,
            )
        except _NEVER_SENT as error:
            raise NotSent(f"{self._host} cannot be reached: {_why(error)}") from error
        except (HTTPError, OSError) as error:
            raise Lost(f"{self._host} did not answer: {_why(error)}") from error
        return Answer(response, time.monotonic() + _WHOLE)

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc.rpartition("@")[2]


def _authorities() -> str | None:
    """None where OpenSSL finds certificates of its own; else those of certifi."""
    found = ssl.get_default_verify_paths()
    if found.cafile or found.capath:
        return None
    import certifi

    return certifi.where()


def _why(error: BaseException) -> str:
    """The last words of an error, without the objects it is told with."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return f"{type(error).__name__}: {str(error)[:200]}" if str(error) else type(error).__name__
