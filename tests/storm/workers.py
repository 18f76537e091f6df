"""Two to eight workers on one issue, their requests let through one at a time in an order drawn by dice.

    python tests/storm/workers.py [--rounds 1000] [--seed 1] [--processes 2] [--json]

A worker is a run of the workflow (select, run, publish) or a person's "Re-run jobs" of one that is still publishing. Some
runs are over as far as GitHub says, and work on all the same: as a runner does that lost its network for a while. Whatever
the order: one pull request for the attempt, one holder of the claim at a time, nothing said or labelled twice. Exit code
0: so it was; 1: it was not, and each such round is printed with its number.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT), str(ROOT / "tests")]

from tests.flows.actions.driver import Session, Site  # noqa: E402

from autonomy_pack.errors import PackError  # noqa: E402
from autonomy_pack.model import Plan  # noqa: E402
from hub import Hub  # noqa: E402
from hub.journal import Request  # noqa: E402

NUMBER = 1  # of the one issue
LABELED = ["mission:replace-text", "priority:high", "status:pr-created"]
# Runs that may finish what was cut off, until one changes nothing.
SCHEDULES = 5
# Longer than any worker waits for its turn on a machine that is not overloaded.
PATIENCE = 6.0
# Seconds after which nobody waits any longer for a worker that sends nothing.
STALLED = 20.0
Worker = tuple[int, int]  # run of the workflow, its attempt


@dataclass(frozen=True)
class Round:
    """What a round was and what it left. `wrong`: "" or what must not be."""

    number: int
    workers: int
    reruns: int
    cut_off: int
    requests: int
    claims: int
    pulls: int
    checks: int
    wrong: str


@dataclass
class Turns:
    """The hub's gate: a request waits until everybody waits or is done; then the dice say whose is next.

    `steady`: how likely the last one goes on, from 0 (always drawn anew) to nearly 1 (long stretches of one worker).
    """

    dice: random.Random
    steady: float
    hub: Hub
    after: Callable[[Request], None]
    _lock: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))
    _working: set[Worker] = field(default_factory=set)
    _ended: set[Worker] = field(default_factory=set)
    _waiting: dict[Worker, list[Request]] = field(default_factory=dict)
    _last: Worker = (0, 0)
    _passed: list[Request] = field(default_factory=list)
    count: dict[tuple[Worker, str], int] = field(default_factory=dict)
    then: dict[tuple[Worker, str, int], Callable[[], None]] = field(default_factory=dict)

    def begins(self, worker: Worker) -> None:
        """From now on its next request is waited for."""
        with self._lock:
            self._working.add(worker)

    def ends(self, worker: Worker) -> None:
        """No request of it follows."""
        with self._lock:
            self._working.discard(worker)
            self._ended.add(worker)
            self._next()

    def __call__(self, request: Request) -> None:
        """Wait for the turn of this request; one without a token (of an artifact's bytes) belongs to the one before."""
        if not request.token:
            return
        token = self.hub.tokens[request.token]
        worker = (token.run_id, token.attempt)
        with self._lock:
            self._working.discard(worker)
            mine = self._waiting.setdefault(worker, [])
            mine.append(request)
            self._next()
            while any(one is request for one in mine):
                if not self._lock.wait(STALLED):
                    self._working.clear()  # they wait for something else than the hub, so for one of the others
                    self._next()

    def _next(self) -> None:
        # Whoever gave up on a request and sent another, or ended, has one too many here: it is let through as it is.
        while any(self._waiting.values()) and all(self._waiting.get(worker) for worker in self._working):
            if self._passed:
                self.after(self._passed.pop())
            self._let_through(self._drawn())
        self._lock.notify_all()

    def _drawn(self) -> Worker:
        ready = sorted(worker for worker, requests in self._waiting.items() if requests)
        stays = self._last in ready and self.dice.random() < self.steady
        self._last = self._last if stays else self.dice.choice(ready)
        return self._last

    def _let_through(self, worker: Worker) -> None:
        request = self._waiting[worker].pop(0)
        self._passed.append(request)
        if worker not in self._ended:
            self._working.add(worker)
        for kind in ("", request.job):
            self.count[worker, kind] = nth = self.count.get((worker, kind), 0) + 1
            self.then.get((worker, kind, nth), _nothing)()


def _nothing() -> None:
    return None


class Race:
    """One round: its site, its workers, and what was seen of the lease after each write."""

    def __init__(self, hub: Hub, folder: Path, number: int, seed: int) -> None:
        self.number, self.dice = number, random.Random(f"{seed} {number}")
        self.hub, self.site = hub, Site(hub, folder)
        self.site.issue()
        self.turns = Turns(self.dice, self.dice.choice((0.0, 0.5, 0.9, 0.97)), hub, self._look)
        self.bugs: list[str] = []
        self.threads: list[threading.Thread] = []
        self.tip, self.holder, self.claims = "", ("", 0), 0
        self.reruns = self.cut_off = 0

    def run(self) -> Round:
        """Let them race, then let the next schedules finish what was cut off."""
        workers = self.dice.randint(2, 8)
        runs = [self.site.begin(patience=PATIENCE) for _ in range(workers - self.dice.choice((0, 0, 1)))]
        for begun in runs:
            self._cut_off(begun)
        again = workers - len(runs)
        self.hub.gate = self.turns
        for begun in runs:
            self.turns.begins((begun.run.id, 1))
        for begun in runs:
            self._start(lambda begun=begun: self._session(begun, again), (begun.run.id, 1))
        for thread in self.threads:  # grows by re-runs, each of which is started by somebody who is still waited for
            thread.join()
        self.hub.gate = lambda _: None
        return self._end(len(runs) + self.reruns)

    def _cut_off(self, begun: Session) -> None:
        """At one of its requests the run is over, says GitHub; its process goes on."""
        if self.dice.random() < 0.4:
            self.turns.then[(begun.run.id, 1), "", self.dice.randint(1, 140)] = lambda: self._over(begun)

    def _over(self, begun: Session) -> None:
        self.cut_off += 1
        begun.run.finish("cancelled")

    def _start(self, work: Callable[[], None], worker: Worker) -> None:
        def whole() -> None:
            try:
                work()
            except PackError:
                pass
            except Exception as error:  # noqa: BLE001 - each bug is told with its round, and the others go on
                self.bugs.append(f"{type(error).__name__}: {error}")
            finally:
                self.turns.ends(worker)

        self.threads.append(threading.Thread(target=whole))
        self.threads[-1].start()

    def _session(self, begun: Session, again: int) -> None:
        plan = begun.select()
        for leg in plan.legs:
            if not leg.resume:
                begun.upload(leg, begun.work(leg)[1])
        if plan.legs and again and not self.reruns:
            self.reruns += 1
            at = self.dice.randint(5, 60)
            self.turns.then[(begun.run.id, 1), "publish", at] = lambda: self._again(begun, plan)
        if plan.legs:
            begun.publish(plan)
        if begun.run.attempt == 1:
            begun.finish()

    def _again(self, begun: Session, plan: Plan) -> None:
        """Somebody pressed "Re-run jobs" while the first attempt still publishes."""
        begun.run.rerun()
        worker = (begun.run.id, begun.run.attempt)
        self.turns.begins(worker)
        self._start(lambda: self._publish(begun, plan), worker)

    def _publish(self, begun: Session, plan: Plan) -> None:
        begun.publish(plan)
        begun.finish()

    # --- what is seen

    def _look(self, request: Request) -> None:
        """After each write: a lease goes to another holder only when its last one let go or is dead."""
        if not request.writes:
            return
        for tip in self.site.repo.refs("refs/autonomy/lease/").values():
            if tip != self.tip:
                self._moved(tip)

    def _moved(self, tip: str) -> None:
        state = json.loads(self.site.repo.git.commit(tip).message.partition("\n")[2])
        holder = (state["holder"][1], state["holder"][3]) if state["holder"] else ("", 0)
        if holder[0] and holder != self.holder:
            self.claims += 1
            if self.holder[0] and self._lives(*self.holder):
                self.bugs.append(f"{holder} holds what {self.holder} held and did not let go")
        self.tip, self.holder = tip, holder

    def _lives(self, run_id: str, attempt: int) -> bool:
        (run,) = [one for one in self.site.repo.runs if one.id == int(run_id)]
        return run.status != "completed" and run.attempt == attempt

    def _end(self, workers: int) -> Round:
        twice = [f"after the race: {one}" for one in self._twice()]
        before = None
        for _ in range(SCHEDULES):
            if before == self._seen():
                break
            before = self._seen()
            self.site.session()
        moved = [] if before == self._seen() else [f"after {SCHEDULES} more runs it still moves"]
        wrong = "; ".join(
            [*self.bugs, *twice, *self._twice(), *self._missing(), *moved, *map(str, self.hub.violations)]
        )
        repo = self.site.repo
        return Round(
            self.number, workers, self.reruns, self.cut_off, len(self.hub.journal), self.claims, len(repo.pulls),
            len(repo.checks), wrong,
        )  # fmt: skip

    def _twice(self) -> list[str]:
        """Whatever is there more than once."""
        repo = self.site.repo
        said = [label.name for label in repo.issues[NUMBER].labels]
        put_on = [event.label[0] for event in repo.issues[NUMBER].events if event.kind == "labeled" and event.label]
        counts = {
            "pull requests": len(repo.pulls),
            "branches": len(repo.refs("refs/heads/agent/")),
            "comments": len(repo.comments(NUMBER)) + sum(len(repo.comments(pull.number)) for pull in repo.pulls),
            "times that a label is there": max(map(said.count, said)),
            "times status:pr-created was put on": put_on.count("status:pr-created"),
        }
        return [f"{count} {what}" for what, count in counts.items() if count > 1]

    def _missing(self) -> list[str]:
        """Whatever should be there at the end and is not."""
        repo = self.site.repo
        whole = {
            "pull request": len(repo.pulls) == 1 and repo.pulls[0].state == "open",
            "comment": len(repo.comments(NUMBER)) == 1 and repo.comments(NUMBER)[0].body.startswith("**Handed off**"),
            "labels": self.site.labels(NUMBER) == LABELED,
            "check": {check.name for check in repo.checks} == {"autonomy/handoff"},
        }
        return [f"no {what} as it should be" for what, there in whole.items() if not there]

    def _seen(self) -> tuple[Any, ...]:
        repo = self.site.repo
        return (self.site.state(), [one.body for one in repo.comments(NUMBER)], repo.refs("refs/autonomy/lease/"))


def race(number: int, seed: int) -> Round:
    """One round."""
    with tempfile.TemporaryDirectory() as folder, Hub() as hub:
        return Race(hub, Path(folder), number, seed).run()


def _one(given: tuple[int, int]) -> Round:
    try:
        return race(*given)
    except Exception as error:  # noqa: BLE001 - a bug in the runs afterwards is that round's, and the others go on
        return Round(given[0], 0, 0, 0, 0, 0, 0, 0, f"{type(error).__name__}: {error}")


def main() -> int:
    """Race, and print the toll."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1, help="the number of the first round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    began, rounds = time.monotonic(), []
    numbers = [(number, asked.seed) for number in range(asked.first, asked.first + asked.rounds)]
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for done, one in enumerate(pool.imap_unordered(_one, numbers), 1):
            rounds.append(one)
            if one.wrong:
                print(f"WRONG round {one.number}: {one.wrong[:800]}", flush=True)
            if done % 50 == 0:
                print(f"… {done} of {asked.rounds}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    told = {
        "rounds": len(rounds),
        "workers": sum(one.workers for one in rounds),
        "of which re-runs": sum(one.reruns for one in rounds),
        "runs cut off": sum(one.cut_off for one in rounds),
        "requests let through one at a time": sum(one.requests for one in rounds),
        "claims": sum(one.claims for one in rounds),
        "pull requests": sum(one.pulls for one in rounds),
        # GitHub keeps as many check runs of a name as are made and shows the newest; equal ones do no harm.
        "equal check runs told twice": sum(max(one.checks - 1, 0) for one in rounds),
        "rounds with anything wrong": sum(bool(one.wrong) for one in rounds),
        "seconds": round(time.monotonic() - began),
        "seed": asked.seed,
    }
    print(json.dumps(told) if asked.json else "\n".join(f"{key}: {word}" for key, word in told.items()))
    return 1 if told["rounds with anything wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
