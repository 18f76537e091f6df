"""The last step of each job, whatever became of the others."""

from __future__ import annotations

from autonomy_pack.commands import told
from autonomy_pack.edges import actions, host
from autonomy_pack.edges.sanitize import one_line


def report() -> int:
    """Add to the summary what each of our steps did; a job without any note says where to look."""
    status = one_line(host.setting("AUTONOMY_STATUS", "unknown"), 20)
    job = one_line(host.setting("GITHUB_JOB", "job"), 60)
    rows = [f"| {one['step']} | {one['code']} | {one['seconds']} |" for one in told.notes()]
    table = "\n".join(["| step | exit | seconds |", "| --- | --- | --- |", *rows])
    nothing = "None of our steps began: look at the log of the steps before them."
    actions.summary(f"<details><summary>{job}: {status}</summary>\n\n{table if rows else nothing}\n\n</details>\n")
    return 0
