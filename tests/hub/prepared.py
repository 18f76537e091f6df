"""A Python environment with a lock file's requirements installed: made at first use, kept in `build/tests/python/`.

Workflows under test then find everything installed already, as they would with a warm runner, and fetch nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from hub.npm import CACHE


def prepared(lock: Path) -> Path:
    """The environment's folder (its programs are in bin/). Without a lock file: the one that the tests run in."""
    if not lock.exists():
        return Path(sys.prefix)
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    place = CACHE / "python" / key
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{key}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            _make(place, lock)
    return place


def _make(place: Path, lock: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    install = [
        str(place / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    for argv in ([sys.executable, "-m", "venv", str(place)], [*install, "-r", str(lock)]):
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(argv)} ended with {ended.returncode}\n{ended.stderr}")
    (place / "ready").touch()
