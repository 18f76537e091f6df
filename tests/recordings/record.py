"""Record the runs anew: for when another outcome, tree or prompt is what is wanted from now on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from models import Models
from tests import recordings
from tests.world import World


def main() -> None:
    """All of them, in repositories that are thrown away."""
    for name, prepare in recordings.RECORDINGS.items():
        with TemporaryDirectory() as folder, Models() as models:
            for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
                os.environ[variable] = f"{folder}/{variable}"
            models.call("read", {"path": "hello.txt"})
            models.call("edit", {"path": "hello.txt", "old_string": "Goodbye", "new_string": "Good day"})
            models.call("edit", {"path": "hello.txt", "old_string": "Hello", "new_string": "Good day"})
            models.call("done", {"summary": "Said it.", "evidence": [{"criterion": "1", "how": "hello.txt, line 1"}]})
            world = World(Path(folder) / "repo")
            prepare(world)
            world.autonomy("run", "--sandbox", "none", env=models.environment)
            (given,) = world.root.rglob("given.json")
            recordings.write(name, given.parent, folder)


if __name__ == "__main__":
    main()
