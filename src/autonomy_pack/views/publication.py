"""What the publish job says: the one status comment of an issue, and the summary of its session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy_pack.model import COUNTED_OUTCOMES, CheckResult, Event, FileChange, Finding, Outcome, value
from autonomy_pack.views.render import render as _render
from autonomy_pack.views.render import words

# Under which name an attempt's bundle holds its commit.
BUNDLE_REF = "refs/attempt/result"


@value
class Row:
    """One leg as people read of it. `failed`: it is not finished, and running again helps; `fix`: after this was done.

    `failed_checks` are those that did not exit 0, with the end of what they printed.
    """

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
    fix: str = ""
    notes: tuple[str, ...] = ()
    failed_checks: tuple[CheckResult, ...] = ()


@value
class Shown:
    """A change, and where it can be looked at: `url` its commit's address, `ref` the ref that keeps it, `artifact` the
    artifact of the run that holds its bundle; each "" where there is none."""

    files: tuple[FileChange, ...]
    url: str = ""
    ref: str = ""
    artifact: str = ""

    @property
    def added(self) -> int:
        """Lines."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """Lines."""
        return sum(file.removed for file in self.files)


_NEXT: Mapping[str, str] = {
    Outcome.HANDED_OFF: "review and merge",
    Outcome.WAITING: "answer on the issue",
    Outcome.BLOCKED: "look at it, then change the issue or comment `/autonomy retry`",
    Outcome.NO_CHANGE: "say in the issue what is missing",
    Outcome.STOPPED: "take the stop away",
    Outcome.STALE: "nothing: it is queued again",
    Outcome.OVER_BUDGET: "nothing: it goes on when the budget's window passes, or raise what it names",
    Outcome.RATE_LIMITED: "nothing: it is tried again later",
}


def next_step(outcome: str, left: int | None = None) -> str:
    """What a person would do next; `left`: how many attempts the issue's text still has, None when nobody knows."""
    if outcome in COUNTED_OUTCOMES and left == 0:
        return "no attempt is left: change the issue, or comment `/autonomy retry`"
    if outcome in COUNTED_OUTCOMES and outcome != Outcome.NO_CHANGE and left:
        return f"look at the log; it is tried again ({left} attempt{'s' * (left != 1)} left)"
    return _NEXT.get(outcome, "look at the log; it is tried again as long as attempts are left")


_MENDING: Mapping[str, str] = {
    Outcome.HANDED_OFF: "wait for its workflows, then review and merge",
    Outcome.BLOCKED: "look at it; dispatching the repair with this number tries again",
    Outcome.NO_CHANGE: "look at it; dispatching the repair with this number tries again",
}


def next_mending(outcome: str, left: int | None = None) -> str:
    """The same, of a pull request that was to be mended."""
    if outcome in COUNTED_OUTCOMES and left == 0:
        return "no attempt is left: a person goes on with it"
    return _MENDING.get(outcome) or next_step(outcome, left)


# Outcomes of a run job that need no red mark.
FINE = ("produced", Outcome.NO_CHANGE, Outcome.STALE, Outcome.STOPPED)


def plain(outcome: str) -> str:
    """An outcome of a run job as people say it."""
    return "a change was made, and its checks passed" if outcome == "produced" else words(outcome)


def ended(check: CheckResult) -> str:
    """How a check ended, in words."""
    return "was ended by its time limit" if check.exit is None else f"ended with exit {check.exit}"


def leg(issue: str, outcome: str, why: str, failed: Sequence[CheckResult]) -> str:
    """What the `run` job says of its attempt, as Markdown."""
    return _render("leg.md.j2", issue=issue, outcome=plain(outcome), why=why, failed=failed[:5], ended=ended)


def status(
    outcome: str,
    why: str,
    run: str,
    run_url: str,
    *,
    number: int | None = None,
    asked: Event | None = None,
    findings: Sequence[Finding] = (),
    change: Shown | None = None,
    failed: Sequence[CheckResult] = (),
    next_: str = "",
) -> str:
    """The Markdown of the status comment; every foreign word in it is made harmless."""
    return _render(
        "status.md.j2",
        outcome=words(outcome),
        why=why,
        next=next_ or next_step(outcome),
        run=run,
        run_url=run_url,
        number=number,
        asked=asked,
        findings=findings[:10],
        change=change,
        run_id=run_url.rpartition("/")[2],
        bundle_ref=BUNDLE_REF,
        failed=failed[:5],
        ended=ended,
    )


def summary(name: str, rows: Sequence[Row], run_url: str, repo: str, *, public: bool) -> str:
    """AUTONOMOUS_SESSION_*.md, which is the step summary too."""
    server = run_url.partition(f"/{repo}/actions/")[0]
    return _render(
        "publication.md.j2",
        name=name,
        rows=rows,
        run_url=run_url,
        server=server,
        repo=repo,
        public=public,
        words=words,
        ended=ended,
    )
