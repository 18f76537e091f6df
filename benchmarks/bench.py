"""How fast this is, as ratios: each figure beside one measured in the same turns of the same run. Never a gate.

python benchmarks/bench.py [--only NAME]… [--json] [--quick]

--quick takes a few seconds, uses no network and leaves out the peer, the large store and `make autonomy.run`.
Exit code 0: all was measured, whether the aims were met or not; 1: something could not be measured; 2: usage.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from pairs import Result, Row

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = (
    "overhead",
    "turns",
    "claims",
    "start_up",
    "boxes",
    "gateway",
    "quickstart",
    "on_github",
    "fleet",
    "redactor",
)
_COLUMNS = ("what", "ours", "beside", "it", "more", "ratio", "aim", "met")


def main() -> int:
    """Measure what is asked for, print it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section (may be given again)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="a few seconds, no network, few repetitions")
    asked = parser.parse_args()
    sys.path[1:1] = [str(ROOT), str(ROOT / "tests")]  # the sections use the tests' small world and PostgreSQL
    with tempfile.TemporaryDirectory() as home:
        _live_in(Path(home))
        results = {name: _measured(name, quick=asked.quick) for name in asked.only or SECTIONS}
    told = {"machine": machine(), "sections": {name: dataclasses.asdict(one) for name, one in results.items()}}
    print(json.dumps(told, indent=2) if asked.json else text(told["machine"], results))
    return 1 if any(one.failures for one in results.values()) else 0


def _live_in(home: Path) -> None:
    """Nothing of the person who runs this is read or written; and there is a secret to look for, as in real life."""
    os.environ |= {"HOME": str(home), "BENCH_TOKEN": "kX2vQ9fLr7TzPw4mN8cJ3hYb"}
    os.environ |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "STATE", "CONFIG")}
    for name in ("AUTONOMY_STORE", "AUTONOMY_SANDBOX", "GITHUB_ACTIONS"):
        os.environ.pop(name, None)


def _measured(name: str, *, quick: bool) -> Result:
    """One section; what goes wrong in it is told, and the others are measured all the same."""
    try:
        return importlib.import_module(name).measure(quick=quick, say=_say)
    except Exception as error:  # noqa: BLE001
        return Result(failures=[f"{name} could not be measured: {type(error).__name__}: {error}"])


def _say(words: str) -> None:
    print(f"… {words}", file=sys.stderr, flush=True)


def machine() -> dict[str, str]:
    """What it was measured on, and when."""
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def text(on: dict[str, str], results: dict[str, Result]) -> str:
    """The tables, as Markdown."""
    lines = [f"Measured {on['at']}: {on['cores']} cores, {on['system']}, Python {on['python']}, load {on['load']}."]
    for name, result in results.items():
        rows = [_COLUMNS, *(_cells(row) for row in result.rows)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        lines += ["", f"## {name}", ""]
        for number, row in enumerate(rows if result.rows else ()):
            lines.append("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
            lines += ["|" + "|".join("-" * (width + 2) for width in widths) + "|"] if not number else []
        lines += ["", *(f"- {note}" for note in result.notes)] if result.notes else []
        lines += ["", *(f"NOT MEASURED: {failure}" for failure in result.failures)] if result.failures else []
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[row.met]
    ours, theirs, more = (_number(value) for value in (row.ours, row.theirs, row.ours - row.theirs))
    return (row.what, f"{ours} {row.unit}", row.beside, theirs, more, f"× {row.ratio:.2f}", row.aim, met)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
