"""Run a program in the work folder: an argv, no shell. It needs the same box as an agent."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges import captured
from autonomy_pack.model import Risk
from autonomy_pack.tools.arguments import or_place

risk = Risk.HIGH
mutates = True
_WORDS = {
    "type": "array",
    "minItems": 1,
    "items": {"description": "One word of the command; put numbers in quotes", "type": "string"},
}
schema = or_place(_WORDS, "The program and its arguments as a list of texts; no shell reads it")


def run(given: Sequence[str], folder: str) -> str:
    """Its output, standard output and error together; ProgramFailed when it ends with another code than 0."""
    return captured.output(list(given), folder)
