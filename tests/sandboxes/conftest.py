"""The users that boxes are tried as."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandboxes.boxes import User, user


@pytest.fixture(params=["us", "another user"])
def anyone(request: pytest.FixtureRequest) -> Iterator[User]:
    with user(request.param) as one:
        yield one


@pytest.fixture
def us() -> Iterator[User]:
    with user("us") as one:
        yield one
