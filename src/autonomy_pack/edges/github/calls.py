"""All requests to the API: retried by the one policy, writes one by one and paced, a reserve left for people."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from autonomy_pack import __version__
from autonomy_pack.edges import clock
from autonomy_pack.edges.github import failures
from autonomy_pack.edges.github.failures import Asked, Refused
from autonomy_pack.edges.github.patience import persist
from autonomy_pack.edges.github.wire import Lost, Reply, Wire
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError

Look = Callable[[], Any]
"""Whether a write whose answer was lost was done: what it made, or None."""


_SILENCE = 30.0


def _fine() -> None:
    """Nobody wants to be asked."""


def _patiently(seconds: float, why: str) -> None:
    """Nobody wants to be told."""


class NoGraphQL(Exception):
    """The host has no GraphQL; REST must do."""


class Calls:
    """Requests with one token; `waits`: below the reserve it, reads too, waits for the next hour instead of failing."""

    def __init__(
        self,
        repo: str,
        *,
        token: str,
        api_url: str,
        graphql_url: str,
        job: str,
        pace: float,
        reserve: int,
        patience: float,
        waits: bool = False,
    ) -> None:
        agent = f"autonomy/{__version__} job/{job}"
        silence = min(_SILENCE, patience * 10)
        self._wire = Wire(token=token, api_url=api_url, graphql_url=graphql_url, agent=agent, silence=silence)
        self._repo, self._job = repo, job
        self._pace, self._reserve, self._patience, self._waits = pace, reserve, patience, waits
        self._quota: dict[str, tuple[float, float, str]] = {}  # resource → left, full again (monotonic), when
        self._writing = threading.RLock()
        self._written = -pace
        self.before_write: Callable[[], None] = _fine
        """Asked right before each write that is not urgent is sent; what it raises is the end of it."""
        self.refused: Callable[[], None] = _fine
        """Told when a mutation met a limit."""
        self.expired = False
        """Whether GitHub said that it does not accept the token any more."""
        self.waiting: Callable[[float, str], None] = _patiently
        """Told before a long wait: how many seconds, and for what."""

    @property
    def sent(self) -> int:
        """Requests sent so far, retries and all."""
        return self._wire.sent

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None, *, choosing: bool = False) -> Any:
        """The JSON at a path; Refused when GitHub says no."""
        if choosing:
            self._spare("core")
        return persist(
            lambda: _json(self._once("GET", path, parameters)), seconds=self._patience, what=f"GET {_shown(path)}"
        )

    def find(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any | None:
        """The JSON at a path, None when nothing is there (404, 410)."""
        try:
            return self.get(path, parameters)
        except Refused as error:
            if error.status in (404, 410):
                return None
            raise

    def answer(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, etag: str = "", choosing: bool = False
    ) -> Reply:
        """The whole answer to a GET; with an etag, its status is 304 when nothing changed."""
        if choosing:
            self._spare("core")
        headers = {"If-None-Match": etag} if etag else {}
        return persist(
            lambda: _whole(self._once("GET", path, parameters, headers=headers)),
            seconds=self._patience,
            what=f"GET {_shown(path)}",
        )

    def pages(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, key: str = "", choosing: bool = False
    ) -> Iterator[Any]:
        """Every item of a list, page by page; `key` names the list where it lies in an object."""
        words: Mapping[str, Any] = {"per_page": 100, **(parameters or {})}
        while True:
            reply = self.answer(path, words, choosing=choosing)
            told = json.loads(reply.body)
            yield from told[key] if key else told
            following = link(reply, "next")
            if not following:
                return
            words = following

    def write(self, verb: str, path: str, body: Any = None, *, look: Look | None = None, urgent: bool = False) -> Any:
        """Change something; the JSON of the answer, None where it has none.

        Repeated when its answer is lost, after `look` said that it was not done; without `look` it must be harmless to
        repeat. Below the reserve it is refused, unless `urgent` (stopping must always be possible).
        """
        if not urgent:
            self._spare("core")

        def once() -> Any:
            with self._writing:
                clock.pause(max(self._written + self._pace - clock.monotonic(), 0.0))
                if not urgent:
                    self.before_write()
                try:
                    return _json(self._once(verb, path, body=body))
                finally:
                    self._written = clock.monotonic()

        return persist(once, seconds=self._patience, what=f"{verb} {_shown(path)}", look=look)

    def graphql(self, query: str, variables: Mapping[str, Any], *, choosing: bool = False) -> Any:
        """`data` of a query. What is missing in it is None; any other error is a WorldError. NoGraphQL without it."""
        if choosing:
            self._spare("graphql")
        return persist(lambda: self._ask(query, variables), seconds=self._patience, what="a GraphQL query")

    def mutate(self, compose: Callable[[], tuple[str, Mapping[str, Any]] | None], took: Callable[[Any], None]) -> None:
        """Send the mutations that `compose` says, as one write; it is asked again before each try, None = all is done.

        `took` is given each whole answer (`data` and `errors`: one that failed does not undo the others) and may raise
        Lost to have it tried again. NoGraphQL without it.
        """
        self._spare("graphql")

        def once() -> None:
            asked = compose()
            if asked is None:
                return
            with self._writing:
                clock.pause(max(self._written + self._pace - clock.monotonic(), 0.0))
                self.before_write()
                try:
                    took(self._told(*asked))
                except failures.Limited:
                    self.refused()
                    raise
                finally:
                    self._written = clock.monotonic()

        persist(once, seconds=self._patience, what="a GraphQL mutation")

    def download(self, path: str, limit: int) -> bytes:
        """The bytes that the API redirects to; the token stays with the API."""

        def once() -> bytes:
            reply = self._once("GET", path, elsewhere=True)
            if reply.status == 302:
                reply = self._wire.download(reply.headers.get("location", ""), limit)
                failures.judge(reply, Asked(verb="GET", path=path, repo=self._repo, job=self._job))
            if len(reply.body) > limit:
                raise WorldError(f"{_shown(path)} has more than {limit} bytes", "Look who made it.")
            return reply.body

        return persist(once, seconds=self._patience, what=f"GET {_shown(path)}")

    def _told(self, query: str, variables: Mapping[str, Any]) -> Any:
        """The whole answer of GraphQL, which may hold errors that are the caller's to judge."""
        if self._waits:
            self._spare("graphql")
        reply = self._wire.ask(query, variables)
        self._note("graphql", reply)
        self.expired = self.expired or reply.status == 401
        if reply.status in (404, 501):
            raise NoGraphQL
        failures.judge(reply, Asked(verb="POST", path="/graphql", repo=self._repo, job=self._job))
        told = _json(reply)
        failures.judge_graphql(told, reply)
        return told

    def _ask(self, query: str, variables: Mapping[str, Any]) -> Any:
        told = self._told(query, variables)
        wrong = [error for error in told.get("errors") or () if error.get("type") != "NOT_FOUND"]
        if wrong or told.get("data") is None:
            said = one_line(str((wrong or [{}])[0].get("message", "no data")), 200)
            where = ".".join(map(str, (wrong or [{}])[0].get("path") or ()))
            raise WorldError(
                f"GraphQL gave only a part of what was asked{f' ({where})' if where else ''}: {said}",
                f"Give {failures.needs(self._job)}; a part is never enough.",
            )
        return told["data"]

    def _once(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        elsewhere: bool = False,
    ) -> Reply:
        if self._waits:
            self._spare("core")
        reply = self._wire.send(verb, path, parameters=parameters, body=body, headers=headers)
        self._note("core", reply)
        if reply.status in (301, 307, 308):
            raise self._moved(reply, path)
        if not (elsewhere and reply.status == 302):
            failures.judge(reply, Asked(verb=verb, path=path, repo=self._repo, job=self._job))
        return reply

    def _moved(self, reply: Reply, path: str) -> Refused:
        """Where it moved to, found out by one request to the place that the answer names."""
        parts = urlsplit(reply.headers.get("location", "")).path.split("/")
        name = ""
        if "repositories" in parts:
            place = "/".join(parts[parts.index("repositories") :][:2])
            there = self._wire.send("GET", f"/{place}")
            name = one_line(str(_json(there).get("full_name", ""))) if there.status == 200 else ""
        return Refused(
            f"{_shown(path)} moved to {name or 'another repository'}",
            f"Use its new name{f' {name}' if name else ''} (GITHUB_REPOSITORY, the origin remote, or the workflow).",
            status=301,
        )

    def _note(self, resource: str, reply: Reply) -> None:
        resource = reply.headers.get("x-ratelimit-resource", resource)
        rest = reply.headers.get("x-ratelimit-remaining")
        seconds = failures.left(reply.headers)
        if rest is not None and seconds is not None:
            at = failures.resets(reply.headers)
            self._quota[resource] = (failures.number(rest), clock.monotonic() + seconds, at)

    def _spare(self, resource: str) -> None:
        """Leave the last requests of the hour to people."""
        rest, full, at = self._quota.get(resource, (float("inf"), 0.0, ""))
        if rest < self._reserve and clock.monotonic() < full:
            if self._waits:
                seconds = full - clock.monotonic()
                self.waiting(seconds, f"{rest:.0f} API requests are left until {at}, which are left to people")
                clock.pause(seconds)
                return
            raise WorldError(
                f"{rest:.0f} API requests are left until {at}, and the last {self._reserve} are left to people",
                f"Run again after {at}, run less often, or lower `github: {{reserve: …}}` in the configuration.",
            )


def link(reply: Reply, which: str) -> dict[str, str]:
    """The parameters of a list's next (or last) page; {} when there is none."""
    for part in reply.headers.get("link", "").split(","):
        url, _, rel = part.partition(";")
        if rel.strip() == f'rel="{which}"':
            return dict(parse_qsl(urlsplit(url.strip(" <>")).query))
    return {}


def _whole(reply: Reply) -> Reply:
    """The same answer, once it is sure that its JSON is all there."""
    _json(reply)
    return reply


def _json(reply: Reply) -> Any:
    if not reply.body and reply.status != 200:
        return None
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise Lost("an answer that is no JSON") from error


def _shown(path: str) -> str:
    return one_line(path, 120)
