"""What the review gate says: the same words as comment, as summary of its check run, and in the job's summary."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import CheckResult, Finding
from autonomy_pack.views.render import line, render

MARKER = "<!-- autonomy:gate -->"


def comment(title: str, summary: str) -> str:
    """The comment on the pull request; its first line says that it is the gate's."""
    return f"{MARKER}\n{headed(title, summary)}"


def headed(title: str, summary: str) -> str:
    """The summary below its title, where nothing else shows the title."""
    return f"### Review gate: {line(title)}\n\n{summary}"


def text(
    why: str = "",
    *,
    head: str = "",
    base: str = "",
    results: Sequence[CheckResult] = (),
    findings: Sequence[Finding] = (),
    skipped: Sequence[tuple[str, str]] = (),
    look: bool = False,
) -> str:
    """The Markdown, without its title; every foreign word in it is made harmless. `look`: it passed, and a person
    should look at the findings nevertheless."""
    return render(
        "gate.md.j2",
        why=why,
        head=head,
        base=base,
        results=results,
        findings=findings,
        skipped=skipped,
        look=look,
    )
