"""Two copies of a store on refs, over and over at the same moment: never may both win.

python tests/storm/races.py [--rounds 1000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import gitrefs
from autonomy_pack.errors import LeaseLost
from autonomy_pack.model import Event, Holder, Lease
from autonomy_pack.store.gitrefs import GitRefs

ONE = Holder(host="one", boot="b", pid_namespace="n", pid=1, pid_start=1.0)
TWO = replace(ONE, host="two", pid=2)
_DATA = {"scope": "all", "state": "stopped", "why": ""}


@dataclass
class Toll:
    """What must not be, counted: rounds that both won, rounds that nobody won, events that were lost or doubled."""

    rounds: int
    both: int = 0
    nobody: int = 0
    wrong_events: int = 0

    def is_clean(self) -> bool:
        return not (self.both or self.nobody or self.wrong_events)


def races(folder: Path, *, rounds: int, seed: int) -> Toll:
    """Race two threads with a copy each; every round is a kind of meeting drawn by the seed."""
    address = gitrefs.bare(folder / "races.git")
    chance, toll = random.Random(seed), Toll(rounds=rounds)
    kinds = [chance.choice(list(MEETINGS)) for _ in range(rounds)]
    barrier = threading.Barrier(2)

    def runner(holder: Holder) -> tuple[list[bool], int]:
        store = gitrefs.clone(address, folder / holder.host)
        try:
            won = []
            for number, kind in enumerate(kinds):
                prepared = MEETINGS[kind][0](store, holder, number)
                barrier.wait(60)
                won.append(MEETINGS[kind][1](store, holder, number, prepared))
                barrier.wait(60)
            return won, 0
        except BaseException:
            barrier.abort()
            raise
        finally:
            store.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(runner, (ONE, TWO)))
    pairs = list(zip(results[0][0], results[1][0], strict=True))
    toll.both = sum(one and two for one, two in pairs)
    toll.nobody = sum(not one and not two for one, two in pairs)
    store = gitrefs.clone(address, folder / "after")
    written = [event.subject for event in store.events(kinds=["control.set"])]
    store.close()
    expected = [f"control:{number}" for number, kind in enumerate(kinds) if kind in _SPEAKING]
    toll.wrong_events = len(set(written) ^ set(expected)) + len(written) - len(set(written))
    return toll


def _nothing(_store: GitRefs, _holder: Holder, _number: int) -> Lease | None:
    return None


def _held_by_one(store: GitRefs, holder: Holder, number: int) -> Lease | None:
    if holder != ONE:
        return None
    held = store.claim([f"task:{number}"], ONE, seconds=3600, dead=_alive)
    return held[0] if held else None


def _alive(_: Holder) -> bool:
    return False


def _dead(_: Holder) -> bool:
    return True


def _speak(number: int) -> Event:
    return Event(kind="control.set", subject=f"control:{number}", data=_DATA)


def _claim(store: GitRefs, holder: Holder, number: int, _: Lease | None) -> bool:
    return bool(store.claim([f"task:{number}"], holder, seconds=3600, dead=_alive))


def _claim_and_speak(store: GitRefs, holder: Holder, number: int, _: Lease | None) -> bool:
    held = store.claim([f"task:{number}"], holder, seconds=3600, dead=_alive, events=lambda _: [_speak(number)])
    return bool(held)


def _claim_paths(store: GitRefs, holder: Holder, number: int, _: Lease | None) -> bool:
    path = f"path:{number}" + ("/api" if holder == ONE else "")
    return bool(store.claim([path], holder, seconds=3600, dead=_alive))


def _claim_several(store: GitRefs, holder: Holder, number: int, _: Lease | None) -> bool:
    own = "a" if holder == ONE else "b"
    keys = [f"lane:{number}/{own}", f"lane:{number}/shared"]
    return bool(store.claim(keys if holder == ONE else keys[::-1], holder, seconds=3600, dead=_alive))


def _write_or_take_over(store: GitRefs, holder: Holder, number: int, lease: Lease | None) -> bool:
    """The holder writes once more or is taken over first; either way only one of them says the event."""
    if lease is None:
        held = store.claim([f"task:{number}"], holder, seconds=3600, dead=_dead)
        known = {event.subject for event in store.events(kinds=["control.set"])}
        if held and f"control:{number}" not in known:
            store.append([_speak(number)], lease=held[0])
            return True
        return False
    try:
        store.append([_speak(number)], lease=lease)
    except LeaseLost:
        return False
    return True


_Prepare = Callable[[GitRefs, Holder, int], Lease | None]
_Meet = Callable[[GitRefs, Holder, int, Lease | None], bool]
MEETINGS: dict[str, tuple[_Prepare, _Meet]] = {
    "claim": (_nothing, _claim),
    "claim and speak": (_nothing, _claim_and_speak),
    "paths": (_nothing, _claim_paths),
    "several keys": (_nothing, _claim_several),
    "write or take over": (_held_by_one, _write_or_take_over),
}
_SPEAKING = {"claim and speak", "write or take over"}


def main() -> int:
    """Race, and print the toll."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        toll = races(Path(folder), rounds=asked.rounds, seed=asked.seed)
    print(
        f"gitrefs: {toll.rounds} races in {time.monotonic() - begin:.0f} s: {toll.both} won by both, {toll.nobody} by nobody, {toll.wrong_events} events lost or doubled"
    )
    return 0 if toll.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
