"""The peer: mini-swe-agent, installed by us into an environment of its own, and asked through a process there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from pairs import AS_FOUND, Say

VERSION = "2.4.6"
MODES = ("saved", "unsaved")
SAYS = {
    "saved": "trajectory saved",
    "unsaved": "nothing saved",
    "stock": "saved, its test model as shipped",
}
_HERE = Path(__file__).parent
_PLACE = _HERE.parent / "build" / "bench-venv"


class Missing(Exception):
    """The peer could not be installed or does not answer; says why."""


class Peer:
    """mini-swe-agent's DefaultAgent with LocalEnvironment and its deterministic model, in its own interpreter."""

    def __init__(self, folder: Path, say: Say) -> None:
        python = installed(say)
        environment = os.environ | {"MSWEA_GLOBAL_CONFIG_DIR": str(folder / "mini"), "MSWEA_SILENT_STARTUP": "1"}
        argv = [str(python), str(_HERE / "peer_worker.py"), str(folder / "trajectory.json")]
        self._errors = (folder / "peer.log").open("w+")
        self._worker = subprocess.Popen(
            argv, env=environment, stdin=-1, stdout=-1, stderr=self._errors, text=True, bufsize=1
        )

    def step_ms(self, mode: str, argvs: list[list[str]]) -> float:
        """Milliseconds of one step of theirs; mode "shell" is a bare subprocess of the kind they start."""
        worker = self._worker
        try:
            worker.stdin.write(json.dumps({"commands": [shlex.join(argv) for argv in argvs], "mode": mode}) + "\n")
            return float(json.loads(worker.stdout.readline())["ms"])
        except (ValueError, OSError) as error:
            worker.wait(10)
            self._errors.seek(0)
            raise Missing(f"mini-swe-agent failed: {self._errors.read()[-1500:]}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, trace: TracebackType | None) -> None:
        self._worker.stdin.close()
        self._worker.wait(60)
        self._worker.stdout.close()
        self._errors.close()


def installed(say: Say) -> Path:
    """The interpreter of the peer's environment, made when it is not there."""
    python, done = _PLACE / "bin" / "python", _PLACE / f"mini-swe-agent-{VERSION}"
    if done.exists():
        return python
    say(f"installing mini-swe-agent {VERSION} into {_PLACE} (about 700 MB, once, a minute or more)")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for argv in ([sys.executable, "-m", "venv", str(_PLACE)], [*pip, f"mini-swe-agent=={VERSION}", "mcp"]):
        ended = subprocess.run(argv, env=AS_FOUND, capture_output=True, text=True, check=False)
        if ended.returncode:
            told = "\n".join((ended.stderr or ended.stdout).strip().splitlines()[-5:])
            raise Missing(f"mini-swe-agent {VERSION} could not be installed, so only our half is measured:\n{told}")
    done.touch()
    return python
