"""Missions as text: the list, the problems, and what one would do. Nothing in a mission file can act on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.model import Finding, Input, Mission
from autonomy_pack.views.table import table

Programs = Sequence[tuple[str, tuple[str, ...]]]


def listing(rows: Iterable[tuple[str, str, Mission | None, Sequence[Finding]]]) -> str:
    """(name, file, mission, problems) of each mission: what it is for, or what is wrong with it."""
    cells: list[tuple[object, ...]] = [("mission", "version", "agent", "what it does")]
    for name, file, mission, problems in rows:
        if mission:
            cells.append((name, f"v{mission.version}", mission.agent or "as configured", mission.goal))
        else:
            cells.append((name, "–", "–", f"broken: {problems[0].where or file}: {problems[0].says}"))
    return table(cells)


def problem(finding: Finding) -> str:
    """A problem and its next step."""
    return f"{one_line(finding.where)}: {finding.says}\n  Next: {finding.fix}"


def explained(mission: Mission, programs: Programs) -> str:
    """What the mission takes, does, may run, and where it ends."""
    return "\n".join(_explained(mission, programs))


def _explained(mission: Mission, programs: Programs) -> Iterator[str]:
    agent = mission.agent or "as configured"
    yield f"{mission.name} v{mission.version} · {mission.type} · agent {agent} · {one_line(mission.source)}"
    yield one_line(mission.goal, 2000)
    yield from _part("Inputs", [_input(one) for one in mission.inputs], "none")
    steps = [f"{number}  {step.tool}  {_json(step.arguments)}" for number, step in enumerate(mission.steps, 1)]
    yield from _part("Steps", steps, "none: the agent decides")
    yield from _part("Programs it runs", [f"{why}: {_json(argv)}" for why, argv in programs], "none")
    yield from _part("Constraints", [one_line(one, 2000) for one in mission.constraints], "")
    success = [
        f"check {one.check} exits 0" + (f" for {one.criterion}" if one.criterion else "") for one in mission.success
    ]
    yield from _part(
        "Evidence of the criteria", [one_line(one) for one in success], "none: a handoff says Refs, not Closes"
    )
    yield from _part("Bounds", list(_bounds(mission)), "")


def _part(title: str, lines: Sequence[str], otherwise: str) -> Iterator[str]:
    shown = list(lines) or ([otherwise] if otherwise else [])
    if shown:
        yield f"\n{title}"
        yield from (f"  {line}" for line in shown)


def _input(one: Input) -> str:
    said = [one.type, "required" if one.required else f"default {_json(one.default)}"]
    said += [f'field "{one.field}"'] if one.field else ["only by --input"]
    said += [f"one of {', '.join(one.choices)}"] if one.choices else []
    return one_line(f"{one.name}: {' · '.join(said)}", 400)


def _bounds(mission: Mission) -> Iterator[str]:
    limits = mission.limits
    steps = f"at most {limits.steps} step{'' if limits.steps == 1 else 's'}"
    yield f"{steps} · {limits.minutes:g} minutes · stalled after {limits.stall_minutes:g} minutes of silence"
    yield f"${limits.usd:g} · {limits.tokens} tokens" if limits.usd or limits.tokens else "no model may be called"
    yield f"tools: {', '.join(mission.tools) or 'none: it may only read'}"
    yield f"a person is asked from risk {mission.ask_from}; blocked from risk {mission.block_from}"
    if mission.requires_approval:
        yield "every change waits for a person"
    if mission.plan_only:
        yield "it gives a plan and no change"
    if mission.repair:
        yield f"a failed check goes back to the agent up to {mission.repair} times"


def _json(item: object) -> str:
    return one_line(json.dumps(item, ensure_ascii=False, default=dict), 2000)
