"""How a dry run is printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows.rehearse import Rehearsal
from autonomy_pack.policy.names import canonical


def data(one: Rehearsal) -> dict[str, Any]:
    """The rehearsal as data."""
    findings = one.examination.findings if one.examination else ()
    return {
        "task": one.task.id,
        "mission": one.mission.name,
        "steps": [{"tool": step.tool, "arguments": step.arguments} for step in one.steps],
        "outcome": str(one.ending.outcome) if one.ending else None,
        "why": one.ending.why if one.ending else one.why_not,
        "prompt": redact(one.prompt),
        "parts": [dict(part) for part in one.parts],
        "diff": redact(one.diff),
        "findings": [{"rule": f.rule, "risk": str(f.risk), "says": f.says, "where": f.where} for f in findings],
    }


def text(one: Rehearsal) -> str:
    """The rehearsal for a reader: what would be done, what the guards would say, the whole diff."""
    lines = [f"{one.task.id}  {one_line(one.task.title, 80)}  mission {one.mission.name}"]
    lines += [f"  step {number}  {step.tool}  {canonical(step.arguments)}" for number, step in enumerate(one.steps, 1)]
    lines += [f"  would end: {one.ending.outcome}: {one.ending.why}"] if one.ending else []
    for finding in one.examination.findings if one.examination else ():
        lines.append(f"  {finding.risk}  {finding.rule}  {finding.where}: {finding.says}")
    lines += [f"  a run could not begin here: {one_line(one.why_not, 400)}"] * bool(one.why_not)
    if one.prompt:
        limits = one.mission.limits
        lines.append(
            f"  A dry run calls no model. At most ${limits.usd:g} and {limits.tokens} tokens; it would be told:"
        )
        return "\n".join([*lines, *map(_part, one.parts), "", one.prompt])
    return "\n".join([*lines, one.diff or "  (no change)"])


def _part(part: Mapping[str, Any]) -> str:
    size = f"  {part['bytes']} bytes" if part["bytes"] else ""
    cut = f", {part['cut']} characters left out" if part["cut"] else ""
    return f"  {part['rank']:<10} {one_line(part['source'], 60)}{size}{cut}"
