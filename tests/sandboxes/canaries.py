"""Planted secrets: what a harness holds that no agent may find, and the search for them from inside a box.

    planted = canaries.plant(tmp_path / "home")            # fake keys and tokens, in files and for the environment
    world.call("run", …, env=planted.environment)          # the harness holds them
    … inside the box, by whatever the agent can start: python3 search.py REPORT (canaries.SEARCH, copy it into the work
    folder or let the agent's command be canaries.argv()) …
    canaries.nothing_found(report_text)                    # asserts that it looked, and found nothing

The search knows only the form of the words, so that it finds any that was planted, and never itself.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEARCH = Path(__file__).with_name("search.py")

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-", "OPENAI_API_KEY": "sk-proj-", "GEMINI_API_KEY": "AIza", "GITHUB_TOKEN": "ghs_",
    "GH_TOKEN": "ghp_", "ACTIONS_RUNTIME_TOKEN": "eyJ", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "eyJ", "NPM_TOKEN": "npm_",
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """`environment` is what to start the harness with (its HOME too), `files` what lies about."""

    environment: dict[str, str]
    files: tuple[Path, ...]


def word() -> str:
    """A word that the search knows, and that is nowhere else."""
    return f"canary{uuid.uuid4().hex}"


def plant(home: Path, names: Sequence[str] = tuple(KEYS)) -> Planted:
    """Keys and tokens as people and runners have them: in the environment, and in the files of a home and a runner."""
    files = {
        ".netrc": "machine github.com login a password {}\n",
        ".config/gh/hosts.yml": "github.com: {{oauth_token: gho_{}}}\n",
        ".aws/credentials": "[default]\naws_secret_access_key = {}\n",
        ".ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n",
        ".claude/.credentials.json": '{{"claudeAiOauth": {{"accessToken": "{}"}}}}\n',
        ".codex/auth.json": '{{"OPENAI_API_KEY": "{}"}}\n',
        "runner/_temp/_github_workflow/event.json": '{{"token": "{}"}}\n',
        "runner/_temp/_runner_file_commands/set_env": "KEY={}\n",
    }
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(word()))
    environment = {name: KEYS[name] + word() for name in names}
    return Planted(environment | {"HOME": str(home)}, tuple(home / name for name in files))


def argv(report: str = "-", folders: Sequence[str] = (), python: str = sys.executable) -> list[str]:
    """The search as a command, for agents that are one; `folders` instead of all there is (where there is no box)."""
    return [python, "-I", "-S", str(SEARCH), report, *folders]


def found(report: str) -> list[list[str]]:
    """[kind, place] of all that a search found."""
    told: dict[str, Any] = json.loads(report.splitlines()[-1])
    assert sum(told["looked"].values()) > 0, "it looked at nothing"
    return list(told["found"])


def nothing_found(report: str) -> None:
    """Fails when a search found one of the planted words, or did not look."""
    assert found(report) == []
