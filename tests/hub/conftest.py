"""A hub, a private repository acme/site in it, and people: ada (write), eve (nothing), root (admin)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub import Hub, Repo


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made


@pytest.fixture
def repo(hub: Hub) -> Repo:
    made = hub.repo("acme/site", files={"README.md": "Hello\n", "src/a.txt": "a\n"}, private=True)
    hub.user("ada", permission={"acme/site": "write"})
    hub.user("root", permission={"acme/site": "admin"})
    hub.user("eve")
    return made
