"""What the words of agents about a pull request mean: each may raise its risk, none lowers what was found. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Finding, Opinion, Risk, value

RULE = "review"
_NAMED = 10


@value
class Weighed:
    """All that is known of a pull request: `risk` is the highest that anybody named; `unknown` the agents of which
    nothing could be made."""

    risk: Risk
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]

    def exit_code(self, ask_from: Risk) -> int:
        """4 when an agent gave no opinion, for then something is missing; 1 when a person should look; else 0."""
        if self.unknown:
            return 4
        return 1 if self.risk >= ask_from else 0


def opinion(agent: str, document: Mapping[str, Any]) -> Opinion:
    """The opinion in a document of `schemas/returns-review.json`; its risk is never below that of its findings."""
    findings = tuple(
        Finding(
            rule=RULE,
            risk=Risk.parse(str(one["risk"])),
            says=one_line(str(one["says"]), 500),
            fix=one_line(str(one["fix"]), 500),
            where=one_line(str(one["where"]), 300),
        )
        for one in document["findings"]
    )
    risk = max([Risk.parse(str(document["risk"])), *(one.risk for one in findings)])
    return Opinion(agent=agent, risk=risk, summary=str(document["summary"]), findings=findings)


def unknown(agent: str, why: str) -> Opinion:
    """No opinion, and why there is none."""
    return Opinion(agent=agent, why=one_line(why, 500) or "it gave none")


def weigh(found: Sequence[Finding], opinions: Sequence[Opinion]) -> Weighed:
    """What guards found, and what agents say of it: the highest of all."""
    every = (*found, *(finding for one in opinions for finding in one.findings))
    risks = [*(one.risk for one in every), *(one.risk for one in opinions if one.risk is not None)]
    missing = tuple(one.agent for one in opinions if one.risk is None)
    ordered = tuple(sorted(every, key=lambda one: (-one.risk, one.where)))
    return Weighed(risk=max(risks, default=Risk.LOW), findings=ordered, unknown=missing)


def of_unseen(left_out: int, where: str) -> list[Finding]:
    """The finding that a change was too long to be shown whole; none when it was not."""
    if not left_out:
        return []
    says = f"{left_out:,} characters of the change were shown to no agent: it is too long"
    fix = "Read the middle of the change yourself, or ask for a smaller one."
    return [Finding(rule=RULE, risk=Risk.MEDIUM, says=says, fix=fix, where=where)]


def of_unshown(paths: Sequence[str], where: str) -> list[Finding]:
    """The finding that names files of which no agent was shown the content; none when there are none."""
    if not paths:
        return []
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    named = ", ".join(one_line(path, 80) for path in paths[:_NAMED])
    says = f"not shown to the reviewers: {named}{more}"
    fix = "Read these files yourself: they are binary, larger than 256 KiB, or too many."
    return [Finding(rule=RULE, risk=Risk.MEDIUM, says=says, fix=fix, where=where)]
