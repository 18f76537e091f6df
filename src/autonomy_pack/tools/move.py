"""Move a file to a path where nothing is; folders on the way are made, its mode and content stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.confined import Confined
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import arguments, text

risk = Risk.LOW
mutates = True
schema = arguments(
    "move",
    "{from, to}",
    ["from", "to"],
    **{"from": text("The path of a file", empty=False)},
    to=text("Its new path; nothing may be there yet", empty=False),
)


def run(given: Mapping[str, Any], folder: str) -> str:
    """One file at a time."""
    Confined(folder).move(given["from"], given["to"])
    return f"{given['from']} is now {given['to']}"
