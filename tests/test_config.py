"""Config and missions: what a text means, what is told about a wrong one, and what is kept of a right one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack import config
from autonomy_pack.edges.documents import DocumentError
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Check, Config, Lane, Limits, Risk, Step, Success

FILE = ".github/autonomy.yml"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/autonomy/config"


def told(text, name="missions/rename.yml", problems=config.mission_problems):
    return [(finding.where, finding.says, finding.fix) for finding in problems(text, name)]


def mission(**changes):
    """A right mission's text, with lines of it replaced by name (None takes the line out)."""
    lines = {
        "version": "version: 1",
        "name": "name: rename",
        "goal": "goal: Rename the greeting",
        "inputs": "inputs: {find: {field: Find, required: true}, deep: {type: bool}, files: {type: list}}",
        "steps": 'steps: [{replace: {find: "{{ find }}", with: x, files: "{{ files }}"}}, {run: [make, fmt]}]',
        "checks": "checks: [{name: tests, run: [python3, -m, unittest], minutes: 2}]",
        "success": "success: [tests]",
        "tools": "tools: [replace, run]",
        "limits": "limits: {steps: 7, usd: 0.5}",
    } | changes
    return "\n".join(line for line in lines.values() if line is not None) + "\n"


def test_no_file_and_an_empty_file_are_the_defaults():
    assert config.load_config(None, FILE) == Config()
    empty = config.load_config("# nothing\n", FILE)
    assert empty == Config(sha256=empty.sha256)
    assert len(empty.sha256) == 64


def test_every_key_of_the_config_reaches_the_value():
    text = """\
version: 1
forge: github
agent: command
mission: replace-text
mode: autonomous
max_issues: 10
attempts: 3
queue_capacity: 7
store: sqlite
sandbox: L2
model: claude-x
lanes: {polish: {priority: 1, slots: 4}}
ask_from: low
block_from: medium
protected: ["deploy/**"]
plan_only: [money]
checks: [{name: lint, run: [make, lint]}]
decisions: {expires: 90m}
budget: {run_usd: 1, issue_usd: 2.5, day_usd: null, repo_usd: 9}
retention: {sessions: 12h}
handoff: {draft: true, reviewers: [ada], ci_runs_with_secrets: true}
apps: [labeler]
setup: [[make, tools]]
github: {reserve: 7}
"""
    read = config.load_config(text, FILE)
    assert read == Config(
        forge="github",
        agent="command",
        model="claude-x",
        mission="replace-text",
        mode="autonomous",
        max_issues=10,
        attempts=3,
        queue_capacity=7,
        store="sqlite",
        sandbox="L2",
        lanes={"default": Lane(), "polish": Lane(priority=1, slots=4)},
        ask_from=Risk.LOW,
        block_from=Risk.MEDIUM,
        protected=("deploy/**",),
        plan_only=("money",),
        checks=(Check(name="lint", argv=("make", "lint")),),
        decision_hours=1.5,
        run_usd=1,
        issue_usd=2.5,
        repo_usd=9,
        session_days=0.5,
        draft=True,
        reviewers=("ada",),
        ci_runs_with_secrets=True,
        apps=("labeler",),
        setup=(("make", "tools"),),
        reserve=7,
        sha256=read.sha256,
    )
    keys = {line.partition(":")[0] for line in text.splitlines()}
    assert keys == set(config.schemas.schema("config")["properties"])


_NESTED = ("decisions", "budget", "retention", "handoff", "github")


def test_the_reference_page_names_every_key():
    page = (Path(__file__).parents[1] / "docs/reference/config.md").read_text()
    for name in ("config", "mission"):
        for key, shape in config.schemas.schema(name)["properties"].items():
            inner = shape.get("properties", {}) if key in _NESTED else {}
            assert all(f"`{key}.{one}`" in page for one in inner)
            assert inner or f"`{key}`" in page


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        ("frge: local", 'unknown key "frge"', 'did you mean "forge"? The keys are version, forge,'),
        ("budget: {day: 1}", 'unknown key "day" under budget', 'did you mean "day_usd"?'),
        ("max_issues: 99", "max_issues must be at most 10, not 99", "1 to 10"),
        ("max_issues: true", "max_issues must be a whole number, not true", "1 to 10"),
        ("max_issues: 1.5", "max_issues must be a whole number, not 1.5", "1 to 10"),
        ("sandbox: none", 'sandbox must be one of auto, L2, L1, not "none"', "--sandbox none"),
        ("ask_from: high", "ask_from must be one of low, medium", "stricter"),
        ("block_from: critical", "block_from must be one of low, medium, high", "stricter"),
        ("store: postgresql://db/x", "store must be one of sqlite", "AUTONOMY_STORE"),
        ("decisions: {expires: 24}", "decisions.expires must be text, not 24", "24h"),
        ("decisions: {expires: soon}", "decisions.expires is", "24h"),
        ("lanes: {A b: {}}", 'lanes cannot hold the name "A b"', "a-z"),
        ("lanes: {a: {slots: 0}}", "lanes.a.slots must be at least 1", "1 to 64"),
        ("checks: [{name: a}]", 'the key "run" is missing under checks[0]', "Add `run:`"),
        ("checks: [{name: a, run: make test}]", "checks[0].run must be a list", "no shell"),
        ("checks: [{name: a, run: [make, 1]}]", "checks[0].run[1] must be text, not 1", "quotes"),
        ("version: true", "version must be 1, not true", "1"),
        ("[]", "the document must be a block of keys", "optional"),
        ("a: 1\na: 2", 'the key "a" appears twice', "Keep one"),
    ],
)
def test_a_wrong_config_is_told_with_file_line_and_fix(text, says, fix):
    lines = [where for where, _, _ in told(f"# one\n\n{text}\n", FILE, config.config_problems)]
    assert lines == [f"{FILE}:{3 + text.count(chr(10))}"]
    [(_, said, next_step)] = told(text, FILE, config.config_problems)
    assert said.startswith(says)
    assert fix in next_step
    with pytest.raises(DocumentError, match=r"^\.github/autonomy\.yml:[12]: "):
        config.load_config(text, FILE)


def test_every_problem_of_a_file_is_told_in_order_of_lines():
    found = told("max_issues: 0\nattempts: x\nlane: 1\n", FILE, config.config_problems)
    assert [where for where, _, _ in found] == [f"{FILE}:1", f"{FILE}:2", f"{FILE}:3"]


def test_a_mission_becomes_a_value():
    read = config.load_mission(mission(), "missions/rename.yml")
    assert (read.name, read.version, read.agent, read.source) == ("rename", 1, "planner", "missions/rename.yml")
    assert read.steps == (
        Step(tool="replace", arguments={"find": "{{ find }}", "with": "x", "files": "{{ files }}"}),
        Step(tool="run", arguments=("make", "fmt")),
    )
    assert read.checks == (Check(name="tests", argv=("python3", "-m", "unittest"), minutes=2.0),)
    assert read.success == (Success(check="tests"),)
    assert read.limits == Limits(steps=7, usd=0.5)
    assert [(given.name, given.type, given.required) for given in read.inputs] == [
        ("find", "string", True),
        ("deep", "bool", False),
        ("files", "list", False),
    ]


@pytest.mark.parametrize(
    ("changes", "says", "fix"),
    [
        (
            {"limits": "limits: {max_step: 5}"},
            'unknown key "max_step" under limits',
            'did you mean "steps"? The limits',
        ),
        ({"limits": "limits: {steps: true}"}, "limits.steps must be a whole number, not true", "1 to 500"),
        ({"limits": "limits: {steps: 1}"}, "2 steps are more than limits.steps allows, 1", "limits: {steps: 2}"),
        ({"x": 'requires_approval: "false"'}, 'requires_approval must be true or false, not "false"', "true or false"),
        ({"x": "ask_from: critical"}, "ask_from must be one of low, medium", "stricter"),
        ({"x": "agent: Clod!"}, 'agent is "Clod!", which is not of the right form', "agents.md"),
        ({"goal": None}, 'the key "goal" is missing', "Add `goal:`"),
        ({"name": "name: other"}, 'the name "other" differs from the file\'s, rename.yml', "other.yml"),
        ({"name": "name: Re name"}, 'name is "Re name", which is not of the right form', "a-z"),
        ({"steps": "steps: [{replce: {find: a, with: b}}]"}, 'unknown tool "replce" under steps[0]', '"replace"?'),
        ({"steps": "steps: [{run: [a], write: {}}]"}, "steps[0] must name exactly one", "One tool".lower()),
        ({"steps": "steps: [{replace: {find: a}}]"}, 'the key "with" is missing under steps[0].replace', "Add `with:`"),
        ({"steps": "steps: [{replace: {find: a, with: b, fils: c}}]"}, 'unknown key "fils" under', '"files"?'),
        ({"steps": "steps: [{replace: {find: a, with: b, count: {min: x}}}]"}, "steps[0].replace.count.min must", "0"),
        (
            {"steps": 'steps: [{replace: {find: a, with: b, regex: "{{ find }}"}}]'},
            "steps[0].replace.regex must be",
            "",
        ),
        ({"steps": 'steps: [{run: [a, "{{ fnd }}"]}]'}, 'no input is called "fnd"', 'did you mean "find"?'),
        ({"steps": "steps: [{replace: {find: '(', with: b, regex: true}}]"}, "this regular expression does not", ""),
        ({"steps": "steps: [{run: make fmt}]"}, "steps[0].run must be a list", "no shell"),
        ({"steps": 'steps: [{run: ["{{ find }}", x]}]'}, 'the input "find" would say which program runs', "choice"),
        ({"steps": 'steps: [{run: "{{ files }}"}]'}, 'the input "files" would say which program runs', "choice"),
        ({"steps": 'steps: [{run: [sh, -c, "echo {{ find }}"]}]'}, "an input stands inside code that sh would", "own"),
        ({"steps": "agent: planner\nsteps: []"}, "the planner has no steps, so the goal cannot be met", "Add `steps:`"),
        ({"x": "agent: script"}, "steps are for the planner", "agent: planner"),
        ({"tools": "tools: [replace]"}, "step 2 uses run, which is not among the mission's tools", "[replace, run]"),
        ({"tools": "tools: [replace, run, shell]"}, "tools[2] must be one of replace", "replace"),
        ({"success": "success: [test]"}, 'success asks for the check "test", which nothing runs', '"tests"?'),
        ({"success": "success: [{chek: tests}]"}, 'unknown key "chek" under success[0]', '"check"?'),
        ({"success": "success: [{criterion: '(', check: tests}]"}, "this regular expression does not compile", "Mend"),
        ({"checks": "checks: [{name: tests, run: [a]}, {name: tests, run: [b]}]"}, "two checks are called", "own name"),
        ({"inputs": "inputs: {find: {}, files: {type: lst}}"}, "inputs.files.type must be one of string", "list"),
        ({"inputs": "inputs: {find: {type: choice}, files: {}}"}, 'the choice "find" has no choices', "choices:"),
        ({"inputs": "inputs: {find: {choices: [a]}, files: {}}"}, '"find" has choices but is of type string', "choice"),
        (
            {"inputs": "inputs: {find: {}, n: {type: int, default: '1'}, files: {}}"},
            'the default of "n" is not',
            "number",
        ),
        ({"inputs": "inputs: {find: {}, b: {type: bool, default: 1}, files: {}}"}, 'the default of "b" is not', "true"),
        ({"inputs": "inputs: {find: {type: choice, choices: [a], default: b}, files: {}}"}, "the default of", "one of"),
        ({"inputs": "inputs: {Find: {}, find: {}, files: {}}"}, 'inputs cannot hold the name "Find"', "a-z"),
    ],
)
def test_a_wrong_mission_is_told_with_file_line_and_fix(changes, says, fix):
    text = mission(**changes)
    found = told(text)
    where, next_step = next((where, fix) for where, said, fix in found if said.startswith(says))
    assert where.startswith("missions/rename.yml:")
    assert fix in next_step
    assert next_step.endswith(".")
    with pytest.raises(DocumentError):
        config.load_mission(text, "missions/rename.yml")


def test_a_problem_is_told_at_its_own_line():
    text = "version: 1\nname: rename\ngoal: G\nsteps:\n  - run:\n      - make\n      - 1\nlimits:\n  max_step: 5\n"
    assert [where for where, _, _ in told(text)] == ["missions/rename.yml:7", "missions/rename.yml:9"]


def test_without_tools_a_mission_may_only_read():
    says = [said for _, said, _ in told(mission(tools=None))]
    assert [said.partition(",")[0] for said in says] == ["step 1 uses replace", "step 2 uses run"]


def test_a_mission_may_count_on_the_checks_of_its_repository():
    text = mission(success="success: [lint]")
    assert "nothing runs" in told(text)[0][1]
    assert config.mission_problems(text, "missions/rename.yml", checks=["lint"]) == []


def test_the_expressions_of_github_are_not_places():
    steps = "steps: [{write: {path: a.yml, text: '${{ matrix }} ${{ github.sha }}'}}]"
    assert told(mission(steps=steps, tools="tools: [write]", inputs=None)) == []


def test_the_repositorys_own_mission_comes_before_the_shipped_one():
    own = {".github/autonomy/missions/replace-text.yml": mission(name="name: replace-text")}
    assert config.find_mission("replace-text", own).goal == "Rename the greeting"
    assert config.find_mission("replace-text", {}).source == "autonomy_pack/missions/replace-text.yml"


def test_a_wrong_name_is_an_error_with_the_nearest_one_and_never_a_goal():
    with pytest.raises(UsageError, match='no mission is called "replace-txt"') as caught:
        config.find_mission("replace-txt", {})
    assert caught.value.fix.startswith('did you mean "replace-text"? The missions are ')


def test_a_right_text_is_kept_so_that_a_later_start_reads_no_yaml(cache, tmp_path):
    config.load_config("max_issues: 3\n", FILE)
    assert len(list(cache.iterdir())) == 1
    script = (
        "import sys; from autonomy_pack import config;"
        f"print(config.load_config('max_issues: 3\\n', '{FILE}').max_issues, 'yaml' in sys.modules,"
        " 'jsonschema' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert said.stdout.split() == ["3", "False", "False"]


def test_a_changed_text_is_examined_again(cache):
    config.load_config("max_issues: 3\n", FILE)
    assert config.load_config("max_issues: 4\n", FILE).max_issues == 4
    with pytest.raises(DocumentError):
        config.load_config("max_issues: 40\n", FILE)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b'abc\n{"max_issues": 9}'])
def test_a_damaged_cache_is_ignored(cache, damage):
    config.load_config("max_issues: 3\n", FILE)
    [kept] = cache.iterdir()
    kept.write_bytes(damage)
    assert config.load_config("max_issues: 3\n", FILE).max_issues == 3


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(cache):
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    assert config.load_config("max_issues: 3\n", FILE).max_issues == 3
