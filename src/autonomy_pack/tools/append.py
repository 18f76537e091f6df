"""Append text to files; the last line of a file is ended first, if it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import COUNT, FILES, arguments, edited, text

risk = Risk.LOW
mutates = True
schema = arguments(
    "append",
    "{files, text}",
    ["files", "text"],
    files=FILES,
    text=text("The text to add at the end"),
    unless=text("A regular expression; a file in which it is found is left alone"),
    count=COUNT,
)


def run(given: Mapping[str, Any], folder: str) -> str:
    """`count` is about the files changed."""

    new: str = given["text"]

    def change(old: str) -> str:
        return old + ("\n" if old and not old.endswith("\n") else "") + new

    return edited(given, folder, change)
