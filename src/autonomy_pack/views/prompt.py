"""What an agent is told: parts with ranks as one text, in which every foreign line is marked as such."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Part
from autonomy_pack.views.render import render as _render


def render(parts: Sequence[Part]) -> str:
    """The text of some parts, in order; the text of all parts begins with that of the first ones."""
    return _render("prompt.md.j2", parts=parts)
