"""A Python environment with a lock file's requirements installed: made at first use, kept in `build/tests/python/`.

Workflows under test then find everything installed already, as they would with a warm runner, and fetch nothing. pip is
asked here, once, in exactly the words of scripts/on-runner.sh; asked so again for the same lock file it says nothing, as
the real one does when there is nothing to do, only without the second that this takes.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from hub.npm import CACHE

# How scripts/on-runner.sh asks pip, before the lock file's name.
_HASHED = ["--require-hashes", "--only-binary", ":all:", "-r"]
WORDS = ["install", "--isolated", "--disable-pip-version-check", "--no-input", "--quiet", "--no-cache-dir", *_HASHED]
_PIP = """
import hashlib
import sys

if sys.argv[1:-1] == {words!r}:
    with open(sys.argv[-1], "rb") as lock:
        if hashlib.sha256(lock.read()).hexdigest() == {sha256!r}:
            sys.exit(0)
"""


def prepared(lock: Path) -> Path:
    """The environment's folder (its programs are in bin/). Without a lock file: the one that the tests run in."""
    if not lock.exists():
        return Path(sys.prefix)
    key = hashlib.sha256(lock.read_bytes() + f"{sys.version}{_PIP}{WORDS}".encode()).hexdigest()[:16]
    place = CACHE / "python" / key
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{key}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            _make(place, lock)
    return place


def _make(place: Path, lock: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    pip = [str(place / "bin" / "python"), "-I", "-m", "pip"]
    fetch = [*pip, "install", "-q", *_HASHED, str(lock)]  # from where this machine is told to, and so not isolated
    for argv in ([sys.executable, "-m", "venv", str(place)], fetch, [*pip, *WORDS, str(lock)]):
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(argv)} ended with {ended.returncode}\n{ended.stderr}")
    _warm(place, lock)
    (place / "ready").touch()


def _warm(place: Path, lock: Path) -> None:
    """Tell pip what it was asked."""
    (main,) = place.glob("lib/python*/site-packages/pip/__main__.py")
    told = _PIP.format(words=WORDS, sha256=hashlib.sha256(lock.read_bytes()).hexdigest())
    main.write_text(told + main.read_text())
