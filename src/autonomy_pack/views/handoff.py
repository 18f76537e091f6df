"""The body of a handoff: what changed, what was shown, what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.model import Change, CheckResult, Examination, Handoff, Run
from autonomy_pack.policy.evidence import Evidence
from autonomy_pack.views.render import render


def body(
    offer: Handoff,
    run: Run,
    sandbox: str,
    change: Change,
    results: Sequence[CheckResult],
    examination: Examination,
    weighed: Sequence[Evidence],
) -> str:
    """The Markdown; every foreign word in it is made harmless."""
    return render(
        "handoff.md.j2",
        offer=offer,
        run=run,
        sandbox=sandbox,
        change=change,
        results=results,
        findings=[finding for finding in examination.findings if finding.risk],
        skipped=examination.skipped,
        guards=examination.guards,
        weighed=weighed,
    )
