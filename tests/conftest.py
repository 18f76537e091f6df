"""Every test has its own home: nothing of the person who runs the tests is read or written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture(scope="session", autouse=True)
def _no_home_of_anybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What wider fixtures do happens in a home of the session's."""
    with pytest.MonkeyPatch.context() as patch:
        _move_home(patch, tmp_path_factory.mktemp("session-home"))
        yield


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    _move_home(monkeypatch, tmp_path_factory.mktemp("home"))


def _move_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setenv("HOME", str(home))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        patch.setenv(name, str(home / name.lower()))
    for name in ("AUTONOMY_STORE", "AUTONOMY_SANDBOX", "GITHUB_ACTIONS", "CI"):
        patch.delenv(name, raising=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A real git repository with one commit, ready for issues."""
    made = World(tmp_path / "repo")
    yield made
    made.close()
