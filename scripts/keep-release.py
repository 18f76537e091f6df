"""Keeps what the files of a repository are rendered from, before a release is tagged: keep-release.py [--to FOLDER]

A later release merges what its users edited from it. A version that is kept never changes: exit 1 when it would.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "src"
sys.path.insert(0, str(HERE))

from autonomy_pack import __version__, releases  # noqa: E402 - the checkout's own


def keep(version: str, package: Path, folder: Path) -> int:
    texts = releases.now(package)
    index = json.loads((folder / "index.json").read_text()) if (folder / "index.json").exists() else {}
    entry = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    if index.get(version, entry) != entry:
        print(f"{version} is kept with other templates: they belong to a new version", file=sys.stderr)
        return 1
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        (folder / "blobs" / entry[path]).write_bytes(text.encode())
    (folder / "index.json").write_text(json.dumps({**index, version: entry}, indent=2, sort_keys=True) + "\n")
    print(f"{version}: {len(entry)} texts")
    return 0


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--to", type=Path, default=HERE / "autonomy_pack/releases", help="the folder that keeps them")
    asked.add_argument("--package", type=Path, default=HERE / "autonomy_pack", help="the package that is released")
    asked.add_argument("--version", default=__version__, help="its version")
    given = asked.parse_args()
    sys.exit(keep(given.version, given.package, given.to))
