"""Single files of npm packages: fetched at first use, kept in `build/tests/npm/`, never committed.

Descriptions of GitHub's API that its own clients are made from come as npm packages of up to 385 MB, of which the
tests need one file each.
"""

from __future__ import annotations

import fcntl
import subprocess
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "build" / "tests"


def file_of(package: str, version: str, member: str) -> Path:
    """One file of a package, for example ("@octokit/graphql-schema", "15.26.1", "package/schema.graphql").

    Safe while several processes ask: one fetches, the others wait. Raises CalledProcessError when npm fails.
    """
    kept = CACHE / "npm" / f"{package.strip('@').replace('/', '-')}-{version}-{Path(member).name}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_name(kept.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _fetch(f"{package}@{version}", member, kept)
    return kept


def _fetch(spec: str, member: str, kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        argv = ["npm", "pack", "--silent", "--ignore-scripts", "--cache", f"{folder}/cache", spec]
        subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            found = archive.extractfile(member)
            if found is None:
                raise FileNotFoundError(f"{spec} has no file {member}")
            part = kept.with_name(kept.name + ".part")
            part.write_bytes(found.read())
            part.replace(kept)
