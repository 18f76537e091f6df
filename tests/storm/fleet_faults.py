"""Orders over a fleet while GitHub refuses, breaks off and loses answers: all is done, once, and every wait is kept.

    python tests/storm/fleet_faults.py [--faults 10000] [--seed 1] [--processes 2] [--json]

A round is a fleet of forty repositories on the hub and five orders, one after the other: install, install another commit
on top of the open proposals, sync what people edited, sync again, uninstall. More than every third request meets a fault
drawn by dice; so do the tries after it. Every tenth round draws the limits of an hour, which are told in whole seconds.
Exit code 0: no repository failed, no request was sent inside a wait, and after each order everything looks as after the
same order without a fault; 1: it does not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import fleets
from fleets import MIDDLE, NEW, OLD, Order, Verb, first

from autonomy_pack.edges.github.pace import Pace
from autonomy_pack.policy.fleet.rows import Reason
from hub import Fault, Hub, Repo, Request

MANY = 40
# Kind → how often; those of the first group lose an answer, those of the second tell a wait.
LOST = {
    "500": 4,
    "html502": 4,
    "graphql_error": 4,
    "cut_body": 4,
    "die_before": 4,
    "die_after": 6,
    "graphql_partial": 6,
}
TOLD = {"secondary403_retry": 6, "429_retry": 6, "graphql_secondary": 6}
# These cost a wait of the whole patience, as no wait is told; or a silence of ten times that.
SILENT = {"secondary403": 0.25, "429": 0.25, "graphql_secondary, no wait told": 0.25}
RARE = {"timeout": 0.03}
STALE = {"stale_head": 8}
# What a copy answers that lags behind, where the same was asked before.
LAGS = {"stale_read": 10}
# The limit of an hour: refused inside a good answer, or told by the last good answer of the hour.
HOURLY = {"graphql_limit": 1.0, "the last of an hour": 1.0}
# Whose own write was lost and not seen in a copy that lags behind, plans anew, and then finds it done.
SEEN_DONE = dict.fromkeys((Reason.CHANGE, Reason.DRAFT), (Reason.PROPOSED, Reason.UP_TO_DATE, Reason.NOT_INSTALLED))
PATIENCE, HOURLY_PATIENCE = 0.25, 6.0
EVERY = 10


@dataclass
class Round:
    """What a round was and what it left. `wrong`: "" or what must not be."""

    number: int
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    rows: int = 0
    inside: int = 0
    wrong: str = ""


class Unhurried(Pace):
    """No slower after a refusal: ten thousand of them would take days."""

    def __init__(self) -> None:
        super().__init__(0.0, 1_000_000, 1_000_000)

    def refused(self) -> None:
        """It is tested elsewhere that this makes writes slower."""


class Chaos:
    """The hub's gate: draws what becomes of each request, never so much that nobody could have patience with it."""

    def __init__(self, hub: Hub, dice: random.Random, *, hourly: bool) -> None:
        self.hub, self.dice, self.hourly = hub, dice, hourly
        self.faults: Counter[str] = Counter()
        self.inside: list[str] = []
        self._streak = {True: 0, False: 0}  # by whether it writes: faults since the last good answer
        self._lost = {True: 0, False: 0}
        self._calm = {True: False, False: False}
        self._stale: Counter[str] = Counter()
        self._until = 0.0

    def begins(self) -> None:
        """Another order; no copy lags behind for so long."""
        self._stale.clear()
        self.hub.answers.clear()

    def __call__(self, request: Request) -> None:
        if time.time() < self._until:
            self.inside.append(f"{request.line} {self._until - time.time():.2f} s too early")
        writes = _writes(request)
        kind = self._drawn(request, writes=writes)
        self.hub.faults.clear()
        if not kind:
            self._streak[writes], self._lost[writes], self._calm[writes] = 0, 0, False
            return
        self.faults[kind] += 1
        self._streak[writes] += 1
        self._lost[writes] += kind in LOST or kind in RARE
        self._calm[writes] = kind in SILENT or kind in HOURLY
        self._strike(request, kind)

    def _drawn(self, request: Request, *, writes: bool) -> str:
        if self._calm[writes] or self._streak[writes] >= 3 or self.dice.random() > 0.6:
            return ""
        if self.hourly and not self._streak[writes] and self.dice.random() < 0.1:
            return self.dice.choice(list(HOURLY))
        weights = dict(TOLD)
        weights |= LOST | RARE if self._lost[writes] < 3 else {}
        weights |= SILENT if not self._streak[writes] and not self.hourly else {}
        words = request.body["variables"]
        name = str(words.get("commit", {}).get("branch") or words.get("id"))
        weights |= STALE if b"createCommitOnBranch" in request.raw and not self._stale[name] else {}
        weights |= LAGS if b"query One(" in request.raw and not self._stale[name] else {}
        kind = self.dice.choices(list(weights), list(weights.values()))[0]
        self._stale[name] += kind in STALE or kind in LAGS
        return kind

    def _strike(self, request: Request, kind: str) -> None:
        if kind in HOURLY:
            points = self.hub.points[request.token]
            points.reset = self.hub.clock.seconds() + 1
            self._until = float(points.reset)
        if kind == "the last of an hour":
            points.used = points.limit - 1
            return
        wait = 0 if kind in SILENT else self.dice.choice((0.005, 0.01, 0.02))
        self.hub.faults.add(Fault(kind.partition(",")[0], retry_after=wait))


def _writes(request: Request) -> bool:
    """Whether it is a mutation; nobody has judged it yet."""
    return b'"mutation ' in request.raw[:30]


def orders(*, hourly: bool) -> list[tuple[Order, Callable[[list[Repo]], None]]]:
    """The orders of a round, each with what people do before it."""
    started = [
        (Order(verb=Verb.INSTALL, given=first(OLD)), _nothing),
        (Order(verb=Verb.INSTALL, given=first(NEW, review=True)), _nothing),
    ]
    if hourly:
        return started
    return [
        *started,
        (Order(verb=Verb.SYNC, pack=OLD, direct=True), _people),
        (Order(verb=Verb.SYNC, pack=MIDDLE), _nothing),
        (Order(verb=Verb.UNINSTALL, direct=True), _nothing),
    ]


def _nothing(_: list[Repo]) -> None:
    return None


def _people(repos: list[Repo]) -> None:
    """They merge what is proposed; some edit the loop's workflow, some in the line that the pack will change."""
    fleets.merge(repos)
    for number, repo in enumerate(repos):
        text = repo.file(fleets.LOOP) or ""
        if number % 3 == 1:
            repo.commit({fleets.LOOP: text.replace("permissions: {}\n", "permissions: {}\n# mine\n")})
        if number % 5 == 2:
            repo.commit({fleets.LOOP: text.replace("d" * 40, "c" * 40)})


def _made(hub: Hub, many: int) -> list[Repo]:
    hub.user("ada")
    return hub.repos_like(
        [f"{fleets.OWNER}/r{number}" for number in range(many)], fleets.BARE, permissions={"ada": "write"}
    )


@cache
def undisturbed(many: int, *, hourly: bool) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """After each order without a fault: the reasons, and what is seen of each repository."""
    with Hub() as hub:
        repos, fleet, found = _made(hub, many), fleets.open_fleet(hub, hub.token("ada")), []
        for order, before in orders(hourly=hourly):
            before(repos)
            reasons = fleets.go(fleet, order)
            found.append((reasons, {one.full_name: fleets.seen(one) for one in repos}))
        fleet.close()
        return found


def storm(number: int, seed: int, many: int = MANY) -> Round:
    """One round."""
    hourly = number % EVERY == 0
    told, wrong = Round(number), []
    expected = undisturbed(many, hourly=hourly)
    with Hub() as hub:
        if hourly:
            hub.clock.keep_to_real_time()
        repos, token = _made(hub, many), hub.token("ada")
        patience = HOURLY_PATIENCE if hourly else PATIENCE
        fleet = fleets.open_fleet(hub, token, patience=patience, pace=Unhurried())
        next(fleet.targets())  # the token has an account of points from its first request on
        hub.gate = chaos = Chaos(hub, random.Random(f"{seed} {number}"), hourly=hourly)
        for (order, before), (reasons, pictures) in zip(orders(hourly=hourly), expected, strict=True):
            before(repos)
            chaos.begins()
            now = fleets.go(fleet, order)
            told.rows += len(now)
            wrong += [
                f"{order.verb} {name}: {now.get(name)}, not {reasons[name]}"
                for name in reasons
                if now.get(name) not in (reasons[name], *SEEN_DONE.get(reasons[name], ()))
            ]
            wrong += [f"{order.verb} {one}" for one in _differences(repos, pictures)]
        fleet.close()
        told.faults, told.requests = chaos.faults, len(hub.journal)
        early = [request.line for request in hub.impatient] + chaos.inside
        told.inside = len(early)
        told.wrong = "; ".join([*wrong, *early, *map(str, hub.violations)])
    return told


def _differences(repos: list[Repo], pictures: dict[str, Any]) -> list[str]:
    found = []
    for repo in repos:
        now, then = fleets.seen(repo), pictures[repo.full_name]
        found += [f"{repo.full_name} {key}: {now[key]}, not {then[key]}" for key in then if now[key] != then[key]]
    return found


def _one(given: tuple[int, int]) -> Round:
    try:
        return storm(*given)
    except Exception as error:  # noqa: BLE001 - a bug is that round's, and the others go on
        return Round(given[0], wrong=f"{type(error).__name__}: {error}")


def main() -> int:
    """Raise the storm, and print the toll."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=1, help="the number of the first round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    began, rounds, faults = time.monotonic(), [], Counter[str]()
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for one in pool.imap(_one, ((asked.first + number, asked.seed) for number in range(asked.faults))):
            rounds.append(one)
            faults += one.faults
            if one.wrong:
                print(f"WRONG round {one.number}: {one.wrong[:1500]}", flush=True)
            if faults.total() >= asked.faults:
                break
        pool.terminate()
    told = {
        "rounds": len(rounds),
        "rows": sum(one.rows for one in rounds),
        "requests": sum(one.requests for one in rounds),
        "faults": faults.total(),
        **{f"of these {kind}": count for kind, count in sorted(faults.items())},
        "requests sent inside a wait": sum(one.inside for one in rounds),
        "rounds with anything wrong": sum(bool(one.wrong) for one in rounds),
        "seconds": round(time.monotonic() - began),
        "seed": asked.seed,
    }
    print(json.dumps(told) if asked.json else "\n".join(f"{key}: {word}" for key, word in told.items()))
    return 1 if told["rounds with anything wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
