"""A plan instead of code, where the topic is one that only people may change."""

from __future__ import annotations

from autonomy_pack.edges import files
from autonomy_pack.flows.job import Job
from autonomy_pack.policy import names, topics
from autonomy_pack.views import plan as view


def is_wanted(job: Job) -> bool:
    """Whether the mission or one of the issue's topics says: a plan, no code."""
    return job.run.mission.plan_only or bool(topics.plan_only(job.run.task.labels, job.project.config.plan_only))


def write(job: Job) -> None:
    """Write the plan as the change: docs/plans/ID-SLUG.md."""
    task = job.run.task
    path = job.space.work / "docs" / "plans" / f"{task.issue}-{names.slug(task.title)}.md"
    files.write(path, view.render(task, job.run.mission, job.steps))
