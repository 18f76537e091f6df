"""A hub with one repository, and clients of it that do not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from autonomy_pack.edges.github import GitHub
from hub import Hub, Repo

Client = Callable[..., GitHub]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """GitHub, as far as these tests need it; what it answers fits GitHub's own description."""
    with Hub() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def repo(hub: Hub) -> Repo:
    """acme/site, where ada may write and eve may only read."""
    made = hub.repo("acme/site", files={"README.md": "x"})
    hub.user("ada", permission={"acme/site": "write"})
    hub.user("eve")
    return made


@pytest.fixture
def client(hub: Hub, repo: Repo) -> Iterator[Client]:
    """Makes clients of ada's (or of `token`), with no pause between writes and little patience."""
    made: list[GitHub] = []

    def make(name: str = "acme/site", **words: object) -> GitHub:
        given = {"token": "", "pace": 0.0, "patience": 0.4, **words}
        given["token"] = given["token"] or hub.token("ada")
        urls = {"api_url": hub.api_url, "graphql_url": hub.graphql_url, "server_url": hub.server_url}
        made.append(GitHub(name, **{**urls, **given}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def github(client: Client) -> GitHub:
    """A client of ada's."""
    return client()
