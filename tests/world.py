"""A small real world for tests: a git repository with issues, worked on by the real command line and flows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autonomy_pack.flows import box, project, session, trust
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Event

PASSING = "checks: [{name: tests, run: [python3, -c, 'pass']}]\n"


class World:
    """A repository at `root`. Files are committed by `commit`, issues need no commit."""

    def __init__(self, root: Path, files: Mapping[str, str] | None = None) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        for path, text in (files or {"hello.txt": "Hello, world\n", "other.txt": "Hello, world again\n"}).items():
            self.write(path, text)
        self.commit("first")
        self.reported: list[Event] = []
        self.through: tuple[str, ...] = ()  # a program that starts the command line, for machines unlike this one
        self._opened: list[Project] = []

    def git(self, *args: str, ok: bool = True) -> str:
        """Run git here, as a person would; its output."""
        words = ["git", "-C", str(self.root), "-c", "user.name=T", "-c", "user.email=t@t.invalid", *args]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        assert ended.returncode == 0 or not ok, ended.stderr
        return ended.stdout.strip()

    def write(self, path: str, text: str) -> Path:
        """Write a file of the work tree."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def commit(self, message: str = "more") -> str:
        """Commit everything but issues; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def config(self, text: str = PASSING) -> None:
        """Write the configuration and trust the repository as it is now."""
        self.write(".github/autonomy.yml", text)
        self.trust()

    def mission(self, name: str, text: str) -> None:
        """Write a mission of the repository's own and trust it."""
        self.write(f".github/autonomy/missions/{name}.yml", f"version: 1\nname: {name}\n{text}")
        self.trust()

    def trust(self) -> None:
        """A person trusts the repository."""
        trust.trust(project.find(self.root))

    def issue(
        self,
        id: str,
        *,
        title: str = "Rename the greeting",
        labels: Sequence[str] = ("priority:high", "mission:replace-text"),
        body: str = "### Find\n\nHello\n\n### Replace with\n\nGood day\n",
        criteria: str = "\n## Acceptance Criteria\n- [ ] It says so\n",
        state: str = "open",
        created: str = "2026-01-02",
        more: str = "",
    ) -> Path:
        """Write an issue file."""
        front = {"title": title, "labels": list(labels), "state": state, "author": "ada", "created": created}
        meta = "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items())
        return self.write(f".autonomy/issues/{id}.md", f"---\n{meta}{more}---\n{body}{criteria}")

    def open(self) -> Project:
        """The repository as flows see it."""
        opened = project.open_project(self.root)
        self._opened.append(opened)
        return opened

    def run(self, *, sandbox: str = "none", **wanted: Any) -> session.Session:
        """One session, in this process; its events are added to `reported`."""
        opened = self.open()
        asked = session.Wanted(**{"max_issues": 10, **wanted})
        return session.run(opened, asked, box.choose(opened.config, sandbox), self.reported.append)

    def outcomes(self) -> dict[str, str]:
        """Task id → status, of all tasks that were ever seen."""
        return {head.subject: head.status for head in self.open().store.heads("task")}

    def autonomy(self, *args: str, ok: int | None = 0, env: Mapping[str, str] | None = None) -> str:
        """Run the command line as a person would, in the repository; its standard output."""
        ended = self.call(*args, env=env)
        assert ok is None or ended.returncode == ok, f"exit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def call(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line; all that came of it."""
        words = [*self.through, sys.executable, "-m", "autonomy_pack", *args]
        return subprocess.run(
            words, cwd=self.root, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
        )

    def branches(self) -> list[str]:
        """The branches we made."""
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/agent").split()

    def close(self) -> None:
        """Let go of the stores."""
        for opened in self._opened:
            opened.store.close()
