"""Each linter alone, as `scripts/lint-workflows.sh` calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

BIN = Path(sys.executable).parent
LINTERS: Mapping[str, tuple[str, ...]] = {
    "actionlint": ("actionlint", "-no-color"),
    "zizmor": (
        *("zizmor", "--offline", "--no-progress", "--quiet"),
        *("--strict-collection", "--persona", "auditor"),
    ),
    "schema": ("check-jsonschema", "-q", "--builtin-schema", "vendor.github-workflows"),
    "action": ("check-jsonschema", "-q", "--builtin-schema", "vendor.github-actions"),
    "timeout": ("check-jsonschema", "-q", "--builtin-schema", "custom.github-workflows-require-timeout"),
}


def found_by(linter: str, *files: Path) -> str:
    """What the linter says of the files when it has findings, "" when it has none; it must have looked at them."""
    ended = subprocess.run(
        [str(BIN / LINTERS[linter][0]), *LINTERS[linter][1:], *map(str, files)],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode in (0, 1, 11, 12, 13, 14), said
    assert "no audit was performed" not in said, said
    return said or f"exit {ended.returncode}" if ended.returncode else ""
