"""Set or remove entries of YAML files by path; quotes, comments and spacing of everything else stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.edits import edit_yaml
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import COUNT, EDITS, FILES, arguments, edited

risk = Risk.LOW
mutates = True
schema = arguments("edit_yaml", "{files, edits}", ["files", "edits"], files=FILES, edits=EDITS, count=COUNT)


def run(given: Mapping[str, Any], folder: str) -> str:
    """`count` is about the files changed."""
    return edited(given, folder, lambda text: edit_yaml(text, given["edits"]))
