"""Words that can stand in no repository are told once, with exit 2, before any repository is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.commands.fleet import command as fleet
from autonomy_pack.policy.fleet.faults import CATALOGUE

SHA = "a" * 40
PACK = f"--pack o/p@{SHA}"
WRONG = {
    "install --pack o/p@main": "main cannot stand in a workflow",
    f"install {PACK} --schedule hourly": "a schedule lets it start by itself",
    f"install {PACK} --allow-continuous --schedule hourly": "hourly cannot stand in a workflow",
    f"install {PACK} --runs-on a;b": "a;b cannot stand in a workflow",
    f"install {PACK} --agent ../../../x": "there is no agent '../../../x'",
    f"install {PACK} --agent clude": "there is no agent 'clude'",
    f"install {PACK} --pin tag --enterprise-server": "which commit a tag is",
    "sync --pack o/p@main": "main cannot stand in a workflow",
    "sync --pack o/p": "it is not said where the pack is",
    f"sync --previous {PACK}": "leave --pack out",
}


HERE = {
    f"install {PACK} --labels": "--labels is for many repositories",
    "verify --quick --org=": "invalid value for '--org': it is empty",
    "status --org=": "invalid value for '--org': it is empty",
    "uninstall --confirm --org=": "invalid value for '--org': it is empty",
}


@pytest.mark.parametrize("rule", CATALOGUE)
def test_what_a_fault_says_to_do_can_be_done(rule: str) -> None:
    for verb, words in re.findall(r"\b([Ss]ync|[Ii]nstall)\b([^.;`]*)", CATALOGUE[rule].fix):
        known = {name for one in fleet.commands[verb.lower()].params for name in one.opts} | {"--help"}
        assert set(re.findall(r"--[a-z-]+", words)) <= known, CATALOGUE[rule].fix


@pytest.mark.parametrize("across", ["", " --org acme --all-repos"])
@pytest.mark.parametrize("words", WRONG)
def test_words_that_can_stand_nowhere_are_told_once(tmp_path: Path, words: str, across: str) -> None:
    _told_once(tmp_path, f"{words}{across}", WRONG[words])


@pytest.mark.parametrize("words", HERE)
def test_words_for_many_repositories_never_mean_this_clone(tmp_path: Path, words: str) -> None:
    _told_once(tmp_path, words, HERE[words])


def _told_once(tmp_path: Path, words: str, says: str) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    ended = _said(tmp_path, words)
    assert (ended.returncode, ended.stdout) == (2, "")
    first, second = ended.stderr.splitlines()
    assert says in first
    assert second.startswith("  Next: ")
    assert not (tmp_path / ".github").exists()


def _said(tmp_path: Path, words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GH_TOKEN": "x", "GITHUB_API_URL": "http://127.0.0.1:1"}
    argv = [sys.executable, "-m", "autonomy_pack", "fleet", *words.split()]
    return subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)


def test_what_comes_next_is_told_where_something_was_done(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    assert "Name a check in" in _said(tmp_path, f"install {PACK}").stdout
    assert _said(tmp_path, f"install {PACK}").stdout.endswith("14 same.\n")
