"""Write a whole file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import takes, text

description = (
    "Create a file, or give one a whole new text; folders on the way are made. To change a part of a file, use edit."
)
risk = Risk.MEDIUM
mutates = True
schema = takes(
    ["path", "content"],
    path=text("The file's path from the top of the tree"),
    content=text("The whole text of the file", empty=True),
)


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """How many bytes were written, in UTF-8."""
    content = arguments["content"].encode("utf-8", "surrogateescape")
    Confined(desk.work).write(arguments["path"], content)
    return f"{len(content)} bytes written to {arguments['path']}"
