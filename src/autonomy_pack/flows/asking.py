"""Questions that end a run before it has anything to hand off: may this step be done, and what does the agent ask."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges import clock
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.records import known_secrets
from autonomy_pack.model import Event, Outcome, Risk, Task
from autonomy_pack.policy import names, steps
from autonomy_pack.policy.steps import Call

STEP, GUIDANCE = "step", "guidance"
_QUESTION, _OPTION, _OPTIONS = 1000, 200, 10


def about_step(job: Job, call: Call, risk: Risk) -> Ending:
    """End the run with a question about exactly this step."""
    action = steps.action_sha256(job.run.task, job.run.mission.sha256, call)
    return _ending(job, STEP, _clean(steps.question(call, risk), _QUESTION), (steps.ALLOW,), action)


def allowed_by(job: Job, call: Call) -> str:
    """The decision by which a person allowed exactly this step, "" when nobody did."""
    action = steps.action_sha256(job.run.task, job.run.mission.sha256, call)
    for head in job.project.store.heads("decision", status=["answered"]):
        if head.action_sha256 == action and names.task_of_run(head.run) == job.run.task.id:
            return head.subject
    return ""


def about_question(job: Job, question: str, options: Sequence[str]) -> Ending:
    """End the run with what the agent asks; with the question as why where nobody could answer it later."""
    asked = _clean(question, _QUESTION) or "(it asks nothing)"
    if not job.terms.can_ask:
        why = f"the agent asks: {asked[:400]} Say it in the issue; a changed text is tried anew"
        return Ending(outcome=Outcome.BLOCKED, why=why)
    choices = tuple(filter(None, dict.fromkeys(_clean(one, _OPTION) for one in options[:_OPTIONS])))
    action = guidance_sha256(job.run.task, job.run.mission.sha256, asked, choices)
    return _ending(job, GUIDANCE, asked, choices, action)


def guidance_sha256(task: Task, mission_sha256: str, question: str, choices: Sequence[str]) -> str:
    """The hash that an answer to an agent's question binds to: this mission, this text, this question."""
    return names.sha256(
        {
            "kind": GUIDANCE,
            "repo": task.repo,
            "task": task.id,
            "pin": task.pin,
            "mission_sha256": mission_sha256,
            "question": question,
            "options": list(choices),
        }
    )


def _clean(text: str, longest: int) -> str:
    return one_line(redact(text, known_secrets()), longest)


def _ending(job: Job, kind: str, question: str, options: Sequence[str], action: str) -> Ending:
    decision = names.decision_id(job.run.id, action)
    hours = job.project.config.decision_hours
    data: dict[str, object] = {
        "kind": kind,
        "question": question,
        "options": [*(one for one in options if one != steps.DENY), steps.DENY],
        "default": steps.DENY,
        "deadline": clock.later(job.project.store.now(), hours * 3600),
        "action_sha256": action,
        "may_answer": ["person"],
    }
    event = Event(kind="decision.asked", subject=decision, run=job.run.id, data=data, key=f"ask/{decision}")
    return Ending(outcome=Outcome.WAITING, why=f"{decision}: {question[:400]}", events=(event,))
