"""Every request of a run of the loop, met by every fault, then a rerun: the end is that of a run that met none.

    python tests/storm/faults.py [--singles N] [--doubles N] [--processes N] [--seed N] [--json]

There are three worlds: an issue that is handed off, one that waits for a person, and both in one run. A case is a world
with one fault (or two) at given requests; then the workflow runs again without faults, as the next schedule would. 0
singles means all of them, in the two worlds with one issue; pairs are drawn in all three.
Exit code 0: all cases ended as the clean run did; 1: some did not (each is printed with its fault).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT), str(ROOT / "tests")]

from tests.flows.actions.driver import Site  # noqa: E402

from autonomy_pack.errors import PackError  # noqa: E402
from hub import Fault, Hub  # noqa: E402

KINDS = (
    "die_before",
    "die_after",
    "500",
    "html502",
    "secondary403",
    "secondary403_retry",
    "429",
    "timeout",
    "cut_body",
    "stale_read",
    "409",
    "422",
)
# Reruns until nothing moves any more: what met a fault in the rerun of another issue's leg needs the next schedule.
RERUNS = 3


WORLDS = ("handoff", "waiting", "both")


@dataclass(frozen=True)
class Case:
    """A world, and faults at requests of its run: (number of the request from 1, kind, how many requests in a row)."""

    world: str
    faults: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True)
class End:
    """How a case ended: what was left, whether that is as it should be, and how many reruns it took."""

    case: Case
    wrong: str
    reruns: int


def clean(world: str = "both") -> tuple[int, dict[str, Any]]:
    """How many requests a run in that world sends that meets no fault, and how it ends."""
    with tempfile.TemporaryDirectory() as folder, Hub() as hub:
        site = _world(world, hub, Path(folder))
        before = len(hub.journal)
        site.session()
        sent = len(hub.journal) - before
        site.session()
        return sent, left(site)


def _world(world: str, hub: Hub, folder: Path) -> Site:
    site = Site(hub, folder)
    if world != "waiting":
        site.issue()
    if world != "handoff":
        site.risky()
    return site


def left(site: Site) -> dict[str, Any]:
    """The final state: branches with their trees, pull requests, labels, comments, checks, waiting changes, leases."""
    repo = site.repo
    issues = {number: issue for number, issue in repo.issues.items() if not issue.pull}
    return {
        "branches": sorted(
            (ref.split("/")[2], repo.git.commit(oid).tree) for ref, oid in repo.refs("refs/heads/").items()
        ),
        "pulls": sorted(
            (pull.title, pull.state, tuple(sorted(one.name for one in pull.labels))) for pull in repo.pulls
        ),
        "issues": {number: (issue.state, site.labels(number)) for number, issue in issues.items()},
        "comments": {number: _first_lines(site, number) for number in issues},
        "checks": sorted((check.name, repo.git.commit(check.head).tree) for check in repo.checks),
        "pending": len(repo.refs("refs/autonomy/pending/")),
        "labels": sorted(_defined(site)),
    }


def _defined(site: Site) -> list[str]:
    """The labels that the repository knows, but for a status that nothing has any more: an attempt whose job died
    before it began is told as blocked until the next one, and what a repository knows is never taken from it."""
    worn = {name for number in site.repo.issues for name in site.labels(number)}
    names = [label.name for label in site.repo.labels.values()]
    return [name for name in names if name in worn or not name.startswith("status:")]


def _first_lines(site: Site, number: int) -> list[str]:
    """What each comment begins with, without what differs from run to run."""
    return [comment.body.split("·")[0].split("apr_")[0].strip()[:60] for comment in site.repo.comments(number)]


def run(case: Case, wanted: dict[str, Any]) -> End:
    """One case: a faulty run, then reruns until it ends as it should or nothing helps."""
    with tempfile.TemporaryDirectory() as folder, Hub() as hub:
        site = _world(case.world, hub, Path(folder))
        hub.faults.add(*(Fault(kind, None, nth=nth, times=times) for nth, kind, times in case.faults))
        bugs = [_session(site)]
        hub.faults.clear()
        for number in range(1, RERUNS + 1):
            bugs.append(_session(site))
            if left(site) == wanted:
                return End(case, "; ".join(filter(None, bugs)), number)
        return End(case, "; ".join([*filter(None, bugs), _difference(left(site), wanted)]), RERUNS)


def _session(site: Site) -> str:
    """A run of the workflow; what was no PackError is a bug."""
    begun = site.begin(patience=0.05)
    try:
        begun.all()
    except PackError:
        return ""  # said with its fix, as it should be
    except Exception as error:  # noqa: BLE001 - each bug is told with its case, and the others go on
        return f"{type(error).__name__}: {error}"
    finally:
        begun.finish()
    return ""


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    return "; ".join(f"{key}: {found[key]} is not {wanted[key]}" for key in wanted if found[key] != wanted[key])


def singles(world: str, requests: int) -> list[Case]:
    """Every request with every kind of fault."""
    return [Case(world, ((nth, kind, 1),)) for nth in range(1, requests + 1) for kind in KINDS]


def doubles(world: str, requests: int, count: int, dice: random.Random) -> list[Case]:
    """Pairs of faults, which may last for many requests: as when GitHub is down for a while. Silence lasts for one: git
    waits a minute for each."""
    made = []
    for _ in range(count):
        first, second = sorted(dice.sample(range(1, requests + 1), 2))
        made.append(Case(world, (_drawn(first, 9, dice), _drawn(second, 99, dice))))
    return made


def _drawn(nth: int, most: int, dice: random.Random) -> tuple[int, str, int]:
    kind, times = dice.choice(KINDS), dice.choice((1, most))
    return nth, kind, 1 if kind == "timeout" else times


def sample(count: int, seed: int, requests: int) -> list[Case]:
    """Some singles and some doubles, the same for the same seed."""
    dice = random.Random(seed)
    return dice.sample(singles("both", requests), count - count // 3) + doubles("both", requests, count // 3, dice)


def _one(given: tuple[Case, dict[str, Any]]) -> End:
    return run(*given)


def main() -> int:
    """Run what is asked for and print it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=WORLDS[:2], help="whose single faults")
    parser.add_argument("--singles", type=int, default=60, help="how many single faults; 0: all")
    parser.add_argument("--doubles", type=int, default=20, help="how many pairs of faults")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="end after this long, with what was done; 0: when all is"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    dice, began = random.Random(asked.seed), time.monotonic()
    known = {world: clean(world) for world in WORLDS}
    every = [case for world in asked.worlds for case in singles(world, known[world][0])]
    cases = dice.sample(every, asked.singles) if asked.singles else every
    for number in range(asked.doubles):
        world = WORLDS[number % len(WORLDS)]
        cases = cases + doubles(world, known[world][0], 1, dice)
    dice.shuffle(cases)
    ends = []
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for number, end in enumerate(pool.imap_unordered(_one, [(case, known[case.world][1]) for case in cases]), 1):
            ends.append(end)
            if end.wrong:
                print(f"WRONG {end.case.world} {end.case.faults}: {end.wrong[:600]}", flush=True)
            if asked.minutes and time.monotonic() - began > asked.minutes * 60:
                pool.terminate()
                break
            if number % 50 == 0:
                print(f"… {number} of {len(cases)}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    told = {
        "requests of a clean run": {world: requests for world, (requests, _) in known.items()},
        "single faults": sum(len(end.case.faults) == 1 for end in ends),
        "of all": len(every),
        "double faults": sum(len(end.case.faults) > 1 for end in ends),
        "ended as the clean run": sum(not end.wrong for end in ends),
        "did not": sum(bool(end.wrong) for end in ends),
        "reruns needed": dict(sorted(Counter(end.reruns for end in ends).items())),
        "seconds": round(time.monotonic() - began),
        "seed": asked.seed,
    }
    print(json.dumps(told) if asked.json else "\n".join(f"{key}: {word}" for key, word in told.items()))
    return 1 if told["did not"] else 0


if __name__ == "__main__":
    sys.exit(main())
