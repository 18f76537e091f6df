"""`make autonomy.run`, as a new user meets it: on a copy of the checkout's own make, scripts and example."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with our Makefile, scripts and examples, whose environment is the one the tests run in."""
    for name in ("scripts", "examples"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "autonomy").symlink_to(Path(sys.executable).with_name("autonomy"))
    for stamp in ("installed-use", "installed-dev"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def make(folder: Path, *words: str, ok: int | None = 0) -> str:
    made = subprocess.run(
        ["make", *words], cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert ok is None or made.returncode == ok, f"exit {made.returncode}\n{made.stdout}\n{made.stderr}"
    return made.stdout + made.stderr


def test_the_first_run_shows_every_way_an_issue_can_go(fresh: Path) -> None:
    said = make(fresh, "autonomy.run")
    assert "2 handed off · 1 waiting for you · 1 blocked · 1 not eligible · 0 tokens" in said
    assert "checks 1/1" in said
    assert "no Acceptance Criteria section" in said
    assert "decides what runs with your secrets" in said
    summary = next(line.split()[-1] for line in said.splitlines() if line.startswith("Summary"))
    text = (fresh / summary).read_text()
    assert "#3 Rename the greeting everywhere | handed off" in text
    assert "sandbox none (a person chose to run without a box)" in text


def test_what_it_prints_to_do_next_works_as_printed(fresh: Path) -> None:
    said = make(fresh, "autonomy.run")
    printed = [line.strip() for line in said.splitlines()]
    commands = [line.split("   ")[-1].strip() for line in printed if line.startswith(("Look at", "Decide", "Recover"))]
    assert len(commands) == 4
    for command in commands:
        ended = subprocess.run(["sh", "-c", command], cwd=fresh, capture_output=True, text=True, check=False)
        assert ended.returncode == (3 if "decision view" in command else 0), ended.stderr
        assert ended.stdout


def test_a_second_call_keeps_the_copy_and_shows_its_state(fresh: Path) -> None:
    make(fresh, "autonomy.run")
    mark = fresh / "build/quickstart/mark"
    mark.touch()
    said = make(fresh, "autonomy.run")
    assert "is there already" in said
    assert "Waiting for you (1)" in said
    assert mark.exists()
    make(fresh, "autonomy.run", "fresh=1")
    assert not mark.exists()


def test_variables_reach_the_command_and_default_when_unset(fresh: Path) -> None:
    said = make(fresh, "autonomy.run", "issue=2", "agent=planner", "max_issues=1")
    assert "1 handed off" in said
    assert "unknown agent nobody" in make(fresh, "autonomy.run", "fresh=1", "agent=nobody", ok=2)
    assert "not a number" in make(fresh, "autonomy.run", "max_issues=abc", ok=2)
    assert "dry run" in make(fresh, "autonomy.run", "fresh=1", "dry_run=1").lower()


def test_a_value_is_never_a_piece_of_shell(fresh: Path) -> None:
    make(fresh, "autonomy.run", "issue=$$(touch evil)`touch evil`;touch evil", ok=None)
    assert not (fresh / "evil").exists()


def test_stop_status_and_resume_are_there_too(fresh: Path) -> None:
    make(fresh, "autonomy.run", "issue=2")
    assert "Stopped" in make(fresh, "autonomy.stop")
    assert "stopped by" in make(fresh, "autonomy.status")
    assert "autonomy resume" in make(fresh, "autonomy.run", "issue=3", ok=2)
    assert "Resumed" in make(fresh, "autonomy.resume")
    assert "1 handed off" in make(fresh, "autonomy.run", "issue=3")


def test_a_repository_of_ones_own_is_not_trusted_by_make(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.mktemp("own") / "repo"
    shutil.copytree(CHECKOUT / "examples/quickstart", own)
    subprocess.run(
        "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@t commit -qm x",
        cwd=own,
        shell=True,
        check=True,
    )
    said = make(fresh, "autonomy.run", f"repo={own}", ok=2)
    assert "is not trusted" in said
    assert '["python3", "-m", "unittest"]' in said


def test_the_data_form_of_a_session_says_the_same(fresh: Path) -> None:
    make(fresh, "autonomy.run", "issue=2")
    words = [
        str(fresh / ".venv/bin/autonomy"),
        "run",
        "--json",
        "--sandbox",
        "none",
        "--repo",
        str(fresh / "build/quickstart"),
    ]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert sorted(run["outcome"] for run in told["runs"]) == ["blocked", "handed_off", "waiting"]
    assert told["exit"] == 0
