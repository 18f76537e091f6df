"""`autonomy action …` as a step sees it: an error is an annotation, a part of the summary, and an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.commands.action import VERBS

JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/site",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "select",
    "GITHUB_EVENT_NAME": "workflow_dispatch",
    "GITHUB_WORKFLOW_REF": "acme/site/.github/workflows/loop.yml@refs/heads/main",
    "GITHUB_API_URL": "http://127.0.0.1:9/api/v3",
    "GITHUB_GRAPHQL_URL": "http://127.0.0.1:9/api/graphql",
    "GITHUB_SERVER_URL": "http://127.0.0.1:9",
}


class Step:
    """What one call left behind."""

    def __init__(self, folder: Path, verb: str, **env: str) -> None:
        files = {f"GITHUB_{name}": str(folder / name) for name in ("OUTPUT", "STEP_SUMMARY")}
        place = {"RUNNER_TEMP": str(folder), "GITHUB_WORKSPACE": str(folder), "PATH": os.environ["PATH"]}
        words = [sys.executable, "-I", "-m", "autonomy_pack", "action", verb]
        self.ended = subprocess.run(
            words,
            cwd=folder,
            env={**JOB, **files, **place, "HOME": str(folder), **env},
            capture_output=True,
            text=True,
            check=False,
        )
        self.code, self.out = self.ended.returncode, self.ended.stdout
        self.outputs, self.summary = (self._read(folder / name) for name in ("OUTPUT", "STEP_SUMMARY"))

    def _read(self, path: Path) -> str:
        return path.read_text() if path.exists() else ""


def test_an_error_is_told_three_times_and_ends_with_its_code(tmp_path: Path) -> None:
    step = Step(tmp_path, "fetch", AUTONOMY_INPUTS='{"max_isues": "1"}')
    assert step.code == 2
    assert step.out.startswith("::error::autonomy fetch: unknown input 'max_isues' (did you mean max_issues?). Next: ")
    assert "**Next:**" in step.summary
    assert step.ended.stderr == ""


def test_what_went_wrong_cannot_speak_to_the_runner_or_to_readers(tmp_path: Path) -> None:
    evil = '{"x\\n::add-mask::y ##[error]z @team <img src=x>": "1"}'
    step = Step(tmp_path, "fetch", AUTONOMY_INPUTS=evil)
    lines = [
        line for line in (step.out + step.ended.stderr).splitlines() if line.lstrip().startswith("::") or "##[" in line
    ]
    assert [line.split("::")[1] for line in lines] == ["error"]
    assert "@team" not in step.summary
    assert "<img" not in step.summary


def test_a_stop_variable_at_the_start_is_green_and_ends_the_job(tmp_path: Path) -> None:
    step = Step(tmp_path, "fetch", AUTONOMY_STOP="1", AUTONOMY_GITHUB_TOKEN="ghs_x")
    assert (step.code, step.out.startswith("::notice::")) == (0, True)
    assert "\nfalse\n" in step.outputs
    assert "Stopped" in step.summary


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off", " False "])
def test_a_stop_variable_that_says_no_is_no_stop(tmp_path: Path, value: str) -> None:
    step = Step(tmp_path, "fetch", AUTONOMY_STOP=value)
    assert "variable" not in step.out
    assert step.code == 2, "there is no token"


@pytest.mark.parametrize("name", ["AUTONOMY_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"])
def test_choosing_refuses_a_token(tmp_path: Path, name: str) -> None:
    step = Step(tmp_path, "choose", **{name: "ghs_x"})
    assert step.code == 2
    assert "was given a token" in step.out


@pytest.mark.parametrize("leg", ["", "{", "[]", "null", '{"issue": "1"}'])
def test_a_leg_of_another_shape_is_not_worked_on(tmp_path: Path, leg: str) -> None:
    step = Step(tmp_path, "run", AUTONOMY_LEG=leg, AUTONOMY_GITHUB_TOKEN="ghs_x")
    assert step.code in (2, 4), step.ended.stderr
    assert step.out.startswith("::error::")


@pytest.mark.parametrize("plan", ["", "{}", "[" * 50_000, "x" * 100_000])
def test_a_plan_of_another_shape_is_not_published(tmp_path: Path, plan: str) -> None:
    step = Step(tmp_path, "publish", AUTONOMY_PLAN=plan, AUTONOMY_GITHUB_TOKEN="ghs_x")
    assert step.code in (2, 4), step.ended.stderr
    assert step.out.startswith("::error::")


@pytest.mark.parametrize("base", ["", "main", "a" * 39, "--upload-pack=evil"])
def test_a_recheck_needs_two_commits(tmp_path: Path, base: str) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    step = Step(tmp_path, "recheck", AUTONOMY_BASE=base, AUTONOMY_HEAD="b" * 40)
    assert (step.code, "AUTONOMY_BASE" in step.out) == (2, True)


def test_the_report_tells_what_each_step_did_and_says_when_none_began(tmp_path: Path) -> None:
    assert "None of our steps began" in Step(tmp_path, "report", AUTONOMY_STATUS="failure").summary
    Step(tmp_path, "fetch", AUTONOMY_STOP="1")
    step = Step(tmp_path, "report", AUTONOMY_STATUS="success")
    assert "| fetch | 0 |" in step.summary
    assert "select: success" in step.summary


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "report"])
def test_outside_of_a_job_every_step_says_what_to_do_instead(tmp_path: Path, verb: str) -> None:
    words = [sys.executable, "-I", "-m", "autonomy_pack", "action", verb]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ended = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "our bug" not in ended.stdout + ended.stderr


def test_what_the_projects_set_up_prints_is_no_command_to_the_runner(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/autonomy.yml").write_text("version: 1\nsetup: [[printf, '::add-mask::x\\n ##[error]y\\n']]\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@t.invalid"]
    for words in (["init", "-q"], ["add", ".github"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    step = Step(tmp_path, "setup")
    assert step.code == 0, step.out + step.ended.stderr
    assert "add-mask" in step.out
    assert not [line for line in step.out.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("named", ["..", "/etc", "../other"])
def test_a_step_works_in_its_workspace_only_and_says_why_in_a_word(tmp_path: Path, named: str) -> None:
    step = Step(tmp_path, "step", AUTONOMY_INPUTS=json.dumps({"issue": "1", "working_directory": named}))
    assert step.code == 2
    assert "leads out of the workspace" in step.out
    assert "usage" in step.outputs
    assert "UsageError" not in step.outputs


def test_the_one_step_takes_no_token_that_starts_workflows_unseen_without_a_word_for_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    words = {"AUTONOMY_INPUTS": '{"issue": "1"}', "AUTONOMY_JOB_TOKEN": "ghs_own"}
    step = Step(tmp_path, "step", AUTONOMY_GITHUB_TOKEN="ghs_app", **words)
    assert (step.code, "ci_runs_with_secrets" in step.out) == (2, True)
    step = Step(tmp_path, "step", AUTONOMY_GITHUB_TOKEN="ghs_own", **words)
    assert "ci_runs_with_secrets" not in step.out
