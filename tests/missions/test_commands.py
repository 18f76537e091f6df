"""autonomy mission list, validate and explain, as a person meets them: real processes in a real repository."""

import json
import os
import subprocess
import sys

import pytest

OWN = """\
version: 2
name: greet
goal: Greet the world
inputs: {how: {type: choice, choices: {short: [echo, hi], long: [echo, hello, world]}}}
steps: [{run: "{{ how }}"}]
checks: [{name: tests, run: [python3, -m, unittest], minutes: 2}]
success: [tests]
tools: [run]
"""
BROKEN = 'version: 1\nname: rename\ngoal: "\\e[31mred"\nsteps: [{write: {path: a, text: b}}]\nlimits: {max_step: 5}\n'


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "repo"
    (folder / ".github/autonomy/missions").mkdir(parents=True)
    (folder / ".github/autonomy/missions/greet.yml").write_text(OWN)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def autonomy(repo, *words):
    env = {"PATH": os.environ["PATH"], "HOME": str(repo.parent), "LC_ALL": "C.UTF-8"}
    argv = [sys.executable, "-m", "autonomy_pack", "mission", *words]
    ended = subprocess.run(argv, cwd=repo, env=env, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def break_one(repo):
    (repo / ".github/autonomy/missions/rename.yml").write_text(BROKEN)


def test_list_shows_the_repositorys_own_and_the_shipped_ones(repo):
    code, out, _ = autonomy(repo, "list", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert {"greet", "replace-text", "pin-actions"} <= set(rows)
    assert rows["greet"] == {
        "name": "greet",
        "file": ".github/autonomy/missions/greet.yml",
        "valid": True,
        "version": 2,
        "agent": "planner",
        "goal": "Greet the world",
        "problems": [],
    }


def test_list_shows_a_broken_file_with_its_problem_and_exits_1(repo):
    break_one(repo)
    code, out, _ = autonomy(repo, "list")
    assert code == 1
    [line] = [line for line in out.splitlines() if "rename" in line]
    assert 'broken: .github/autonomy/missions/rename.yml:5: unknown key "max_step" under limits' in line
    assert "Greet the world" in out


def test_validate_tells_every_problem_with_its_fix(repo):
    assert autonomy(repo, "validate", "greet")[:2] == (0, "1 mission valid.\n")
    assert autonomy(repo, "validate", ".github/autonomy/missions/greet.yml")[0] == 0
    break_one(repo)
    code, out, _ = autonomy(repo, "validate")
    assert code == 1
    assert out == (
        '.github/autonomy/missions/rename.yml:5: unknown key "max_step" under limits\n'
        '  Next: did you mean "steps"? The limits are steps, minutes, stall_minutes, usd, tokens, turns.\n'
    )


@pytest.mark.parametrize("target", ["gret", "missions/greet.yml", "make everything green", "../greet.yml"])
@pytest.mark.parametrize("verb", ["validate", "explain"])
def test_a_wrong_name_or_path_is_an_error_with_the_names_there_are(repo, verb, target):
    code, out, err = autonomy(repo, verb, target)
    assert (code, out) == (2, "")
    assert f'no mission is called "{target}"' in err
    assert "The missions are apply-formatter, bump-dependency, greet," in err
    assert ('did you mean "greet"?' in err) == (target == "gret")


def test_explain_shows_every_program_with_each_choice_written_out(repo):
    code, out, _ = autonomy(repo, "explain", "greet")
    assert code == 0
    assert (
        'step: ["echo", "hi"]\n  step: ["echo", "hello", "world"]\n  check tests: ["python3", "-m", "unittest"]' in out
    )
    assert "no model may be called" in out
    code, out, _ = autonomy(repo, "explain", "greet", "--json")
    read = json.loads(out)
    assert read["programs"][1] == {"for": "step", "argv": ["echo", "hello", "world"]}
    assert (read["ask_from"], read["limits"]["steps"]) == ("medium", 50)


def test_explain_shows_the_configured_checks_too_but_for_those_that_the_mission_has_its_own_of(repo):
    (repo / ".github/autonomy.yml").write_text(
        "checks: [{name: tests, run: [not-this]}, {name: lint, run: [ruff, check]}]\n"
    )
    code, out, _ = autonomy(repo, "explain", "greet")
    assert code == 0
    assert 'check lint, of the configuration: ["ruff", "check"]' in out
    assert "not-this" not in out


def test_explain_of_a_broken_mission_is_an_error_that_cannot_colour_the_terminal(repo):
    break_one(repo)
    code, out, err = autonomy(repo, "explain", "rename")
    assert (code, out) == (2, "")
    assert err.startswith("autonomy: .github/autonomy/missions/rename.yml:5: ")
    assert "\x1b" not in err


def test_what_a_mission_says_cannot_act_on_the_terminal(repo):
    (repo / ".github/autonomy/missions/red.yml").write_text(
        OWN.replace("greet", "red").replace("Greet the world", '"\\e[31mred\\u202E"')
    )
    for words in (["list"], ["explain", "red"]):
        code, out, _ = autonomy(repo, *words)
        assert code == 0
        assert "\x1b" not in out
        assert "\u202e" not in out
