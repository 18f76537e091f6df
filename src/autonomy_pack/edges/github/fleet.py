"""The repositories of one owner: read by pages of a hundred, each written by one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autonomy_pack.edges import clock
from autonomy_pack.edges.github import fleet_queries as queries
from autonomy_pack.edges.github import fleet_shapes as shapes
from autonomy_pack.edges.github.calls import Calls, NoGraphQL
from autonomy_pack.edges.github.client import GitHub, need_safe
from autonomy_pack.edges.github.fleet_by_rest import FleetByRest
from autonomy_pack.edges.github.pace import Pace
from autonomy_pack.edges.github.pushing import Pushing
from autonomy_pack.edges.remote import Remote
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.targets import Branch, Page, Push, Pushed, Target, object_id

SIZE = 100
_LONG = 5.0  # seconds
_TEXTS = 50
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")


class Fleet:
    """All that is asked of the repositories of one owner; what cannot be done raises WorldError (`says`, `fix`).

    Writes go one by one, as `pace` lets them; while fewer than `reserve` requests are left in the hour, it waits for
    the next one. One call waits at most `patience` seconds in all.
    """

    def __init__(
        self,
        owner: str,
        *,
        token: str,
        api_url: str,
        graphql_url: str,
        server_url: str,
        pace: Pace | None = None,
        reserve: int = 1000,
        patience: float = 3700.0,
    ) -> None:
        if not _OWNER.fullmatch(owner):
            raise UsageError(f"{owner[:80]!r} is no organisation and no person", "Give the name as in its address.")
        need_safe(api_url, graphql_url)
        self.owner = owner
        self.pace = pace or Pace()
        self.calls = Calls(
            owner,
            token=token,
            api_url=api_url.rstrip("/"),
            graphql_url=graphql_url,
            job="cli",
            pace=0.0,
            reserve=reserve,
            patience=patience,
            waits=True,
        )
        self.calls.before_write = self._turn
        self.calls.refused = self.pace.refused
        self._size = SIZE
        self._whole = 0
        self._urls, self._patience = (api_url, graphql_url), patience
        self._server_url, self._token = server_url.rstrip("/"), token
        self._rest: FleetByRest | None = None

    @property
    def requests(self) -> int:
        """How many requests were sent, retries included."""
        return self.calls.sent

    def close(self) -> None:
        """Let go of the connections."""
        self.calls.close()

    def targets(self, *, labels: bool = False, runs: bool = False) -> Iterator[Target]:
        """Every repository of the owner that the token sees, in the order in which they were made."""
        after = ""
        while True:
            page = self.page(after, labels=labels, runs=runs)
            yield from page.targets
            after = page.after
            if not after:
                return

    def page(self, after: str = "", *, labels: bool = False, runs: bool = False) -> Page:
        """The next repositories: a hundred, or fewer after GitHub could not answer for so many."""
        while self._rest is None:
            words = {"owner": self.owner, "size": self._size, "after": after or None, "labels": labels, "runs": runs}
            try:
                return self._paged(self.calls.graphql(queries.PAGE, words))
            except NoGraphQL:
                self._rest = FleetByRest(self.owner, self.calls, self._git)
            except WorldError as error:
                if self._size == 1:
                    return self._passed_by(after, error)
                self._size, self._whole = max(self._size // 2, 1), 0
        return self._rest.page(after, labels=labels, runs=runs)

    def _passed_by(self, after: str, why: WorldError) -> Page:
        """The page of one repository that GitHub cannot tell of: it stops none that come after it. WorldError where not
        even the way to them is told."""
        words = {"owner": self.owner, "after": after or None}
        try:
            told = self.calls.graphql(queries.NEXT, {**words, "named": True})
        except WorldError:
            told = self.calls.graphql(queries.NEXT, {**words, "named": False})
        if not told["repositoryOwner"]:
            raise why
        return shapes.untold(told["repositoryOwner"]["repositories"], self.owner, after, why.says)

    def _paged(self, told: Any) -> Page:
        self._larger()
        if not told["repositoryOwner"]:
            raise UsageError(
                f"there is no organisation and no person {self.owner}", "Look at the name, and what the token may see."
            )
        found = told["repositoryOwner"]["repositories"]
        end = found["pageInfo"]
        return Page(
            targets=tuple(self._own(shapes.target(one)) for one in found["nodes"] if one),
            after=end["endCursor"] if end["hasNextPage"] else "",
        )

    def target(self, id: str, *, labels: bool = False, runs: bool = False) -> Target:  # noqa: A002
        """One repository by its node id, as it is now."""
        if self._rest:
            return self._rest.target(id, labels=labels, runs=runs)
        told = self.calls.graphql(queries.ONE, {"id": id, "labels": labels, "runs": runs})["node"]
        if not told:
            raise WorldError(f"the repository {id[:80]} is gone", "Run again: it is not among those of its owner now.")
        return self._own(shapes.target(told))

    def branch(self, target: Target) -> Branch:
        """What our branch has now."""
        if self._rest:
            return self._rest.branch(target)
        told = self.calls.graphql(queries.BRANCHED, {"id": target.id})["node"]
        if not told:
            raise WorldError(f"{target.name} is gone", "Run again: it is not among those of its owner now.")
        blobs = {path: oid for path, (oid, _) in shapes.paths(told)}
        return Branch(blobs=blobs, folders=dict(shapes.folders(told)), lock=_text(told["lock"]))

    def has_own_commits(self, target: Target) -> bool:
        """Whether our branch has a commit that the default branch has not."""
        ends = quote(f"{target.head}...{target.tip}")
        told = self.calls.get(f"/repos/{target.name}/compare/{ends}", {"per_page": 1})
        return bool(told["ahead_by"] > 0)

    def texts(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, str | None]:
        """Object id → its text, None where it is none; `wanted`: node id of a repository → object ids in it."""
        if self._rest:
            return self._rest.texts(wanted)
        pairs = sorted({(id, oid) for id, oids in wanted.items() for oid in oids})  # noqa: A001
        found: dict[str, str | None] = {}
        rest = iter(pairs)
        while batch := list(islice(rest, _TEXTS)):
            found |= self._texts(batch)
        return found

    def push(self, push: Push) -> Pushed:
        """One commit and its pull request, in one request where nothing goes wrong; done once, however often asked."""
        if self._rest:
            return self._rest.push(push)
        done = Pushing(self.calls, push, lambda: self.target(push.target.id)).carry_out()
        self.pace.went_well()
        return done

    def repository(self, name: str) -> GitHub:
        """A client of one of the repositories, whose writes keep the same pace."""
        api, graphql = self._urls
        made = GitHub(
            name,
            token=self._token,
            api_url=api,
            graphql_url=graphql,
            server_url=self._server_url,
            pace=0.0,
            reserve=0,
            patience=self._patience,
        )
        made.calls.before_write = self._turn
        made.calls.refused = self.pace.refused
        return made

    def properties(self) -> dict[str, dict[str, str]]:
        """Repository → its custom properties, of an organisation."""
        found = {}
        for one in self.calls.pages(f"/orgs/{quote(self.owner, safe='')}/properties/values"):
            values = {each["property_name"]: each["value"] for each in one["properties"]}
            found[one["repository_full_name"]] = {
                name: _told(each) for name, each in values.items() if each is not None
            }
        return found

    def _own(self, target: Target) -> Target:
        """The same, or that nothing is done with it: one that was handed over meanwhile is no business of ours."""
        if target.name.partition("/")[0].casefold() == self.owner.casefold():
            return target
        return Target(name=target.name, id=target.id, blobs={}, unread=f"it does not belong to {self.owner}")

    def _git(self, name: str, place: Path) -> Remote:
        return Remote(f"{self._server_url}/{name}.git", place, token=self._token, agent="cli")

    def _turn(self) -> None:
        """Wait until the next write may be sent; who waits long is told so."""
        seconds = self.pace.wait(clock.monotonic())
        if seconds > _LONG:
            self.calls.waiting(seconds, "GitHub allows only so many changes an hour")
        self.pace.turn()

    def _larger(self) -> None:
        """After ten pages that came whole, twice as many again."""
        self._whole += 1
        if self._whole >= 10 and self._size < SIZE:
            self._size, self._whole = min(self._size * 2, SIZE), 0

    def _texts(self, batch: list[tuple[str, str]]) -> dict[str, str | None]:
        by: dict[str, list[str]] = {}
        for id, oid in batch:  # noqa: A001
            by.setdefault(id, []).append(oid)
        words: dict[str, str] = {f"r{one}": id for one, id in enumerate(by)}  # noqa: A001
        words |= {f"b{one}_{other}": oid for one, oids in enumerate(by.values()) for other, oid in enumerate(oids)}
        told = self.calls.graphql(queries.texts([len(oids) for oids in by.values()]), words)
        return {
            oid: _same(oid, _text((told[f"r{one}"] or {}).get(f"b{other}")))
            for one, oids in enumerate(by.values())
            for other, oid in enumerate(oids)
        }


def _told(value: Any) -> str:
    """A property's value; of several, all of them."""
    return ",".join(value) if isinstance(value, list) else str(value)


def _same(oid: str, text: str | None) -> str | None:
    """The text, if it is what the file holds to the byte: GitHub tells other encodings as if they were UTF-8."""
    return text if text is not None and object_id(text) == oid else None


def _text(blob: Any) -> str | None:
    if not blob or blob.get("text") is None or blob["isTruncated"] or blob["isBinary"]:
        return None
    return str(blob["text"])
