"""What earlier releases rendered from: their templates and missions, each text a blob named by its hash.

`index.json`: version → path below the package → sha256 of its text; `blobs/SHA256`: the text. `scripts/keep-release.py`
adds a version; one that is there never changes. An edited file is merged from what its own release rendered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from autonomy_pack.errors import WorldError

KEPT = ("templates/init", "templates/kit", "templates/workflows", "missions")
"""The folders of the package that the files of a repository are made from."""
_SUFFIXES = (".j2", ".yml")


SHIPPED = Path(__file__).parent
"""The folder of the releases that this one ships."""


def versions(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Version → path → sha256, of every release kept in a folder."""
    told: Mapping[str, Mapping[str, str]] = json.loads((folder / "index.json").read_text("utf-8"))
    return told


def texts(version: str, folder: Path) -> Mapping[str, str] | None:
    """Path → text, of a release that is kept in a folder; None = it is not.

    WorldError when a text is not the one that was released.
    """
    index = versions(folder)
    if version not in index:
        return None
    return {path: _text(version, path, sha256, folder) for path, sha256 in index[version].items()}


def _text(version: str, path: str, sha256: str, folder: Path) -> str:
    blob = folder / "blobs" / sha256
    data = blob.read_bytes() if blob.is_file() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WorldError(
            f"{path} is not what release {version} had", "Install autonomy-pack anew: its files are damaged."
        )
    return data.decode()


def now(package: Path) -> Mapping[str, str]:
    """Path → text, of what a package has in the folders that are kept."""
    found = {path: file.read_text("utf-8") for folder in KEPT for path, file in _below(package, folder)}
    return dict(sorted(found.items()))


def _below(package: Path, folder: str) -> Iterator[tuple[str, Path]]:
    for file in (package / folder).iterdir():
        if file.name.endswith(_SUFFIXES):
            yield f"{folder}/{file.name}", file
