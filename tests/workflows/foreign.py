"""A foreign repository that calls our workflows, and a copy of the pack as it is now, both on the hub, run by act."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autonomy_pack.views.callers import callers
from hub import Hub, Request
from hub.act import Act, Running, clone, start
from tests.workflows.rules import FOLDER, LOOP, ROOT

SITE, PACK = "other/site", "acme/autonomy-pack"
HIGH = "priority:high"
MISSION = """version: 1
name: fix
goal: Write the note.
tools: [write]
steps: [{write: {path: note.txt, text: "Done\\n"}}]
"""
CONFIG = "version: 1\nmission: fix\nchecks: [{name: tests, run: [test, -f, a.txt]}]\n"
BODY = "Please.\n\n## Acceptance Criteria\n- [ ] The note is there\n"
# What a job needs of the pack; the rest of a checkout would only cost time.
SHIPPED = ("src", "scripts", ".github", "requirements.lock", "action.yml", "pyproject.toml", "README.md")


class Foreign:
    """other/site: ada may write, eve only read; its callers are what our installer renders, pinned to `sha`."""

    def __init__(self, hub: Hub, folder: Path, files: Mapping[str, str] | None = None, *, private: bool = True) -> None:
        self.hub, self.folder = hub, folder
        self.pack = hub.repo(PACK, files={"README.md": "x"})
        self.sha = _push(self.pack.git_dir)
        rendered = callers(PACK, self.sha, "0.1.0", hosted=False, review=True)
        governing = {".github/autonomy.yml": CONFIG, ".github/autonomy/missions/fix.yml": MISSION}
        self.repo = hub.repo(SITE, files={"a.txt": "A\n", **governing, **rendered, **(files or {})}, private=private)
        hub.user("ada", permission={SITE: "write"})
        hub.user("eve", permission={SITE: "read"})
        self.clones = 0

    def issue(self, *labels: tuple[str, str], author: str = "ada", title: str = "Write the note") -> int:
        """An issue, labelled priority:high by ada unless told otherwise; its number."""
        return int(self.repo.issue(title, BODY, author, list(labels or ((HIGH, "ada"),))).number)

    def begin(
        self,
        event: str = "workflow_dispatch",
        workflow: str = LOOP,
        *,
        payload: Mapping[str, Any] | None = None,
        text: str = "",
        **more: Any,
    ) -> Running:
        """Begin a run of a caller, as GitHub would: its own number, its own token with the permissions of our jobs."""
        run = self.repo.start_run(workflow, event=event)
        self.run = run
        token = self.hub.job_token(SITE, text or (FOLDER / workflow).read_text(), run_id=run.id)
        self.clones += 1
        place = clone(self.repo, self.folder / f"clone-{self.clones}")
        whole = {
            "repository": {"fork": False, "private": self.repo.private, "full_name": SITE, "default_branch": "main"},
            **(payload or {}),
        }
        return start(
            event,
            place,
            f".github/workflows/{workflow}",
            hub=self.hub,
            payload=whole,
            secrets={"GITHUB_TOKEN": token},
            run_id=run.id,
            **more,
        )

    def act(self, event: str = "workflow_dispatch", workflow: str = LOOP, **more: Any) -> Act:
        """The whole run; afterwards GitHub knows that it is over."""
        ran = self.begin(event, workflow, **more).wait()
        self.run.status, self.run.conclusion = "completed", "success" if ran.code == 0 else "failure"
        return ran

    def labels(self, number: int) -> list[str]:
        """What is on an issue now."""
        return [label.name for label in self.repo.issues[number].labels]

    def writes(self) -> list[str]:
        """Every request that changed something on GitHub, in order; the store of artifacts is the runner's own."""
        return [one.line for one in self.hub.journal if is_write(one)]


def is_write(request: Request) -> bool:
    """Whether it changes something on GitHub."""
    return request.writes and not request.path.endswith("/info/refs") and "/_hub/" not in request.path


def _push(git_dir: Path) -> str:
    """The working copy's files as one commit of the pack's repository; its id."""
    place, sha = _committed()
    subprocess.run([*_git(place), "push", "-q", "--force", str(git_dir), "main"], check=True, capture_output=True)
    return sha


@cache
def _committed() -> tuple[Path, str]:
    """A repository with that commit, and its id: made once, for all tests of this process."""
    place = Path(tempfile.mkdtemp(prefix="pack-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    for words in (["init", "-q", "-b", "main"], ["add", "--all", "--force"], ["commit", "-q", "-m", "pack"]):
        subprocess.run([*_git(place), *words], check=True, capture_output=True)
    said = subprocess.run([*_git(place), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return place, said.stdout.strip()


def _git(place: Path) -> list[str]:
    return ["git", "-C", str(place), "-c", "user.name=T", "-c", "user.email=t@t.invalid"]
