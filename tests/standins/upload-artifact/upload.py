"""Zip the named files as the real action does (paths below their common folder) and put the zip into the hub."""

import glob
import hashlib
import io
import json
import os
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import quote


def found() -> list[Path]:
    """All files that the lines of `path` name, in their order."""
    files: dict[Path, None] = {}
    for line in os.environ["FILES"].splitlines():
        for hit in sorted(glob.glob(line.strip(), recursive=True)) if line.strip() else []:  # noqa: PTH207 (absolute)
            place = Path(hit).absolute()
            inside = sorted(place.rglob("*")) if place.is_dir() else [place]
            files.update(dict.fromkeys(path for path in inside if path.is_file() and wanted(path, place)))
    return list(files)


def wanted(path: Path, below: Path) -> bool:
    """Hidden files are left out unless they are asked for."""
    parts = path.relative_to(below).parts or (path.name,)
    return os.environ["HIDDEN"] == "true" or not any(part.startswith(".") for part in parts)


def zipped(files: list[Path]) -> bytes:
    """The zip's bytes; names are relative to the folder that all files share."""
    root = os.path.commonpath([path.parent for path in files])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=int(os.environ["LEVEL"])) as archive:
        for path in files:
            archive.write(path, path.relative_to(root))
    return out.getvalue()


def put(content: bytes) -> dict:
    """Give the zip to the hub; what it says of the artifact."""
    where = f"{os.environ['GITHUB_REPOSITORY']}/{os.environ['GITHUB_RUN_ID']}/{quote(os.environ['NAME'], safe='')}"
    url = f"{os.environ['SERVER']}/_hub/artifacts/{where}?overwrite={os.environ['OVERWRITE']}"
    request = urllib.request.Request(url, data=content, method="PUT", headers={"Content-Type": "application/zip"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def main() -> int:
    files = found()
    if not files:
        level = os.environ["MISSING"]
        if level != "ignore":
            says = "No files were found with the provided path: " + os.environ["FILES"].replace("\n", "%0A")
            print(f"::{'error' if level == 'error' else 'warning'}::{says}")
        return int(level == "error")
    content = zipped(files)
    try:
        made = put(content)
    except urllib.error.HTTPError as refused:
        print(f"::error::the artifact was refused with {refused.code}")
        return 1
    with open(os.environ["GITHUB_OUTPUT"], "a") as output:
        print(f"artifact-id={made['id']}", file=output)
        print(
            f"artifact-url={os.environ['SERVER']}/{os.environ['GITHUB_REPOSITORY']}/actions/runs/"
            f"{os.environ['GITHUB_RUN_ID']}/artifacts/{made['id']}",
            file=output,
        )
        print(f"artifact-digest={hashlib.sha256(content).hexdigest()}", file=output)
    print(f"Artifact {os.environ['NAME']}: {len(files)} files, {len(content)} bytes, id {made['id']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
