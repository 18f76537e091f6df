"""A storm: workers claim, append and complete while they are killed at random; then everything must add up.

    python tests/storm/storm.py --engine sqlite --kills 500 --workers 8 --tasks 1000 --seed 1

Each task is claimed, worked on under its fence and completed with an outside effect (a file that only one can make,
like a branch). Workers are ended by SIGKILL at any instant and replaced at once; some are frozen for longer than
their lease and wake up as late writers. No event of a task has a key, so nothing but the leases prevents doubles.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import postgres
from autonomy_pack.edges import host
from autonomy_pack.errors import LeaseLost
from autonomy_pack.model import Event, Lease
from autonomy_pack.store import audit, open_store
from autonomy_pack.store.conditions import HeadUnmoved

_EVERY = 0.01  # seconds between two blows, on average
_LEASE = 1.0
_FREEZE = 1.5
_PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What kind of storm."""

    url: str
    effects: Path
    kills: int
    workers: int
    tasks: int
    seed: int
    freezes: int = 0


@dataclass(kw_only=True)
class Toll:
    """What the storm left behind. All but the first five must be 0."""

    kills: int = 0
    freezes: int = 0
    claims: int = 0
    done: int = 0
    seconds: float = 0.0
    lost: int = 0
    double: int = 0
    stale_writes: int = 0
    wrong_effects: int = 0
    faults: int = 0
    broken_workers: int = 0

    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or damaged."""
        return not any(getattr(self, field.name) for field in fields(self)[5:])


def run(plan: Plan) -> Toll:
    """Raise the storm, wait until the work is done all the same, and count."""
    _prepare(plan)
    started = time.monotonic()
    toll = _Killer(plan).storm()
    toll.seconds = round(time.monotonic() - started, 1)
    _count(plan, toll)
    return toll


def _prepare(plan: Plan) -> None:
    store = open_store(plan.url)
    data = {"title": "t", "priority": 1, "lane": "default", "mission": "m", "agent": "a", "pin": "p"}
    seen = data | {"eligible": True, "why": ""}
    store.append([Event(kind="task.seen", subject=f".#{n}", data=seen) for n in range(plan.tasks)])
    store.close()


# --- a worker --------------------------------------------------------------------------------------------------------


def work(plan: Plan, dice: random.Random) -> None:
    """Do tasks until none is left."""
    store = open_store(plan.url)
    pause = 2 * plan.kills * _EVERY * plan.workers / plan.tasks / 4
    while left := store.heads("task", status=["queued", "running"]):
        for head in dice.sample(left, min(20, len(left))):
            chosen = HeadUnmoved(subject=head.subject, seq=head.seq)
            held = store.claim(
                [f"task:{head.subject}"], host.me(), seconds=_LEASE, dead=host.is_dead, events=_claimed, only_if=chosen
            )
            if held:
                try:
                    _do(store, plan, head.subject, held[0], lambda: time.sleep(dice.uniform(0, 2 * pause)))
                except LeaseLost:
                    continue  # we were frozen for too long
    store.close()


def _claimed(leases: tuple[Lease, ...]) -> list[Event]:
    lease = leases[0]
    return [_event("task.claimed", lease, fence=lease.fence, holder="w", expires=lease.expires)]


def _event(kind: str, lease: Lease, **data: object) -> Event:
    task = lease.key.removeprefix("task:")
    return Event(kind=kind, subject=task, run=f"{task}/{lease.fence}", data=data)


def _do(store, plan: Plan, task: str, lease: Lease, pause) -> None:
    check = {"name": "t", "argv": ["true"], "exit": 0, "seconds": 0.0, "head": "", "log_sha256": ""}
    pause()
    store.append([_event("check.ran", lease, **check)], lease=lease)
    pause()
    store.append([_event("handoff.intended", lease, branch=task, head="", closes=True)], lease=lease)
    pause()
    maker = _effect(plan.effects / task.removeprefix(".#"), f"{task}/{lease.fence}")
    pause()
    made = _event("handoff.made", lease, ref=maker, url="", number=None, verified=True)
    end = {"outcome": "handed_off", "why": "", "seconds": 0.0, "usd": 0.5, "tokens": 1, "transcript_sha256": ""}
    store.release(lease, events=[made, _event("run.finished", lease, **end)])


def _effect(path: Path, run_id: str) -> str:
    """Make the file if it is not there; whose it is."""
    try:
        path.symlink_to(run_id)
    except FileExistsError:
        return str(path.readlink())
    return run_id


# --- the killer ------------------------------------------------------------------------------------------------------


class _Killer:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._dice = random.Random(plan.seed)
        self._born = 0
        self._alive: set[int] = set()
        self._frozen: dict[int, float] = {}
        self._toll = Toll()

    def storm(self) -> Toll:
        for _ in range(self._plan.workers):
            self._fork()
        deadline = time.monotonic() + _PATIENCE
        while self._alive:
            if time.monotonic() > deadline:
                self._give_up()
            time.sleep(self._dice.uniform(0, 2 * _EVERY))
            self._reap()
            self._thaw()
            if self._alive and self._toll.freezes < self._plan.freezes and self._dice.random() < 0.1:
                self._freeze()
            elif self._alive and self._toll.kills < self._plan.kills:
                self._kill()
        return self._toll

    def _give_up(self) -> None:
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
        raise RuntimeError(f"the storm was not over after {_PATIENCE} s: {self._toll}")

    def _fork(self) -> None:
        self._born += 1
        pid = os.fork()
        if pid:
            self._alive.add(pid)
            return
        code = 1
        try:
            work(self._plan, random.Random(f"{self._plan.seed}/{self._born}"))
            code = 0
        finally:
            if code:
                sys.excepthook(*sys.exc_info())
            os._exit(code)

    def _kill(self) -> None:
        victim = self._dice.choice(sorted(self._alive))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        self._alive.discard(victim)
        self._frozen.pop(victim, None)
        self._toll.kills += 1
        self._fork()

    def _freeze(self) -> None:
        victim = self._dice.choice(sorted(self._alive - self._frozen.keys()) or [0])
        if victim:
            os.kill(victim, signal.SIGSTOP)
            self._frozen[victim] = time.monotonic() + _FREEZE
            self._toll.freezes += 1

    def _thaw(self) -> None:
        for pid in [pid for pid, until in self._frozen.items() if time.monotonic() > until]:
            os.kill(pid, signal.SIGCONT)
            del self._frozen[pid]

    def _reap(self) -> None:
        for pid in list(self._alive):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._alive.discard(pid)
                self._toll.broken_workers += status != 0


# --- the count -------------------------------------------------------------------------------------------------------


def _count(plan: Plan, toll: Toll) -> None:
    store = open_store(plan.url)
    finished: dict[str, int] = {}
    fences: dict[str, int] = {}
    for event in store.events():
        fence = int(event.run.rpartition("/")[2] or 0)
        if event.kind == "task.claimed":
            toll.claims += 1
            toll.stale_writes += fence <= fences.get(event.subject, 0)
            fences[event.subject] = fence
        elif event.run:
            toll.stale_writes += fence != fences.get(event.subject)
        if event.kind == "run.finished":
            finished[event.subject] = finished.get(event.subject, 0) + 1
        if event.kind == "handoff.made":
            link = plan.effects / event.subject.removeprefix(".#")
            toll.wrong_effects += not link.is_symlink() or str(link.readlink()) != event.data["ref"]
    toll.done = len(finished)
    toll.lost = plan.tasks - len(finished)
    toll.double = sum(times - 1 for times in finished.values())
    toll.faults = len(audit.examine(store)) + (store.counts("task") != {"handed_off": plan.tasks})
    store.close()


def main() -> int:
    """Raise one storm and print what it left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    for name, default in (("kills", 500), ("workers", 8), ("tasks", 1000), ("seed", 1), ("freezes", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        effects = folder / "effects"
        effects.mkdir()
        on_file = f"sqlite:///{folder / 'storm.db'}"
        url = on_file if asked.engine == "sqlite" else postgres.fresh_url(stack.enter_context(postgres.server()))
        numbers = {name: getattr(asked, name) for name in ("kills", "workers", "tasks", "seed", "freezes")}
        toll = run(Plan(url=url, effects=effects, **numbers))
    print(f"{asked.engine}: " + ", ".join(f"{field.name} {getattr(toll, field.name)}" for field in fields(toll)))
    return 0 if toll.is_clean() and toll.kills == asked.kills else 1


if __name__ == "__main__":
    sys.exit(main())
