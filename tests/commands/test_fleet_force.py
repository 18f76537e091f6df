"""What a row says to do can be said: `uninstall --org` goes on past a stop with --force, as its row tells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub import Hub

ALL = ("--org", "acme", "--all-repos", "--direct", "--per-hour", "1000000")


def test_a_removal_goes_on_past_a_stop_when_that_is_said(tmp_path: Path) -> None:
    with Hub() as hub:
        hub.user("ada")
        repo = hub.repo("acme/api", {"README.md": "x"})
        repo.permit("ada", "write")
        before = repo.git.commit(repo.head()).tree  # type: ignore[union-attr]
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GH_TOKEN": hub.token("ada"),
            "GITHUB_API_URL": hub.api_url,
            "GITHUB_GRAPHQL_URL": hub.graphql_url,
            "GITHUB_SERVER_URL": hub.server_url,
        }

        def call(*words: str) -> subprocess.CompletedProcess[str]:
            argv = [sys.executable, "-m", "autonomy_pack", "fleet", *words, *ALL]
            return subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

        assert call("install", "--pack", f"o/p@{'a' * 40}").returncode == 0
        repo.commit({".agent-workspace/STOP": "x"})
        assert "--force goes on all the same" in call("uninstall", "--confirm").stdout
        assert call("uninstall", "--confirm", "--force").returncode == 0
        repo.commit({".agent-workspace/STOP": None})
        assert repo.git.commit(repo.head()).tree == before  # type: ignore[union-attr]
