"""What a person has to see of a decision before answering it: the step that waits, and what was said so far."""

from __future__ import annotations

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import agreement, asking, boundary, records
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Decision
from autonomy_pack.policy import steps
from autonomy_pack.policy.steps import Call
from autonomy_pack.views import step as view
from autonomy_pack.views.decision import Shown


def shown(project: Project, decision: Decision) -> Shown:
    """All of it, as far as its records are here."""
    call = call_of(project, decision)
    agent = _agent(project, decision)
    said = [one for one in agreement.words(project.store, decision.subject) if one.decision != decision.id]
    if call is None:
        return Shown(agent=agent, before=tuple(said))
    risk = boundary.risk_of(agent, call.tool)
    return Shown(
        agent=agent,
        before=tuple(said),
        call=call,
        risk=risk,
        step=view.text(call, risk, "", records.known_secrets()),
    )


def call_of(project: Project, decision: Decision) -> Call | None:
    """The very step that waits for the answer, as its run announced it; None where it is about no step, or where the
    records of its run are gone.
    """
    if decision.kind != asking.STEP:
        return None
    try:
        folder = records.find_run(project.place, decision.run)
    except UsageError:
        return None
    announced = None
    for line in records.read_transcript(folder):
        if line["kind"] == "step.started":
            announced = steps.announced(line["data"])
        elif line["kind"] == "step.answered" and line["data"]["by"] == decision.id:
            return announced
    return None


def _agent(project: Project, decision: Decision) -> str:
    begun = next(iter(project.store.events(run=decision.run, kinds=["run.started"])), None)
    return str(begun.data["agent"]) if begun else ""
