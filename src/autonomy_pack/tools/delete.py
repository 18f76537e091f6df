"""Delete files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import COUNT, FILES, arguments, counted, listed, named

risk = Risk.MEDIUM
mutates = True
schema = arguments("delete", "{files}", ["files"], files=FILES, count=COUNT)


def run(given: Mapping[str, Any], folder: str) -> str:
    """`count` is about the files, and is judged before the first one goes."""
    place = Confined(folder)
    paths = place.glob(listed(given["files"]))
    said = counted(len(paths), given, "file")
    for path in paths:
        place.delete(path)
    return f"{said} deleted{named(paths)}"
