"""One exchange with the API, and only one: PyGithub's requester signs, addresses and encodes; nothing is followed.

PyGithub follows redirects and waits for answers "in the making" by itself, with requests that nobody counts. It is
given a connection of ours, which keeps the answer and shows it none that it would act on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autonomy_pack.edges import clock
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

if TYPE_CHECKING:
    import requests

_CONNECT, _WHOLE = 10.0, 120.0  # seconds
LIMIT = 32 * 1024 * 1024


class Lost(Exception):
    """No whole answer came. What was asked may have been done all the same. str() says what was seen."""


@value
class Reply:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Sends to one API, one request at a time; counts them (`sent`). `silence`: seconds without a byte that end one."""

    def __init__(self, *, token: str, api_url: str, graphql_url: str, agent: str, silence: float) -> None:
        import github
        import requests

        self._session = requests.Session()
        self._session.auth = _as_it_is  # else requests would look for a password in ~/.netrc
        self._api, self._graphql = _origin(api_url), _origin(graphql_url)
        self._graphql_url, self._agent, self._silence = graphql_url, agent, silence
        self._lock = threading.Lock()
        self._requester = github.Github(
            base_url=api_url,
            auth=github.Auth.Token(token) if token else None,
            user_agent=agent,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        ).requester
        self.sent = 0

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def send(
        self,
        verb: str,
        path: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer of the API, whatever its status. Raises Lost; WorldError when TLS fails or it is too big."""
        return self._send(self._api, verb, path, parameters, body, headers)

    def ask(self, query: str, variables: Mapping[str, Any]) -> Reply:
        """The answer to a GraphQL query."""
        return self._send(self._graphql, "POST", self._graphql_url, None, {"query": query, "variables": variables}, {})

    def download(self, url: str, limit: int) -> Reply:
        """What lies at an address that the API named, asked for without the token; at most `limit` bytes."""
        with self._lock:
            connection = _Connection(self, _origin(url), limit)
            parts = urlsplit(url)
            words = {"User-Agent": self._agent}
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), None, words)
            connection.getresponse()
            return connection.reply

    def _send(
        self, origin: str, verb: str, path: str, parameters: Any, body: Any, headers: Mapping[str, str] | None
    ) -> Reply:
        words = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", **(headers or {})}
        with self._lock:
            connection = _Connection(self, origin, LIMIT)
            self._requester.requestJson(
                verb,
                path,
                dict(parameters or {}),
                words,
                body,
                cnx=connection,  # type: ignore[arg-type]  # has all that PyGithub asks of one
            )
            return connection.reply

    def exchange(self, verb: str, url: str, body: str | None, headers: Mapping[str, str], limit: int) -> Reply:
        """One request, one answer."""
        import requests

        self.sent += 1
        try:
            with self._session.request(
                verb,
                url,
                data=body.encode() if body is not None else None,
                headers=dict(headers),
                timeout=(_CONNECT, self._silence),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read(response, limit)
                found = {name.lower(): text for name, text in response.headers.items()}
                return Reply(status=response.status_code, headers=found, body=content)
        except requests.exceptions.SSLError as error:
            raise WorldError(
                f"the certificate of {urlsplit(url).hostname} is not trusted",
                "Name your own authority's certificate in REQUESTS_CA_BUNDLE.",
            ) from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise Lost(type(error).__name__) from error


class _Connection:
    """What PyGithub takes for a connection: keeps the answer for us, and shows PyGithub an empty one."""

    status = 200

    def __init__(self, wire: Wire, origin: str, limit: int) -> None:
        self._wire, self._origin, self._limit = wire, origin, limit
        self._asked: tuple[str, str, str | None, Mapping[str, str]] = ("GET", "/", None, {})
        self.reply = Reply(status=0, headers={}, body=b"")

    def request(self, verb: str, url: str, body: str | None, headers: Mapping[str, str], stream: bool = False) -> None:
        del stream
        self._asked = (verb, self._origin + url, body, headers)

    def getresponse(self) -> _Connection:
        self.reply = self._wire.exchange(*self._asked, self._limit)
        return self

    def getheaders(self) -> list[tuple[str, str]]:
        return []

    def read(self) -> str:
        return ""


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _read(response: requests.Response, limit: int) -> bytes:
    begun, parts, size = clock.monotonic(), [], 0
    for part in response.iter_content(65536):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise WorldError(f"an answer has more than {limit} bytes", "Nothing of ours is that big; look who made it.")
        if clock.monotonic() - begun > _WHOLE:
            raise Lost("the answer never ended")
    return b"".join(parts)
