"""End the work, with what shows that each criterion is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.errors import UsageError
from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import takes, text

description = (
    "End the work when it is done. Say for each acceptance criterion, by its number or its words, how you know that it "
    "is met: the command you ran and what it printed, or the file and line. What you did not do, say in the summary."
)
risk = Risk.LOW
mutates = False
schema = takes(
    ["summary"],
    summary=text("What you changed and why, in a few sentences for the person who reviews it"),
    evidence={
        "description": "One entry for each acceptance criterion",
        "type": "array",
        "items": takes(
            ["criterion", "how"],
            criterion=text("The criterion's number from 1, or its words"),
            how=text("How you know that it is met"),
        ),
    },
)

_PART = 12  # so many characters of a criterion are enough to know it by


def run(arguments: Mapping[str, Any], desk: Desk) -> str:
    """A sentence; UsageError when a criterion is left out."""
    given = {match for entry in arguments.get("evidence", []) if (match := _criterion(entry["criterion"], desk))}
    missing = [f"{at}. {text}" for at, text in enumerate(desk.criteria, start=1) if at not in given]
    if missing:
        says = "there is no evidence for " + "; ".join(missing)
        raise UsageError(says, "Meet it and say how you know, or call done again and say in the summary why not.")
    return "done"


def _criterion(said: str, desk: Desk) -> int:
    """The number of the criterion that is meant, 0 for none."""
    plain = _plain(said)
    if plain.isdecimal() and 1 <= int(plain) <= len(desk.criteria):
        return int(plain)
    texts = [_plain(text) for text in desk.criteria]
    part = len(plain) >= _PART
    return next((at for at, text in enumerate(texts, start=1) if text in plain or (part and plain in text)), 0)


def _plain(said: str) -> str:
    return " ".join(said.casefold().strip(" .#-*[]`").split())
