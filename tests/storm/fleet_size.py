"""A thousand and ten thousand repositories: what an order over all of them asks for, in requests and seconds.

    python tests/storm/fleet_size.py [--small 1000] [--large 10000] [--json]

The real command line on the hub, which answers at once: a sync with nothing to do, `verify --quick`, a first install by
pull requests and the same again, an install directly and its uninstall. Exit code 0: no more requests and writes than
promised, and after the uninstall every repository has the tree it began with; 1: it is not so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import fleets

from hub import Hub, Repo, graphql

PAGE = 100  # repositories a request
SECONDS = 60.0  # a sync of a thousand with nothing to do


@dataclass
class Figure:
    """What one command took. `wrong`: "" or what is not as promised."""

    what: str
    repositories: int
    requests: int
    writes: int
    clones: int
    seconds: float
    wrong: str = ""


class Site:
    """Many equal repositories of one owner, and the command line over them."""

    def __init__(self, hub: Hub, home: Path, many: int, files: Mapping[str, str]) -> None:
        hub.user("ada")
        self.hub, self.many = hub, many
        names = [f"{fleets.OWNER}/r{number}" for number in range(many)]
        self.repos: list[Repo] = hub.repos_like(names, files, permissions={"ada": "write"})
        self._env = fleets.environment(hub, hub.token("ada"), home)
        graphql.schema()  # GitHub has read its own before anybody asks

    def trees(self) -> list[str]:
        """The tree of each default branch."""
        return [commit.tree for repo in self.repos if (commit := repo.git.commit(repo.head()))]

    def run(self, what: str, *words: str, most: int, writes: int = 0, codes: tuple[int, ...] = (0,)) -> Figure:
        """One command; at most so many requests, exactly so many writes."""
        before, began = len(self.hub.journal), time.monotonic()
        ended = fleets.run(self._env, *words)
        took, sent = time.monotonic() - began, self.hub.journal[before:]
        figure = Figure(
            what=what,
            repositories=self.many,
            requests=len(sent),
            writes=sum(one.writes for one in sent),
            clones=sum(".git/" in one.path for one in sent),
            seconds=round(took, 1),
        )
        figure.wrong = "; ".join(
            [
                *([f"ends with {ended.returncode}: {ended.stderr[-500:]}"] if ended.returncode not in codes else []),
                *([f"more than {most} requests"] if figure.requests > most else []),
                *([f"not {writes} writes"] if figure.writes != writes else []),
                *(["it clones"] if figure.clones else []),
                *map(str, self.hub.violations[:3]),
            ]
        )
        return figure


@contextmanager
def site(many: int, files: Mapping[str, str]) -> Iterator[Site]:
    """So many repositories with these files."""
    with tempfile.TemporaryDirectory() as home, Hub() as hub:
        yield Site(hub, Path(home), many, files)


def pages(many: int) -> int:
    """As many requests as reading them all takes."""
    return -(-many // PAGE)


def nothing_to_do(many: int) -> Figure:
    """A sync of repositories that are as they should be."""
    with site(many, fleets.installed()) as one:
        figure = one.run(
            "sync, nothing to do", "sync", most=min(25, 2 * pages(many)) if many <= 1000 else pages(many) * 5 // 2
        )
        if many <= 1000 and figure.seconds > SECONDS:
            figure.wrong += f"; more than {SECONDS:.0f} s"
        return figure


def verified(many: int) -> Figure:
    """`verify --quick` of repositories that are as they should be; it may find settings to look at."""
    with site(many, fleets.installed()) as one:
        return one.run("verify --quick", "verify", "--quick", most=max(25 * many // 1000, 5), codes=(0, 1))


def proposed(many: int) -> list[Figure]:
    """A first install by pull requests, one write each; again: nothing."""
    with site(many, fleets.BARE) as one:
        words = ("install", "--pack", fleets.OLD)
        first = one.run("install by pull requests", *words, most=many + 4 * pages(many), writes=many)
        if {len(repo.pulls) for repo in one.repos} != {1}:
            first.wrong += "; not one pull request each"
        return [first, one.run("the same again", *words, most=3 * pages(many))]


def there_and_back(many: int) -> list[Figure]:
    """An install on the default branches and its uninstall: the trees are those of before."""
    with site(many, {**fleets.BARE, ".github/CODEOWNERS": "* @ada\n"}) as one:
        before = one.trees()
        there = one.run(
            "install directly", "install", "--pack", fleets.OLD, "--direct", most=many + 4 * pages(many), writes=many
        )
        back = one.run(
            "uninstall directly", "uninstall", "--confirm", "--direct", most=many + 4 * pages(many), writes=many
        )
        changed = sum(now != then for now, then in zip(one.trees(), before, strict=True))
        back.wrong += f"; {changed} have another tree than before" if changed else ""
        return [there, back]


def figures(small: int, large: int, say: Callable[[Figure], None]) -> list[Figure]:
    """All of them; `say` is told each as it comes."""
    found: list[Figure] = []
    for measure in (nothing_to_do, verified, proposed, there_and_back):
        made = measure(small)
        found += made if isinstance(made, list) else [made]
        for one in found[-(len(made) if isinstance(made, list) else 1) :]:
            say(one)
    if large:
        found.append(nothing_to_do(large))
        say(found[-1])
    return found


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()

    def say(one: Figure) -> None:
        if not asked.json:
            counts = f"{one.requests} requests, {one.writes} of them write, {one.clones} clones, {one.seconds} s"
            print(
                f"{one.what}, {one.repositories} repositories: {counts}{f' WRONG: {one.wrong}' if one.wrong else ''}",
                flush=True,
            )

    found = figures(asked.small, asked.large, say)
    if asked.json:
        print(json.dumps([asdict(one) for one in found]))
    return 1 if any(one.wrong for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
