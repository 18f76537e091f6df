"""What is proposed for an issue, as one comment; an agent's words are a stranger's."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.views.render import render

MARKER = "<!-- autonomy:triage -->"


def comment(priority: str, mission: str, lane: str, missing: Sequence[str], why: str) -> str:
    """The comment; its first line says what it is. No slash command and no label of ours stands in it."""
    return f"{MARKER}\n" + render(
        "triage.md.j2", priority=priority, mission=mission, lane=lane, missing=missing, why=why
    )
