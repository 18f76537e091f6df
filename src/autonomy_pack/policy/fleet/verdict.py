"""One row for every repository that was verified: what is wrong with it, or why it was not looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from autonomy_pack.model import Finding, value
from autonomy_pack.policy.fleet.rows import OPTED_OUT, Reason
from autonomy_pack.targets import Target


class Outcome(StrEnum):
    """What came of looking at a repository."""

    FINE = "fine"
    FAULTS = "faults"
    SKIPPED = "skipped"
    NOT_LOOKED_AT = "not looked at"


@value
class Verdict:
    """One repository: its name, what came of looking, why in words, and every finding."""

    name: str
    outcome: Outcome
    why: str
    findings: tuple[Finding, ...] = ()


def of_findings(name: str, findings: tuple[Finding, ...]) -> Verdict:
    """The row of a repository in which the pack is."""
    if not findings:
        return Verdict(name=name, outcome=Outcome.FINE, why="all as it should be")
    return Verdict(name=name, outcome=Outcome.FAULTS, why=f"{len(findings)} to look at", findings=findings)


def without_pack(target: Target) -> Verdict:
    """The row of a repository in which the pack is not: nothing is wrong with that."""
    reasons = (
        (Reason.ARCHIVED, target.archived),
        (Reason.DISABLED, target.disabled),
        (Reason.OPTED_OUT, OPTED_OUT in target.topics),
        (Reason.EMPTY, not target.head),
        (Reason.OLDER_PACK, bool(target.older)),
        (Reason.PROPOSED, target.proposal is not None and target.proposal.state == "open"),
    )
    why = next((reason for reason, true in reasons if true), Reason.NOT_INSTALLED)
    return Verdict(name=target.name, outcome=Outcome.SKIPPED, why=str(why))


def status(verdicts: Iterable[Verdict]) -> int:
    """The exit status: 0 all is fine, 1 something is not, 4 some repository could not be looked at."""
    outcomes = {one.outcome for one in verdicts}
    if Outcome.NOT_LOOKED_AT in outcomes:
        return 4
    return 1 if Outcome.FAULTS in outcomes else 0
