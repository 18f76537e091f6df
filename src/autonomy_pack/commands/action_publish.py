"""The one step of job `publish`: what the attempts claim is examined, and what holds is handed off."""

from __future__ import annotations

from autonomy_pack.commands import told
from autonomy_pack.commands.in_job import InJob
from autonomy_pack.edges import actions, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import governing, plans
from autonomy_pack.views.render import sentence


def publish() -> int:
    """Hand off every attempt of AUTONOMY_PLAN that holds; the exit code is the worst of theirs."""
    from autonomy_pack.flows.actions import publish as publishing

    job = InJob()
    plan = plans.from_json(host.setting("AUTONOMY_PLAN"))
    job.heed_variable()
    config = governing.config_of(job.github.look().files)
    session = publishing.publish(
        job.github, job.remote, job.store, job.run, plan, told.folder() / "publish", box.choose(config, None)
    )
    actions.summary(session.summary)
    for row in session.rows:
        if row.fix:
            actions.error(f"#{row.issue}: {sentence(one_line(row.why, 600))} Next: {one_line(row.fix, 1000)}")
        elif row.outcome in publishing.BAD:
            actions.error(f"#{row.issue}: {row.outcome.replace('_', ' ')}: {one_line(row.why, 500)}")
    actions.output("session", f"autonomy-session-{job.run.attempt}")
    return session.exit_code
