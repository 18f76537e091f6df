"""How long `make autonomy.run` takes once all is installed, beside what git and the checks need for the same."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pairs
from pairs import Result, Say

_ROOT = Path(__file__).resolve().parents[1]
_USED = ("Makefile", "pyproject.toml", "scripts", "examples", ".venv", "src")


def measure(*, quick: bool, say: Say) -> Result:
    """The wall time of the whole main job on a fresh copy of examples/quickstart."""
    if quick:
        return Result(notes=["left out by --quick"])
    times = 3
    say(f"quickstart: {times} times")
    found = pairs.in_turn(times, {"ours": _whole, "bare": _tests})
    row = pairs.row(
        "make autonomy.run, after installation",
        "s",
        found["ours"],
        "the example's own tests, once",
        found["bare"],
        aim="< 20 s",
        met=lambda ours, _theirs, _ratio: ours < 20,
    )
    return Result(rows=[row])


def _whole() -> float:
    """In a folder of links to this one, so that nobody's build/quickstart is touched."""
    with tempfile.TemporaryDirectory() as name:
        for used in _USED:
            Path(name, used).symlink_to(_ROOT / used)
        # -o: the environment is taken as it is; making it is not what is measured.
        words = ["make", "-C", name, "-o", ".venv/installed-use", "autonomy.run"]
        return pairs.seconds(lambda: _run(words, name))


def _tests() -> float:
    words = [str(_ROOT / ".venv/bin/python"), "-B", "-m", "unittest", "-q"]
    return pairs.seconds(lambda: _run(words, str(_ROOT / "examples" / "quickstart")))


def _run(words: list[str], cwd: str) -> None:
    ended = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {ended.returncode}: {(ended.stdout + ended.stderr)[-800:]}")
