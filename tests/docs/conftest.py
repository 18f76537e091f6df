"""A quickstart that has been worked on: one handed off, one waiting, one blocked; every test gets a copy."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from autonomy_pack.flows import project, trust
from hub import Hub
from tests.docs.manual import ROOT

PERSON = {f"GIT_{role}_{part}": "t@t.invalid" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}


class Worked:
    """A copy of the quickstart after its run, in which documented commands are typed."""

    def __init__(self, root: Path, programs: Path, decision: str) -> None:
        self.root = root
        self._programs = programs
        self._decision = decision
        self.tools = (programs, decision)

    def filled(self, text: str) -> str:
        """The command with real values in the place of the manual's."""
        for place, real in {
            r"\bapr_7Q2M\w*": self._decision,
            r"@COMMIT\b": f"@{'a' * 40}",
            r"--base SHA": "--base HEAD~1",
            r"--head SHA": "--head HEAD",
            r"--repo PATH": f"--repo {self.root}",
            r"\bNAME\b": "replace-text",
            r"\bORG\b": "acme",
            r"\b(RUN|ISSUE|ID)\b": "3",
            r"(explain) 1\b": r"\1 3",
            r"\[(--[a-z]+)\]": r"\1",
        }.items():
            text = re.sub(place, real, text)
        return text

    def undo(self) -> None:
        """Take back what was done, so that every issue is eligible again."""
        shutil.rmtree(self.root / ".agent-workspace")
        ended = self.run(
            "git checkout -q .autonomy && git branch -q -D $(git branch --list --format='%(refname:short)' 'agent/*')"
        )
        assert ended.returncode == 0, ended.stderr

    def run(self, text: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Type a command; `more` is set in its environment."""
        return subprocess.run(
            ["sh", "-c", text],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env=environment(self._programs) | dict(more or {}),
        )


def environment(programs: Path) -> dict[str, str]:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **PERSON, "PATH": path, "CI": "1", "AUTONOMY_SANDBOX": "none"}


@pytest.fixture(scope="session")
def worked_before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """(the quickstart after its run, a folder with `autonomy` and `my-agent`, the decision), once for each worker."""
    place = tmp_path_factory.mktemp("worked")
    programs, root, home = place / "bin", place / "quickstart", place / "home"
    programs.mkdir()
    _program(programs / "autonomy", f'exec "{sys.executable}" -m autonomy_pack "$@"')
    _program(programs / "my-agent", "echo more >> README.md")
    shutil.copytree(ROOT / "examples" / "quickstart", root)
    env = environment(programs) | {"HOME": str(home)}
    env |= {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    script = (
        "git init -q -b main && git add -A && git commit -q -m one && echo more >> docs/usage.md"
        " && git commit -q -a -m two && autonomy trust >&2 && autonomy run >&2 && autonomy decision list --json"
    )
    ended = subprocess.run(["sh", "-c", script], cwd=root, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return root, programs, json.loads(ended.stdout)[0]["id"]


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def worked(worked_before: tuple[Path, Path, str], tmp_path: Path) -> Worked:
    """A fresh, trusted copy of it."""
    before, programs, decision = worked_before
    root = tmp_path / "quickstart"
    shutil.copytree(before, root, symlinks=True)
    trust.trust(project.find(root))
    return Worked(root, programs, decision)


@pytest.fixture
def organisation(worked: Worked) -> Iterator[dict[str, str]]:
    """What leads a command to the hub, with two repositories of acme, the pack in one of them, since two commits."""
    with Hub() as hub:
        hub.user("ada")
        for name in ("web-one", "api"):
            hub.repo(f"acme/{name}", {"README.md": name}).permit("ada", "write")
        urls = {"API_URL": hub.api_url, "GRAPHQL_URL": hub.graphql_url, "SERVER_URL": hub.server_url}
        env = {"GH_TOKEN": hub.token("ada"), **{f"GITHUB_{name}": url for name, url in urls.items()}}
        for commit in ("b" * 40, "c" * 40):
            words = f"--pack o/autonomy-pack@{commit} --org acme --repos api --direct"
            ended = worked.run(f"autonomy fleet install {words}", env)
            assert ended.returncode == 0, ended.stderr
        yield env
        assert hub.violations == []
