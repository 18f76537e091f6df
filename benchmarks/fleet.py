"""What a change of many repositories costs: requests and seconds a repository, beside a tool that clones each of them.

Both work on the tests' stand-in for GitHub on this machine, which answers at once: no network, no limit of writes an
hour. The other one is written here as multi-gitter and all-repos do it, with nothing around it that costs: list the
repositories by REST, and of each make a clone of depth 1, write the files, commit, push a branch, open a pull request.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pairs
from pairs import Result, Row, Say

_MANY, _FEW = 100, 10
_BESIDE = "a clone of each"


@dataclass(frozen=True)
class _Cost:
    """Of one repository."""

    requests: float
    seconds: float


def measure(*, quick: bool, say: Say) -> Result:
    """A sync with nothing to do, and an install by pull requests."""
    from tests.storm import fleets

    many, times = (_FEW, 1) if quick else (_MANY, 3)
    say(f"fleet: {many} repositories, nothing to do")
    rows = _rows("nothing to do", _turns(times, many, fleets.installed(), ("sync",), pulls=0))
    say(f"fleet: {many} repositories, a pull request in each")
    install = ("install", "--pack", fleets.OLD)
    rows += _rows("a pull request in each", _turns(times, many, fleets.BARE, install, pulls=1))
    size = f"{len(fleets.BARE)} files each, {len(fleets.installed())} once installed"
    notes = [
        f"{many} repositories, {size}; ours with the start of its program, theirs without, from a disk that is ready.",
        "One repository at a time, both. Nobody waits a second between writes here, as GitHub asks and as ours does.",
    ]
    return Result(rows=rows, notes=notes)


def _turns(
    times: int, many: int, files: Mapping[str, str], words: tuple[str, ...], *, pulls: int
) -> dict[str, list[_Cost]]:
    found: dict[str, list[_Cost]] = {"ours": [], "theirs": []}

    def turn(name: str) -> float:
        with _site(many, files) as (hub, token, home):
            seconds = _ours(hub, token, home, words) if name == "ours" else _theirs(hub, token, home)
            made = {len(repo.pulls) for repo in hub.repos.values()}
            if made != {pulls} or hub.violations:
                raise RuntimeError(f"{name}: {made} pull requests in a repository, not {pulls}; {hub.violations[:1]}")
            found[name].append(_Cost(len(hub.journal) / many, seconds / many))
            return seconds

    pairs.in_turn(times, {"ours": lambda: turn("ours"), "theirs": lambda: turn("theirs")})
    return found


@contextmanager
def _site(many: int, files: Mapping[str, str]) -> Iterator[tuple[Any, str, Path]]:
    from tests.storm import fleets

    from hub import Hub, graphql

    graphql.schema()
    with tempfile.TemporaryDirectory() as home, Hub() as hub:
        hub.user("ada")
        hub.repos_like([f"{fleets.OWNER}/r{number}" for number in range(many)], files, permissions={"ada": "write"})
        yield hub, hub.token("ada"), Path(home)


def _ours(hub: Any, token: str, home: Path, words: tuple[str, ...]) -> float:
    from tests.storm import fleets

    def run() -> None:
        ended = fleets.run(fleets.environment(hub, token, home), *words)
        if ended.returncode:
            raise RuntimeError(f"autonomy fleet ended with {ended.returncode}: {ended.stderr}")

    return pairs.seconds(run)


def _theirs(hub: Any, token: str, home: Path) -> float:
    from tests.storm import fleets

    for repo in hub.repos.values():
        repo.git.on_disk()
    return pairs.seconds(lambda: _clone_each(hub, token, home, fleets.installed()))


def _clone_each(hub: Any, token: str, home: Path, files: Mapping[str, str]) -> None:
    """All repositories of the owner, one after the other."""
    import requests
    from tests.storm import fleets

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    page = f"{hub.api_url}/orgs/{fleets.OWNER}/repos?per_page=100"
    while page:
        answer = session.get(page, timeout=60)
        for told in answer.json():
            place = home / told["name"]
            if _pushed(told["clone_url"], token, place, told["default_branch"], files):
                ends = {"head": "change", "base": told["default_branch"], "title": "Install", "body": "Look."}
                session.post(f"{hub.api_url}/repos/{told['full_name']}/pulls", json=ends, timeout=60).raise_for_status()
        page = answer.links.get("next", {}).get("url", "")


def _pushed(url: str, token: str, place: Path, branch: str, files: Mapping[str, str]) -> bool:
    """Clone, write, and when something changed, commit and push; whether it did."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    settings = {"http.extraHeader": f"Authorization: Basic {basic}", "user.name": "T", "user.email": "t@t.invalid"}
    more = {f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)}
    more |= {f"GIT_CONFIG_VALUE_{number}": word for number, word in enumerate(settings.values())}
    env = {**os.environ, **more, "GIT_CONFIG_COUNT": str(len(settings)), "GIT_TERMINAL_PROMPT": "0"}

    def git(*words: str) -> bytes:
        return subprocess.run(["git", *words], env=env, check=True, capture_output=True).stdout

    git("clone", "-q", "--depth", "1", "--branch", branch, url, str(place))
    for path, text in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    here = ("-C", str(place))
    if not git(*here, "status", "--porcelain"):
        return False
    git(*here, "checkout", "-qb", "change")
    git(*here, "add", "--all")
    git(*here, "commit", "-qm", "Install")
    git(*here, "push", "-q", "origin", "change")
    return True


def _rows(what: str, found: dict[str, list[_Cost]]) -> list[Row]:
    def row(unit: str, which: str, times: float) -> Row:
        ours, theirs = ([getattr(one, which) * times for one in found[name]] for name in ("ours", "theirs"))
        return pairs.row(f"{what}: {'time' if unit else which} a repository", unit, ours, _BESIDE, theirs)

    return [row("", "requests", 1), row("ms", "seconds", 1000)]
