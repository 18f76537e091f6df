"""The end of a session: its counts, its summary, and what is old enough to go."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from autonomy_pack.edges import clock, files
from autonomy_pack.edges.redact import redact
from autonomy_pack.errors import LeaseLost
from autonomy_pack.flows import claim, records
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.flows.survey import Survey
from autonomy_pack.model import Event, Lease, Outcome
from autonomy_pack.policy import names
from autonomy_pack.views import session as view

_KEPT = (Outcome.WAITING, Outcome.BLOCKED)


def finish_session(project: Project, lease: Lease, report: Report, seen: Survey | None = None) -> str:
    """Write the summary of the session that holds `lease`, finish it, and tidy old ones; the summary's path.

    Also called for a session whose process died, by whoever finds it.
    """
    if seen is None:
        taken = claim.take_over(project, lease.key)
        if taken is None:
            return ""
        lease = taken
    name = lease.key.removeprefix("session:")
    path = records.session_folder(project.place, name) / f"AUTONOMOUS_SESSION_{name}.md"
    runs = _runs(project, path.parent)
    started = next(iter(project.store.events(subject=lease.key, kinds=["session.started"])))
    text = view.render(
        name, started, runs, seen.choices if seen else (), seen.broken if seen else (), project.store.now()
    )
    files.write(path, redact(text, records.known_secrets()))
    counts = Counter(str(events[-1].data["outcome"]) for events in runs.values() if events[-1].kind == "run.finished")
    data = {"counts": dict(counts), "summary": str(path.relative_to(project.place.workspace))}
    event = Event(kind="session.finished", subject=lease.key, data=data, key=f"session-finished/{name}")
    try:
        project.store.release(lease, events=[event])
    except LeaseLost:
        return str(path)
    report(event)
    tidy(project)
    return str(path)


def _runs(project: Project, folder: Path) -> dict[str, list[Event]]:
    """The events of each run of a session, run by run, in the order they began."""
    started = sorted(folder.glob("*/run.json"), key=lambda path: path.stat().st_mtime)
    runs = [str(records.read_json(path)["run"]) for path in started]
    return {run: list(project.store.events(run=run)) for run in runs}


def tidy(project: Project) -> None:
    """Remove sessions past their retention, but never a bundle that a waiting or blocked task still needs."""
    sessions = project.place.workspace / "sessions"
    oldest = clock.stamp(clock.later(project.store.now(), -project.config.session_days * 86400))
    needed = {names.path_name(head.run) for head in project.store.heads("task", status=_KEPT)}
    for folder in sessions.iterdir() if sessions.is_dir() else []:
        holds = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if folder.is_dir() and folder.name < oldest and not holds & needed:
            shutil.rmtree(folder, ignore_errors=True)
