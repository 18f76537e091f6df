"""The recipes of CONTRIBUTING.md, applied to a copy of the source, work, and the contract tests agree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.world import World

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SKIPPED = shutil.ignore_patterns("__pycache__", "build", "corpora.cache")
COPIED = ("src", "docs", "tests", "examples", "Makefile", "pyproject.toml", *(page.name for page in ROOT.glob("*.md")))


class Source:
    """A copy of this repository to which a recipe is applied."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        for name in COPIED:
            here = ROOT / name
            if here.is_dir():
                shutil.copytree(here, root / name, ignore=SKIPPED)
            else:
                shutil.copy(here, root / name)

    def apply(self, recipe: str) -> None:
        """Do what the blocks of one recipe say."""
        section = TEXT.split(f"### {recipe}\n")[1].split("\n### ")[0]
        for kind, path, text in re.findall(r"^```(\w+) (\S+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            place = self.root / path
            if kind == "diff":
                place.write_text(_patched(place.read_text(), text))
            else:
                assert not place.exists(), path
                place.write_text(text)

    def python(self, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Python with the copy in the place of the package."""
        given = {**os.environ, **(env or {}), "PYTHONPATH": str(self.root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False, env=given)

    def contracts(self, *tests: str) -> None:
        """The contract tests pass in the copy; they are told by what they select."""
        ended = self.python("-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:randomly", *tests, cwd=self.root)
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]

    def autonomy(self, world: World, *words: str, ok: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run the copy's command line in a repository."""
        ended = self.python(
            "-m", "autonomy_pack", *words, cwd=world.root, env={"AUTONOMY_SANDBOX": "none", **(env or {})}
        )
        assert ended.returncode == ok, ended.stdout + ended.stderr
        return ended.stdout


def _patched(before: str, diff: str) -> str:
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert before.count(old) == 1, f"not once in the file:\n{old}"
        before = before.replace(old, new)
    return before


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


UNITS = "tests/test_architecture.py::test_every_unit_is_listed_under_its_file_name"
PAGES = "tests/docs/test_documents.py::test_a_page_has_a_section_for_each_unit_and_no_other"
FOLDERS = "tests/docs/test_documents.py::test_a_folder_has_a_page_for_each_unit_and_no_other"
MADE = "tests/docs/test_documents.py::test_the_made_pages_are_what_the_code_says_now"


def test_a_guard(source: Source, world: World) -> None:
    source.apply("A guard")
    base = world.git("rev-parse", "HEAD")
    world.write("hello.txt", "<<<<<<< ours\nHello\n")
    head = world.commit("half a merge")
    told = json.loads(source.autonomy(world, "guard", "check", "--base", base, "--head", head, "--json", ok=1))
    assert [(one["rule"], one["where"]) for one in told["findings"]] == [("conflict_markers", "hello.txt:1")]
    source.contracts("tests/contracts/test_guards.py", UNITS, PAGES)


def test_an_agent(source: Source, world: World, tmp_path: Path) -> None:
    source.apply("An agent")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "acme").write_text('#!/bin/sh\ncat > task.txt\necho \'{"say": "I read the task"}\'\n')
    (programs / "acme").chmod(0o755)
    world.issue("1")
    world.trust()
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    source.autonomy(world, "run", "--agent", "acme", env=path)
    [branch] = world.branches()
    assert "It says so" in world.git("show", f"{branch}:task.txt")
    assert "I read the task" in source.autonomy(world, "run", "explain", "1")
    source.contracts("tests/contracts/test_agents.py", UNITS, FOLDERS)


def test_a_command(source: Source, world: World) -> None:
    source.apply("A command")
    assert source.autonomy(world, "where").strip() == str(world.root / ".agent-workspace")
    assert "where " in source.autonomy(world, "--help")
    assert source.python("docs/generate.py", cwd=source.root).returncode == 0
    assert "## autonomy where" in (source.root / "docs/reference/commands.md").read_text()
    source.contracts("tests/test_start_up.py::test_help_loads_nothing_heavy", MADE)


def test_a_channel(source: Source, world: World) -> None:
    source.apply("A channel")
    world.mission(
        "careful", "goal: Ask.\nrequires_approval: true\ntools: [write]\nsteps: [{write: {path: a, text: b}}]\n"
    )
    world.issue("1", labels=["priority:high", "mission:careful"])
    source.autonomy(world, "run")
    line = json.loads((world.root / ".agent-workspace/logs/jsonlines.log").read_text())
    assert line["text"].startswith("apr_")
    source.contracts(UNITS, PAGES)


def test_a_metric(source: Source, world: World) -> None:
    source.apply("A metric")
    assert json.loads(source.autonomy(world, "metrics", "show", "--json"))["blocked"] is None
    world.issue("1")
    source.autonomy(world, "run")
    assert json.loads(source.autonomy(world, "metrics", "show", "--json"))["blocked"] == 0.0
    source.contracts(UNITS, PAGES)


def test_there_are_five_recipes() -> None:
    recipes = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
    assert recipes == ["A guard", "An agent", "A command", "A channel", "A metric"]
