"""A roadmap as Markdown: proposals of an agent, or the open issues; every foreign word in it is made harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Choice, Issue
from autonomy_pack.views.render import render

TITLE = "Roadmap: proposals"
MOST_ISSUES = 60
_MOST_WORDS = 300


def text(items: Sequence[Mapping[str, Any]], agent: str = "") -> str:
    """The roadmap; `agent` is who proposed it, "" when it lists open issues."""
    return render("roadmap.md.j2", items=items, agent=agent)


def of_issues(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """The open issues as items, the most urgent first."""
    ranked = sorted(choices, key=lambda one: 9 if one.priority is None else int(one.priority))
    return [
        {
            "title": f"#{one.id}: {one.title}",
            "why": f"Open issue {one.id}: {one.why}.",
            "acceptance": [],
            "priority": "unknown" if one.priority is None else str(one.priority),
        }
        for one in ranked
    ]


def as_data(issues: Sequence[Issue]) -> str:
    """The open issues as an agent gets them: the newest first, bounded, a paragraph each."""
    some = sorted((one for one in issues if one.state == "open"), key=lambda one: one.created, reverse=True)
    lines = [f"{len(some)} issues are open; here are the newest {min(len(some), MOST_ISSUES)}."]
    for one in some[:MOST_ISSUES]:
        labels = ", ".join(one.labels[:10])
        lines.append(
            f"#{one.id} {one_line(one.title, 200)} [{one_line(labels, 200)}]: {one_line(one.body, _MOST_WORDS)}"
        )
    return "\n\n".join(lines)
