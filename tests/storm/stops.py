"""STOP at random moments of a run that keeps asking a model: no call after it, nothing alive, nothing written.

    python tests/storm/stops.py --rounds 200 --seed 1

Each round is a real session with the built-in agent, its gateway, and a provider on loopback that would be asked for
ever. The STOP file appears at a random moment between the session's first breath and some seconds later.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.flows import scenes
from tests.world import World

from autonomy_pack.errors import Stopped
from autonomy_pack.flows import box, session
from models import Answer, Call, Models

LATEST = 5.0  # seconds in which what was under way when the stop came must be over, also on a slow machine
_WITHIN = 12.0  # by then a round is in its calls, also on a slow machine
_ENDED = frozenset({"run.finished", "session.finished", "spend.settled", "model.called", "agent.said", "step.finished"})


@dataclass(kw_only=True)
class Toll:
    """What came after STOP. `last` is the most seconds until the last call of a model; all after it must be 0."""

    rounds: int = 0
    calls: int = 0
    in_calls: int = 0
    last: float = 0.0
    late_calls: int = 0
    survivors: int = 0
    writes: int = 0
    not_stopped: int = 0
    not_settled: int = 0

    def is_clean(self) -> bool:
        """Whether STOP was obeyed each time."""
        return not any(getattr(self, field.name) for field in fields(self)[4:])

    def add(self, other: Toll) -> None:
        """Count another round too."""
        for name in (field.name for field in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, max(mine, theirs) if name == "last" else mine + theirs)


def run(folder: Path, seed: int) -> Toll:
    """One round in that folder."""
    dice = random.Random(seed)
    world = World(folder / "repo")
    told: list[tuple[float, str]] = []
    asked: list[float] = []

    def answer(_request: object) -> Answer:
        asked.append(time.time())
        time.sleep(dice.uniform(0.0, 0.3))
        # Never the same call twice: who asks the same over and over is ended for that.
        return Answer(calls=(Call("search", {"pattern": f"word{len(asked)}"}),))

    with Models() as models:
        models.always(answer)
        with _environment(models.environment):
            scenes.thinking(world, limits="usd: 100, steps: 500", tools="search")
            before = _living()
            stopped = _stop_later(world, dice)
            toll = _session(world, told, stopped)
            toll.survivors = len(_living() - before)
    at = stopped.at
    after = [moment - at for moment in asked if moment > at]
    toll.calls, toll.in_calls = len(asked), int(bool(asked))
    toll.last, toll.late_calls = max(after, default=0.0), sum(late > LATEST for late in after)
    late = [kind for when, kind in told if when > at + LATEST and kind not in _ENDED]
    toll.writes += len(world.branches()) + len(late)
    if late:
        print(f"seed {seed}: after the stop: {', '.join(late)}", flush=True)
    _look_back(world, toll)
    world.close()
    return toll


def _session(world: World, told: list[tuple[float, str]], stopped: _Stop) -> Toll:
    opened = world.open()
    toll = Toll(rounds=1)
    try:
        done = session.run(
            opened,
            session.Wanted(max_issues=1),
            box.choose(opened.config, "none"),
            lambda event: told.append((time.time(), event.kind)),
        )
        toll.not_stopped = int(done.exit_code != 5)
    except Stopped:
        pass
    stopped.timer.join()
    return toll


def _look_back(world: World, toll: Toll) -> None:
    """Each call that was begun is told of in the ledger, and nothing was handed off."""
    opened = world.open()
    reserved = {event.key.partition("/")[2] for event in opened.store.events(kinds=["spend.reserved"]) if event.key}
    settled = {event.key.partition("/")[2] for event in opened.store.events(kinds=["spend.settled"]) if event.key}
    toll.not_settled = int(bool(settled - reserved)) + int(toll.calls > len(reserved))
    toll.writes += sum(1 for _ in opened.store.events(kinds=["handoff.intended", "handoff.made"]))


class _Stop:
    """STOP, set at a moment of its own."""

    at = 0.0
    timer: threading.Timer


def _stop_later(world: World, dice: random.Random) -> _Stop:
    stop = _Stop()

    def touch() -> None:
        stop.at = time.time()
        scenes.touch_stop(world)

    stop.timer = threading.Timer(dice.uniform(0.0, _WITHIN), touch)
    stop.timer.start()
    return stop


def _living() -> set[int]:
    """Processes that this one began and that still live."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if parent == str(os.getpid()) and state not in "ZX":
            found.add(int(folder.name))
    return found


@contextmanager
def _environment(words: Mapping[str, str]) -> Iterator[None]:
    """These variables, for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for name, word in before.items():
            os.environ.pop(name, None)
            if word is not None:
                os.environ[name] = word


def main() -> int:
    """Many rounds; 0 when each was clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    total = Toll()
    with tempfile.TemporaryDirectory() as folder:
        home = {"HOME": folder, "XDG_CACHE_HOME": f"{folder}/cache", "XDG_STATE_HOME": f"{folder}/state"}
        with _environment(home | {"XDG_CONFIG_HOME": f"{folder}/config"}):
            for number in range(asked.rounds):
                toll = run(Path(folder) / str(number), asked.seed + number)
                total.add(toll)
                if not toll.is_clean():
                    print(f"round {number} (seed {asked.seed + number}): {toll}", flush=True)
    print(
        f"STOP at {total.rounds} random moments ({total.in_calls} of them after the first of {total.calls} calls): the "
        f"last call of a model {total.last:.2f} s after it; {total.survivors} survivors, {total.writes} writes after"
    )
    return 0 if total.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
