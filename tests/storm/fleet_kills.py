"""`kill -9` of `autonomy fleet` at any moment, then the same command again: as if nothing had happened, nothing twice.

    python tests/storm/fleet_kills.py [--kills 200] [--seed 1] [--processes 2] [--json]

Each round is a fleet of six repositories on the hub (see fleets.py; every fifth hub has no GraphQL) and one order, killed one to three times: while a
request is on its way (it is never handled), once it has arrived (it is handled, and nobody hears the answer; some of
these do only half, because somebody was faster), or some milliseconds later. Then the same command runs to its end.
Exit code 0: all is as after a run that nobody killed, what was finished cost no write again; 1: it is not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import fleets

from hub import Fault, Hub, Repo, Request

ORDERS = tuple((verb, "--pack", fleets.NEW, way) for verb in ("install", "sync") for way in ("--pr", "--direct"))
HOWS = ("before", "during", "half", "after")
# Milliseconds after a request arrived: it is planned, answered, written down, the next is composed.
LATER = 40.0
# Every so many rounds the host has no GraphQL: some six reads and two writes for each repository, one of them git's.
WITHOUT = 5


@dataclass
class Round:
    """What a round was and what it left. `wrong`: "" or what must not be."""

    number: int
    order: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    writes: int = 0
    again: int = 0
    wrong: str = ""


class Killer:
    """The hub's gate: kills the process at its nth request."""

    def __init__(
        self, hub: Hub, process: Callable[[], subprocess.Popen[str]], nth: int, how: str, later: float
    ) -> None:
        self.hub, self.process, self.nth, self.how, self.later = hub, process, nth, how, later
        self.left = nth
        self.timer: threading.Timer | None = None
        self.last: Request | None = None

    def __call__(self, request: Request) -> None:
        self.left -= 1
        if self.left:
            return
        if self.how == "after":
            self.timer = threading.Timer(self.later, self._kill)
            self.timer.start()
            return
        self._kill()
        if self.how == "before":
            raise ConnectionResetError("it never arrived")
        self.last = request
        if self.how == "half":
            self.hub.faults.add(Fault("stale_head"))

    def settle(self, group: int) -> None:
        """Wait until nothing comes of it any more: git, which it started, and the hub go on a little."""
        if self.timer:
            self.timer.join()
        end = time.monotonic() + 10
        while (_lives(group) or (self.last and not self.last.status)) and time.monotonic() < end:
            time.sleep(0.001)

    def _kill(self) -> None:
        self.process().kill()
        self.process().wait()


@cache
def whole(order: tuple[str, ...], *, graphql: bool) -> tuple[dict[str, Any], int, int]:
    """What is seen of each repository after an order that nobody disturbs; its exit code; how many requests it took."""
    with tempfile.TemporaryDirectory() as home, Hub() as hub:
        repos = fleets.make(hub, order[0])
        hub.has_graphql, before = graphql, len(hub.journal)
        ended = fleets.run(fleets.environment(hub, hub.token("ada"), Path(home)), *order)
        if ended.returncode not in (0, 1) or hub.violations:
            raise RuntimeError(f"undisturbed it ends with {ended.returncode}: {ended.stderr}{hub.violations}")
        return {one.full_name: fleets.seen(one) for one in repos}, ended.returncode, len(hub.journal) - before


def kill(number: int, seed: int) -> Round:
    """One round."""
    dice = random.Random(f"{seed} {number}")
    order, graphql = dice.choice(ORDERS), number % WITHOUT > 0
    expected, code, requests = whole(order, graphql=graphql)
    told = Round(number, " ".join((order[0], order[-1], "" if graphql else "without GraphQL")))
    with tempfile.TemporaryDirectory() as home, Hub() as hub:
        repos = fleets.make(hub, order[0])
        hub.has_graphql = graphql
        env = fleets.environment(hub, hub.token("ada"), Path(home))
        for _ in range(dice.randint(1, 3)):
            how = dice.choice(HOWS)
            if _killed(hub, env, order, how, dice.randint(1, requests), dice.uniform(0, LATER / 1000)):
                told.kills[how] += 1
        hub.gate = lambda _: None
        hub.faults.clear()
        finished = [one for one in repos if fleets.seen(one) == expected[one.full_name]]
        sent = len(hub.journal)
        ended = fleets.run(env, *order)
        writes = [request for request in hub.journal[sent:] if request.writes]
        told.finished, told.writes = len(finished), len(writes)
        told.again = sum(any(_names(request, one) for request in writes) for one in finished)
        told.wrong = "; ".join(_wrong(hub, repos, expected, (ended.returncode, code), ended.stdout + ended.stderr))
    return told


def _killed(hub: Hub, env: dict[str, str], order: tuple[str, ...], how: str, nth: int, later: float) -> bool:
    """Whether the run was killed: towards the end of an order it may be over before."""
    there = threading.Event()
    box: list[subprocess.Popen[str]] = []

    def process() -> subprocess.Popen[str]:
        there.wait()
        return box[0]

    hub.gate = killer = Killer(hub, process, nth, how, later)
    box.append(
        subprocess.Popen(fleets.command(*order), env=env, stdout=-3, stderr=-3, text=True, start_new_session=True)
    )
    there.set()
    box[0].wait()
    killer.settle(box[0].pid)
    return box[0].returncode < 0


def _lives(group: int) -> bool:
    """Whether a process of that group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _names(request: Request, repo: Repo) -> bool:
    """Whether a write is about this repository."""
    if f"/{repo.full_name}/" in request.path or f"/{repo.full_name}.git/" in request.path:
        return True
    ids = [repo.full_name, repo.node_id, *(pull.node_id for pull in repo.pulls)]
    return any(f'"{one}"'.encode() in request.raw for one in ids)


def _wrong(hub: Hub, repos: list[Repo], expected: dict[str, Any], codes: tuple[int, int], said: str) -> list[str]:
    found = [str(one) for one in hub.violations]
    found += [f"inside a wait: {request.line}" for request in hub.impatient]
    if codes[0] != codes[1]:
        found.append(f"ends with {codes[0]}, undisturbed with {codes[1]}: {said[-600:]}")
    for repo in repos:
        now, then = fleets.seen(repo), expected[repo.full_name]
        found += [f"{repo.full_name} {key}: {now[key]}, not {then[key]}" for key in then if now[key] != then[key]]
    return found


def _one(given: tuple[int, int]) -> Round:
    try:
        return kill(*given)
    except Exception as error:  # noqa: BLE001 - a bug is that round's, and the others go on
        return Round(given[0], wrong=f"{type(error).__name__}: {error}")


def total(rounds: list[Round]) -> dict[str, int]:
    """The toll of them all."""
    kills: Counter[str] = sum((one.kills for one in rounds), Counter())
    return {
        "rounds": len(rounds),
        "kills": kills.total(),
        **{f"killed {how}": kills[how] for how in HOWS},
        "repositories that were finished when it was killed": sum(one.finished for one in rounds),
        "of which written to again": sum(one.again for one in rounds),
        "writes of the last runs": sum(one.writes for one in rounds),
        "rounds with anything wrong": sum(bool(one.wrong or one.again) for one in rounds),
    }


def main() -> int:
    """Kill, and print the toll."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="the number of the first round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    began, rounds, killed = time.monotonic(), [], 0
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        numbers = ((asked.first + number, asked.seed) for number in range(asked.kills))
        for one in pool.imap(_one, numbers):
            rounds.append(one)
            killed += one.kills.total()
            if one.wrong or one.again:
                print(f"WRONG round {one.number} ({one.order}): {one.wrong[:1500]}", flush=True)
            if killed >= asked.kills:
                break
        pool.terminate()
    told = total(rounds) | {"seconds": round(time.monotonic() - began), "seed": asked.seed}
    print(json.dumps(told) if asked.json else "\n".join(f"{key}: {word}" for key, word in told.items()))
    return 1 if told["rounds with anything wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
