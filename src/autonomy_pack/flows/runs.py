"""Looking back at runs: list, show, explain, and the way back to a kept change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autonomy_pack.edges import files, git, workspace
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import records
from autonomy_pack.flows.project import Project, task_named
from autonomy_pack.model import Event, value
from autonomy_pack.policy import names


@value
class Past:
    """One run: its id, its events in order, and the folder of its records (None when they are gone)."""

    id: str
    events: tuple[Event, ...]
    folder: Path | None

    def last(self, kind: str) -> Event | None:
        """The newest event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)


def all_of(project: Project, limit: int) -> list[Past]:
    """The newest runs, newest first."""
    claims = list(project.store.events(kinds=["task.claimed"]))
    return [_past(project, event.run) for event in reversed(claims[-limit:])]


def find(project: Project, named: str) -> Past:
    """A run by its id, or the newest run of an issue or task of that name."""
    whole, slash, fence = named.rpartition("/")
    is_run = bool(slash) and fence.isdecimal()
    issue, at, event = (whole if is_run else named).partition("@")
    task = task_named(project.store, project.place, project.config, issue)
    if is_run:
        found = _past(project, f"{task}{at}{event}/{fence}")
    else:
        head = project.store.head(task)
        found = _past(project, head.run if head else "")
    if not found.events:
        raise UsageError(f"there is no run {named}", "`autonomy run list` shows the runs that are known.")
    return found


def _past(project: Project, run: str) -> Past:
    try:
        folder: Path | None = records.find_run(project.place, run)
    except UsageError:
        folder = None
    return Past(id=run, events=tuple(project.store.events(run=run)) if run else (), folder=folder)


def record(past: Past) -> dict[str, Any]:
    """Its run.json."""
    return records.read_json(_folder(past) / "run.json")


def transcript(past: Past) -> list[dict[str, Any]]:
    """The inside of the run, event by event."""
    return list(records.read_transcript(_folder(past)))


def log(past: Past) -> str:
    """What the agent and the checks printed, as far as it was kept."""
    folder = _folder(past)
    parts = [path for path in [folder / "agent.log", *sorted(folder.glob("checks/*.log"))] if path.exists()]
    texts = [
        f"==> {path.relative_to(folder)} <==\n{files.read(path, limit=1 << 30).decode(errors='replace')}"
        for path in parts
    ]
    return "\n".join(texts) or "nothing was printed\n"


def _folder(past: Past) -> Path:
    if past.folder is None and names.pending_ref(past.id):
        raise UsageError(f"the records of run {past.id} are not on this machine: it ran on GitHub", _elsewhere(past))
    if past.folder is None:
        raise UsageError(f"the records of run {past.id} are gone", "They are kept for retention.sessions days.")
    return past.folder


def _elsewhere(past: Past) -> str:
    """Where the change of a run on GitHub can be looked at."""
    made, asked = past.last("handoff.made"), past.last("decision.asked")
    if made:
        return f"Its change is {made.data['url']}."
    if asked:
        return f"`git fetch origin {names.pending_ref(past.id)} && git show FETCH_HEAD` shows its change."
    return "The comment on its issue links the run; its artifacts have the change and the transcript."


def diff(project: Project, past: Past) -> str:
    """The change the run made, as a diff; read from its kept bundle."""
    change = _bring_in(project, past)
    words = ("diff-tree", "-p", "--no-ext-diff", "--no-textconv", change.data["base"], change.data["head"])
    return git.run(*words, at=project.place.git_dir).decode("utf-8", "backslashreplace")


def recover(project: Project, past: Past) -> str:
    """Make the kept change a branch, `recovered/RUN`, for a person to look at; the branch's name."""
    change = _bring_in(project, past)
    branch = f"recovered/{names.path_name(past.id).strip('.-')}"
    head = change.data["head"]
    code, tip = git.answer("rev-parse", "-q", "--verify", f"refs/heads/{branch}", at=project.place.git_dir, ok=(0, 1))
    if code == 0 and git.text(tip) != head:
        raise UsageError(f"branch {branch} exists with other work", f"Rename it: `git branch -m {branch} …`.")
    if code:
        git.run("update-ref", f"refs/heads/{branch}", head, "0" * 40, at=project.place.git_dir)
    return branch


def _bring_in(project: Project, past: Past) -> Event:
    change = past.last("change.made")
    if change is None:
        raise UsageError(f"run {past.id} made no change", "There is nothing to recover.")
    bundle = _folder(past) / str(change.data["bundle"])
    workspace.unbundle(bundle, change.data["sha256"], change.data["head"], into=project.place.git_dir)
    return change
