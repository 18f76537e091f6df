"""What the publish job says: the one status comment of an issue, and the summary of its session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy_pack.model import Event, Finding, Outcome, value
from autonomy_pack.views.render import render as _render
from autonomy_pack.views.render import words


@value
class Row:
    """One leg as people read of it. `failed`: it is not finished, and running again helps."""

    issue: str
    outcome: str
    agent: str
    why: str
    next: str
    run: str = ""
    title: str = ""
    url: str = ""
    usd: float = 0.0
    failed: bool = False
    notes: tuple[str, ...] = ()


_NEXT: Mapping[str, str] = {
    Outcome.HANDED_OFF: "review and merge",
    Outcome.WAITING: "answer on the issue",
    Outcome.BLOCKED: "look at it, then change the issue or comment `/autonomy retry`",
    Outcome.NO_CHANGE: "say in the issue what is missing",
    Outcome.STOPPED: "take the stop away",
    Outcome.STALE: "nothing: it is queued again",
}


def next_step(outcome: str) -> str:
    """What a person would do next."""
    return _NEXT.get(outcome, "look at the log; it is tried again as long as attempts are left")


def status(
    outcome: str,
    why: str,
    run: str,
    run_url: str,
    *,
    number: int | None = None,
    asked: Event | None = None,
    findings: Sequence[Finding] = (),
) -> str:
    """The Markdown of the status comment; every foreign word in it is made harmless."""
    return _render(
        "status.md.j2",
        outcome=words(outcome),
        why=why,
        next=next_step(outcome),
        run=run,
        run_url=run_url,
        number=number,
        asked=asked,
        findings=findings[:10],
    )


def summary(name: str, rows: Sequence[Row], run_url: str, repo: str, *, public: bool) -> str:
    """AUTONOMOUS_SESSION_*.md, which is the step summary too."""
    return _render("publication.md.j2", name=name, rows=rows, run_url=run_url, repo=repo, public=public, words=words)
