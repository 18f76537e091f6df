"""What verifying found: on a terminal, as data, as a table for a spreadsheet, and as a report with every finding."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Finding
from autonomy_pack.policy.fleet.verdict import Outcome, Verdict
from autonomy_pack.views.render import cell, line

_COLUMNS = ("repository", "outcome", "why", "rule", "risk", "where", "says", "fix")
_FORMULA = ("=", "+", "-", "@")
_LIMIT = 400


def finding(one: Finding) -> str:
    """A finding for a terminal: which, where, why, and what to do."""
    return f"{one.risk!s:8}  {one.rule:20}  {_plain(one.where)}\n  {_plain(one.says)}\n  → {_plain(one.fix)}"


def lines(verdict: Verdict) -> Iterator[str]:
    """A repository for a terminal, with all of its findings."""
    yield f"{verdict.outcome!s:14} {_plain(verdict.name)}  ({_plain(verdict.why)})"
    for one in verdict.findings:
        yield "\n".join(f"  {part}" for part in finding(one).split("\n"))


def summary(verdicts: Iterable[Verdict]) -> str:
    """How many repositories of each kind, and which rules were told most."""
    every = list(verdicts)
    counts = Counter(one.outcome for one in every)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    rules = Counter(one.rule for verdict in every for one in verdict.findings)
    most = ", ".join(f"{count} {rule}" for rule, count in rules.most_common(5))
    return f"{len(every)} repositories: {told}." + (f" Most: {most}." if most else "")


def data(verdict: Verdict) -> dict[str, Any]:
    """A repository for programs."""
    return {
        "repository": _plain(verdict.name),
        "outcome": str(verdict.outcome),
        "why": _plain(verdict.why),
        "findings": [of_finding(one) for one in verdict.findings],
    }


def of_finding(one: Finding) -> dict[str, str]:
    """A finding for programs."""
    words = {"says": _plain(one.says), "fix": _plain(one.fix), "where": _plain(one.where)}
    return {"rule": one.rule, "risk": str(one.risk), **words}


def table(verdicts: Iterable[Verdict]) -> str:
    """Comma-separated values: a line for each finding, and one for each repository without any."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for verdict in verdicts:
        told = data(verdict)
        for one in told["findings"] or [{}]:
            row = [{**told, **one}.get(column, "") for column in _COLUMNS]
            rows.writerow([calm(word) for word in row])
    return out.getvalue()


def report(verdicts: Iterable[Verdict], title: str) -> str:
    """A report in Markdown: every repository, and a table of every finding of each."""
    every = list(verdicts)
    parts = [f"# Verified: {_dead(title)}\n\n{_dead(summary(every))}\n"]
    parts += ["\n".join(_section(one)) for one in every if one.findings]
    rest = [f"| {_cell(one.name)} | {one.outcome} | {_cell(one.why)} |" for one in every if not one.findings]
    if rest:
        parts.append(
            "\n".join(["## Nothing to tell of\n", "| repository | outcome | why |", "|---|---|---|", *rest, ""])
        )
    return "\n".join(parts)


def _section(verdict: Verdict) -> Iterator[str]:
    yield f"## {_dead(verdict.name)}: {verdict.outcome}\n"
    yield "| rule | risk | where | what is the matter | what to do |"
    yield "|---|---|---|---|---|"
    for one in verdict.findings:
        words = " | ".join(_cell(word) for word in (one.where, one.says, one.fix))
        yield f"| {one.rule} | {one.risk} | {words} |"
    yield ""


def _plain(text: str) -> str:
    return one_line(redact(text), _LIMIT)


def _dead(text: str) -> str:
    return line(redact(text), _LIMIT)


def _cell(text: str) -> str:
    return cell(redact(text), _LIMIT)


def calm(word: str) -> str:
    """A spreadsheet computes what begins like a formula."""
    return f"'{word}" if word.startswith(_FORMULA) else word
