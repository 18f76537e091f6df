"""Write a file: create it, or give it a whole new text. Its mode stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import arguments, text

risk = Risk.LOW
mutates = True
schema = arguments(
    "write",
    "{path, text}",
    ["path", "text"],
    path=text("The file's path from the top of the tree", empty=False),
    text=text("The whole new text of the file"),
)


def run(given: Mapping[str, Any], folder: str) -> str:
    """The text is written as it is, in UTF-8."""
    content = given["text"].encode("utf-8", "surrogateescape")
    Confined(folder).write(given["path"], content)
    return f"{len(content)} bytes written to {given['path']}"
