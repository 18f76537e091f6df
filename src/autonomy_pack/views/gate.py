"""What the review gate says: the same words as comment, as summary of its check run, and in the job's summary."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import CheckResult, Finding
from autonomy_pack.views.render import render

MARKER = "<!-- autonomy:gate -->"


def text(
    title: str,
    why: str = "",
    *,
    head: str = "",
    base: str = "",
    results: Sequence[CheckResult] = (),
    findings: Sequence[Finding] = (),
    skipped: Sequence[tuple[str, str]] = (),
) -> str:
    """The Markdown; every foreign word in it is made harmless. Its first line says that the comment is the gate's."""
    return render(
        "gate.md.j2",
        marker=MARKER,
        title=title,
        why=why,
        head=head,
        base=base,
        results=results,
        findings=findings,
        skipped=skipped,
    )
