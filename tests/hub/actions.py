"""Workflows, their runs, artifacts, check runs and statuses of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from hub.things import App, Artifact, By, CheckRun, Run, Status, Workflow

if TYPE_CHECKING:
    from hub.repository import Repo
    from hub.state import State

FOLDER = ".github/workflows"


@lru_cache(maxsize=512)
def _read(text: str) -> Mapping[Any, Any] | None:
    """A workflow's mapping, None when it is none; a text that thousands of repositories share is parsed once."""
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return read if isinstance(read, dict) else None


class Artifacts:
    """What jobs left behind. Any job of a run may add one of any name: names are not unique across attempts."""

    def __init__(self, state: State, repo: Repo) -> None:
        self._state, self._repo = state, repo
        self.all: list[Artifact] = []

    def add(self, run_id: int, name: str, data: bytes, *, expired: bool = False) -> Artifact:
        """Keep a zip as an artifact of a run."""
        new = self._state.id()
        made = Artifact(new, self._state.node_id("AR", new), name, run_id, data, self._state.clock.tick(), expired)
        self.all.append(made)
        return made

    def of(self, run_id: int) -> list[Artifact]:
        """The artifacts of a run, newest first, as the API lists them."""
        return [each for each in reversed(self.all) if each.run_id == run_id]

    def get(self, id: int) -> Artifact | None:
        """The artifact with that id."""
        return next((each for each in self.all if each.id == id), None)


class Actions:
    """Mixed into Repo."""

    def __init__(self: Repo) -> None:
        self.artifacts = Artifacts(self.state, self)
        self.runs: list[Run] = []
        self.checks: list[CheckRun] = []
        self.statuses: list[Status] = []
        self._workflows: dict[str, Workflow] = {}

    def workflow(self: Repo, file: str) -> Workflow:
        """The workflow of a file name; it is remembered even if no such file is committed."""
        path = file if "/" in file else f"{FOLDER}/{file}"
        if path not in self._workflows:
            new, at = self.state.id(), self.state.clock.now()
            name = (self._parsed(path) or {}).get("name") or path
            made = Workflow(new, self.state.node_id("W", new), path, str(name), at, at)
            self._workflows[path] = self.state.keep(made, self)
        return self._workflows[path]

    def workflows(self: Repo) -> list[Workflow]:
        """Those on the default branch and those named before."""
        commit = self.git.commit(self.head())
        folder = self.git.at(commit.tree, FOLDER) if commit else None
        for entry in self.git.tree(folder.oid) if folder else []:
            if entry.name.endswith((".yml", ".yaml")):
                self.workflow(entry.name)
        return list(self._workflows.values())

    def workflow_named(self: Repo, name: str) -> Workflow | None:
        """By id or by file name, None when there is none."""
        return next((each for each in self.workflows() if name in (str(each.id), each.path.rpartition("/")[2])), None)

    def _parsed(self: Repo, path: str, ref: str = "") -> Mapping[Any, Any] | None:
        return _read(self.file(path, ref) or "")

    def triggers(self: Repo, workflow: Workflow, ref: str = "") -> Iterable[str]:
        """The events that start a workflow."""
        parsed = self._parsed(workflow.path, ref) or {}
        on = parsed.get("on", parsed.get(True, []))
        return [on] if isinstance(on, str) else list(on or [])

    def start_run(
        self: Repo,
        file: str,
        *,
        event: str = "workflow_dispatch",
        branch: str = "",
        head: str = "",
        by: Any = "octo",
        status: str = "in_progress",
        conclusion: str | None = None,
        id: int = 0,
    ) -> Run:
        """A run of a workflow begins."""
        number, at, name = id or self.state.id(), self.state.clock.tick(), branch or self.default_branch
        made = Run(
            number, self.state.node_id("WFR", number), len(self.runs) + 1, self.workflow(file), event, name,
            head or self.head(name), self.state.by(by), at, at, status=status, conclusion=conclusion,
        )  # fmt: skip
        self.runs.append(self.state.keep(made, self))
        return made

    def run_of(self: Repo, id: int) -> Run | None:
        """The run with that id."""
        return next((each for each in self.runs if each.id == id), None)

    def workflows_start(self: Repo, event: str, branch: str, head: str, by: By, *, pull: int = 0) -> None:
        """Start what listens to an event. GITHUB_TOKEN starts nothing, but for pull requests runs that wait for a person."""
        from_actions = by.app is not None and by.app.slug == "github-actions"
        if (from_actions and event != "pull_request") or not self.settings.actions_enabled:
            return
        for workflow in self.workflows():
            if workflow.state == "active" and event in self.triggers(workflow, head):
                status, conclusion = ("completed", "action_required") if from_actions else ("queued", None)
                run = self.start_run(
                    workflow.path, event=event, branch=branch, head=head, by=by, status=status, conclusion=conclusion
                )
                run.pulls = [pull] if pull else []

    def check(self: Repo, name: str, head: str, *, app: App | None = None, **more: Any) -> CheckRun:
        """A check run of an App (GitHub Actions' if none is named)."""
        new = self.state.id()
        made = CheckRun(new, self.state.node_id("CR", new), name, head, app or self.state.app("github-actions"), **more)
        made.started = made.started or self.state.clock.tick()
        if made.conclusion:
            made.status, made.completed = "completed", made.completed or self.state.clock.now()
        self.checks.append(self.state.keep(made, self))
        return made

    def set_status(
        self: Repo, head: str, state: str, context: str, by: Any, description: str | None = None, url: str | None = None
    ) -> Status:
        """A commit status."""
        new = self.state.id()
        made = Status(
            new,
            self.state.node_id("SC", new),
            context,
            state,
            description,
            url,
            head,
            self.state.by(by),
            self.state.clock.tick(),
        )
        self.statuses.append(made)
        return made
