"""The token goes to the API's own host, and nowhere else, whatever an answer says."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from autonomy_pack.edges.github import GitHub
from autonomy_pack.errors import WorldError

TOKEN = "ghp_" + "x9Y8z7W6v5" * 4


class Host:
    """A server that answers every path by `answers` (status, headers, body), next time by `later`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.later: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.seen.append((self.path, self.headers.get("Authorization", "")))
                plain = host.answers.get(self.path.partition("?")[0], (404, {}, {}))
                status, headers, told = host.answers.get(self.path, plain)
                body = told if isinstance(told, bytes) else json.dumps(told).encode()
                host.answers.update({self.path: host.later.pop(self.path)} if self.path in host.later else {})
                self.send_response(status)
                for name, text in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host, GitHub]]:
    """The API, somebody else's server, and a client of the API."""
    api, other = Host(), Host()
    github = GitHub(
        "acme/site", token=TOKEN, api_url=api.url, graphql_url=f"{api.url}/graphql", server_url=api.url,
        pace=0.0, patience=0.2,
    )  # fmt: skip
    yield api, other, github
    github.close()
    api.close()
    other.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_elsewhere_is_not_followed(hosts: tuple[Host, Host, GitHub], status: int) -> None:
    api, other, github = hosts
    api.answers["/repos/acme/site"] = (status, {"Location": f"{other.url}/repositories/1"}, {})
    with pytest.raises(WorldError):
        github.default_branch()
    assert other.seen == []


def test_a_next_page_elsewhere_is_asked_of_the_api(hosts: tuple[Host, Host, GitHub]) -> None:
    api, other, github = hosts
    link = {"Link": f'<{other.url}/repositories/1/labels?page=2>; rel="next"'}
    label = {"name": "a", "color": "b", "description": None}
    api.answers["/repos/acme/site/labels"] = (200, link, [label])
    api.answers["/repos/acme/site/labels?page=2"] = (200, {}, [{**label, "name": "c"}])
    assert list(github.labels()) == ["a", "c"]
    assert other.seen == []


def test_an_artifact_lies_elsewhere_and_is_fetched_without_the_token(hosts: tuple[Host, Host, GitHub]) -> None:
    api, other, github = hosts
    place = f"{other.url}/blob?sig=1"
    api.answers["/repos/acme/site/actions/artifacts/7/zip"] = (302, {"Location": place}, b"")
    other.answers["/blob"] = (200, {}, b"PK bytes")
    assert github.artifact_zip(7, limit=100) == b"PK bytes"
    assert other.seen == [("/blob?sig=1", "")]
    assert api.seen == [("/repos/acme/site/actions/artifacts/7/zip", f"token {TOKEN}")]


def test_a_server_that_says_wait_is_not_asked_by_anybody_but_us(hosts: tuple[Host, Host, GitHub]) -> None:
    api, _, github = hosts
    api.later["/repos/acme/site/git/ref/heads/x"] = (200, {}, {"object": {"sha": "b" * 40}})
    api.answers["/repos/acme/site/git/ref/heads/x"] = (202, {}, {"object": {"sha": "a" * 40}})
    github.tip("refs/heads/x")
    assert len(api.seen) == github.requests == 1


def test_an_answer_too_big_ends(hosts: tuple[Host, Host, GitHub]) -> None:
    api, _, github = hosts
    api.answers["/repos/acme/site"] = (200, {}, b" " * (33 * 1024 * 1024))
    with pytest.raises(WorldError, match="more than"):
        github.default_branch()


def test_the_token_is_in_no_log_and_no_error(
    hosts: tuple[Host, Host, GitHub], caplog: pytest.LogCaptureFixture
) -> None:
    api, _, github = hosts
    api.answers["/repos/acme/site"] = (500, {}, {"message": f"token {TOKEN} is bad"})
    api.answers["/repos/acme/site/labels"] = (422, {}, {"message": f"token {TOKEN} is bad"})
    with caplog.at_level(logging.DEBUG):
        for call in (github.default_branch, github.labels):
            with pytest.raises(WorldError) as told:
                call()
            assert TOKEN not in f"{told.value.says}{told.value.fix}{told.value!r}{told.value.__cause__!r}"
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(github))


def test_a_retry_is_not_written_to_standard_error(
    hosts: tuple[Host, Host, GitHub], capfd: pytest.CaptureFixture[str]
) -> None:
    _, _, github = hosts
    github.calls.find("/nothing")
    assert capfd.readouterr().err == ""
