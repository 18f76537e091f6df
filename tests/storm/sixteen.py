"""Sixteen real sessions of the command line at once against one day's dollar, with the built-in agent and its gateways.

    python tests/storm/sixteen.py

Each works on an issue of its own and would ask its model for ever. The ledger, folded event by event, must never be
above the budget, and every request that the provider got must stand in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.flows import scenes
from tests.world import World

from autonomy_pack.flows import box, survey
from models import Answer, Call, Models

_RUNS, _DAY = 16, 1.0
_CONFIG = f"budget: {{day_usd: {_DAY}}}\nlanes: {{default: {{slots: {_RUNS}}}}}\n"
_USAGE = {"input": 1000, "output": 5000, "cache_read": 0, "cache_write": 0}


def run(folder: Path) -> tuple[int, int, float, float]:
    """Requests, reservations, the most that was ever spent or set aside, and what was spent in the end, in dollars."""
    world, numbers = World(folder / "repo"), count()

    def answer(_: object) -> Answer:
        time.sleep(1)  # so that the calls of the sixteen overlap
        return Answer(calls=(Call("search", {"pattern": f"word{next(numbers)}"}),), usage=_USAGE)

    with Models() as models:
        os.environ.update(models.environment)
        models.always(answer)
        for number in range(1, _RUNS + 1):
            scenes.thinking(world, id=str(number), limits="usd: 5", tools="search", config=_CONFIG)
        opened = world.open()
        survey.note(opened, survey.look(opened, box=box.choose(opened.config, "none")))
        words = [sys.executable, "-m", "autonomy_pack", "run", "--sandbox", "none", "--json", "--issue"]
        sessions = [
            subprocess.Popen([*words, str(number)], cwd=world.root, stdout=subprocess.DEVNULL)
            for number in range(1, _RUNS + 1)
        ]
        for session in sessions:
            session.wait()
        asked = len(models.requests)
    most = now = 0.0
    events = list(world.open().store.events(kinds=["spend.reserved", "spend.settled"]))
    for event in events:
        now += event.data["usd"] - (event.data["reserved_usd"] if event.kind == "spend.settled" else 0.0)
        most = max(most, now)
    world.close()
    return asked, sum(event.kind == "spend.reserved" for event in events), most, now


def main() -> int:
    """One storm; 0 when the budget held."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = f"{folder}/{name.lower()}"
        asked, reserved, most, now = run(Path(folder))
    print(
        f"{_RUNS} sessions against ${_DAY:.2f}: {asked} calls, at most ${most:.4f} at any moment, ${now:.4f} in the end"
    )
    return 0 if asked <= reserved and 0 < most <= _DAY + 1e-9 else 1


if __name__ == "__main__":
    sys.exit(main())
