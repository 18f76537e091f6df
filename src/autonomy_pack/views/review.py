"""What agents said of a pull request, as one comment and as text for a terminal; their words are a stranger's."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Finding, Opinion, Risk
from autonomy_pack.views.render import render

MARKER = "<!-- autonomy:review -->"


def comment(
    head: str,
    risk: Risk,
    findings: Sequence[Finding],
    opinions: Sequence[Opinion],
    skipped: Sequence[tuple[str, str]] = (),
) -> str:
    """The one comment on a pull request; its first line says that it is the review's."""
    return f"{MARKER}\n{text(head, risk, findings, opinions, skipped)}"


def text(
    head: str,
    risk: Risk,
    findings: Sequence[Finding],
    opinions: Sequence[Opinion],
    skipped: Sequence[tuple[str, str]] = (),
) -> str:
    """The Markdown, every foreign word in it made harmless."""
    return render("review.md.j2", head=head, risk=risk, findings=findings, opinions=opinions, skipped=skipped)
