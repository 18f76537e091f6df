"""A storm against one day's budget: runs reserve, call and settle at once, and die between sending and hearing.

    python tests/storm/budgets.py --engine sqlite --rounds 50 --seed 1

Each of 16 processes is a run after another. Before a call it reserves the most that may cost, then it sends: the
provider's bill (a file) grows at that moment, whatever becomes of the answer. At random a process is gone right then,
or after the answer and before it is settled; another run takes its place. No run ever asks another.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import postgres
from autonomy_pack.edges import clock
from autonomy_pack.flows.budget import Ledger
from autonomy_pack.model import Config, Limits
from autonomy_pack.store import audit, open_store

_DAY = 1.0
_MOST = 0.05
_FORGIVEN = 1e-6


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What kind of storm: `deaths` of a hundred calls end their process between sending and settling."""

    url: str
    bill: Path
    seed: int
    processes: int = 16
    deaths: int = 20


@dataclass(kw_only=True)
class Toll:
    """What the storm left behind, in dollars and counts. All after the first four must be 0."""

    calls: int = 0
    deaths: int = 0
    billed: float = 0.0
    recorded: float = 0.0
    billed_above: int = 0
    reserved_above: int = 0
    not_recorded: int = 0
    not_reserved: int = 0
    faults: int = 0
    stuck: int = 0
    broken: int = 0

    def is_clean(self) -> bool:
        """Whether the budget held, and no dollar is missing."""
        return not any(getattr(self, field.name) for field in fields(self)[4:])


def run(plan: Plan) -> Toll:
    """Raise the storm until nobody may call any more, and count."""
    open_store(plan.url).close()
    plan.bill.touch()
    toll = Toll()
    waiting = [_forked(plan, number) for number in range(plan.processes)]
    numbers = iter(range(plan.processes, 100_000))
    while waiting:
        _, status = os.waitpid(waiting.pop(0), 0)
        code = os.waitstatus_to_exitcode(status)
        toll.broken += code not in (0, 9)
        if code == 9:
            toll.deaths += 1
            waiting.append(_forked(plan, next(numbers)))
    _count(plan, toll)
    return toll


def _forked(plan: Plan, number: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _work(plan, number, random.Random(plan.seed * 100_003 + number))
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)


def _work(plan: Plan, number: int, dice: random.Random) -> None:
    """One run: call until a budget says no."""
    ledger = _ledger(plan, number)
    while not isinstance(made := ledger.reserve(_MOST, 1000), str):
        usd = round(dice.uniform(0.001, _MOST), 6)
        _bill(plan, number, made.call, usd)
        if dice.randrange(100) < plan.deaths:
            os._exit(9)
        ledger.settle(made, usd, 100, "m")


def _ledger(plan: Plan, number: int) -> Ledger:
    store = open_store(plan.url)
    config = Config(day_usd=_DAY)
    return Ledger(store, config=config, limits=Limits(usd=_DAY), run=f".#{number}/1", task=f".#{number}")


def _bill(plan: Plan, number: int, call: str, usd: float) -> None:
    handle = os.open(plan.bill, os.O_WRONLY | os.O_APPEND)
    os.write(handle, f".#{number}/1/{call} {usd}\n".encode())
    os.close(handle)


def _count(plan: Plan, toll: Toll) -> None:
    lines = [line.split() for line in plan.bill.read_text().splitlines()]
    store = open_store(plan.url)
    day = f"day:{store.now()[:10]}"
    head = store.head(day)
    assert head is not None
    toll.calls, toll.billed, toll.recorded = (
        len(lines),
        round(sum(float(usd) for _, usd in lines), 6),
        round(head.usd, 6),
    )
    toll.billed_above = int(toll.billed > _DAY + _FORGIVEN)
    toll.not_recorded = int(toll.recorded < toll.billed - _FORGIVEN)
    toll.reserved_above = _times_above(store.events(kinds=["spend.reserved", "spend.settled"]))
    reserved = {event.key for event in store.events(kinds=["spend.reserved"])}
    toll.not_reserved = sum(f"reserve/{call}" not in reserved for call, _ in lines)
    toll.faults = len(audit.examine(store))
    store.close()
    toll.stuck = int(not _goes_on_tomorrow(plan))


def _times_above(events: object) -> int:
    """How often the day's sum of settled and reserved was above the budget, event by event."""
    total, above = 0.0, 0
    for event in events:  # type: ignore[attr-defined]
        total += event.data["usd"] - (event.data["reserved_usd"] if event.kind == "spend.settled" else 0.0)
        above += total > _DAY + _FORGIVEN
    return above


def _goes_on_tomorrow(plan: Plan) -> bool:
    store = open_store(plan.url, clock=lambda: clock.later(clock.now(), 86400))
    ledger = Ledger(store, config=Config(day_usd=_DAY), limits=Limits(usd=_DAY), run=".#x/1", task=".#x")
    made = ledger.reserve(_MOST, 1)
    store.close()
    return not isinstance(made, str)


def main() -> int:
    """Many rounds on one engine; 0 when all were clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    calls = deaths = dirty = 0
    highest = 0.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for number in range(asked.rounds):
            url = f"sqlite:///{folder / f'{number}.db'}" if asked.engine == "sqlite" else postgres.fresh_url()
            toll = run(Plan(url=url, bill=folder / f"{number}.bill", seed=asked.seed + number))
            calls, deaths, highest = calls + toll.calls, deaths + toll.deaths, max(highest, toll.billed)
            if not toll.is_clean():
                dirty += 1
                print(f"round {number} (seed {asked.seed + number}): {toll}")
    print(
        f"{asked.engine}: {asked.rounds} rounds of 16 runs against ${_DAY:.2f}: {calls} calls, {deaths} deaths between "
        f"sending and settling; the highest bill ${highest:.4f}; {dirty} rounds not clean"
    )
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
