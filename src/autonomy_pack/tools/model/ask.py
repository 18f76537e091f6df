"""Ask a person; the run waits for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.model import Desk, Risk
from autonomy_pack.tools.model.shared import takes, text, texts

description = (
    "Ask a person, when the issue does not say what is wanted and the tree does not either. The work ends here and "
    "goes on when there is an answer, which may take a day: ask once, for all you need, and offer the choices you see."
)
risk = Risk.LOW
mutates = False
schema = takes(
    ["question"],
    question=text("The question, for somebody who has read the issue"),
    options=texts("The answers to choose from, if it is a choice", "One answer"),
)


def run(arguments: Mapping[str, Any], desk: Desk) -> str:  # noqa: ARG001  (whoever runs the loop takes it to people)
    """Nothing is done here: the loop ends, and says what was asked."""
    return f"asked: {arguments['question']}"
