"""The shipped missions do what their pages say, done by the real planner in a real folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests.pacing import all_go

from autonomy_pack import config, schemas
from autonomy_pack.errors import UsageError
from autonomy_pack.policy import inputs

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
DOCS = Path(__file__).parents[2] / "docs/reference/missions"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def steps_of(name, fields=(), **given):
    return inputs.fill(config.find_mission(name, {}), dict(fields), given)


def perform(folder, name, fields=(), path="", **given):
    """Do the mission in a folder with the planner itself: (exit code, what its last step said)."""
    steps = [{"tool": step.tool, "arguments": step.arguments} for step in steps_of(name, fields, **given)]
    plan = json.dumps({"steps": steps, "limits": {"steps": 50}, "dry_run": False}, default=dict) + "\n"
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "autonomy_pack.programs.planner"],
        cwd=folder,
        input=plan.encode() + all_go((step["tool"], step["arguments"]) for step in json.loads(plan)["steps"]),
        capture_output=True,
        env={"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])["data"]["output"]


@pytest.mark.parametrize("name", config.packaged_missions())
def test_every_shipped_mission_is_right_by_the_published_schema_and_by_ours(name):
    text = config.packaged_missions()[name]
    assert config.mission_problems(text, f"{name}.yml") == []
    jsonschema.validate(yaml.safe_load(text), schemas.schema("mission"))


@pytest.mark.parametrize("name", config.packaged_missions())
def test_every_shipped_mission_has_a_page_that_names_its_inputs(name):
    page = (DOCS / f"{name}.md").read_text()
    for declared in config.find_mission(name, {}).inputs:
        assert f"`{declared.name}`" in page
        assert declared.field in page


def test_replace_text(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "a.md").write_text("Hello, Hello\n")
    (tmp_path / "src/b.py").write_bytes(b'print("Hello")\r\n')
    (tmp_path / "bin").write_bytes(b"\0Hello")
    fields = {"Find": "Hello", "Replace with": "Hi (\\1)", "Files": "_No response_"}
    assert perform(tmp_path, "replace-text", fields) == (0, "3 replacements in 2 files: a.md, src/b.py")
    assert (tmp_path / "a.md").read_text() == "Hi (\\1), Hi (\\1)\n"
    assert (tmp_path / "src/b.py").read_bytes() == b'print("Hi (\\1)")\r\n'
    assert (tmp_path / "bin").read_bytes() == b"\0Hello"


def test_replace_text_with_an_expression_in_some_files(tmp_path):
    (tmp_path / "a.md").write_text("v1 v22\n")
    (tmp_path / "b.txt").write_text("v1\n")
    given = {"find": r"v(\d+)", "with": r"V\1", "files": "*.md", "regex": "true"}
    assert perform(tmp_path, "replace-text", **given)[0] == 0
    assert (tmp_path / "a.md").read_text() == "V1 V22\n"
    assert (tmp_path / "b.txt").read_text() == "v1\n"


BUMPED = {
    "requirements.txt": (
        "ruff==0.14.2  # lint\nruff-lsp==0.14.2\nx==0.14.2\n",
        "ruff==0.15.0  # lint\nruff-lsp==0.14.2\nx==0.14.2\n",
    ),
    "pyproject.toml": (
        'dependencies = ["ruff==0.14.2", "Ruff[extra] == 0.14.2"]\n[tool.poetry.dependencies]\nruff = "^0.14.2"\n',
        'dependencies = ["ruff==0.15.0", "Ruff[extra] == 0.15.0"]\n[tool.poetry.dependencies]\nruff = "^0.15.0"\n',
    ),
    "web/package.json": (
        '{"devDependencies": {"ruff": "0.14.2", "@x/ruff": "0.14.2", "ruff-x": "0.14.2"}}\n',
        '{"devDependencies": {"ruff": "0.15.0", "@x/ruff": "0.14.2", "ruff-x": "0.14.2"}}\n',
    ),
    "requirements-other.txt": ("ruff==0.14.20\nruff>=0.14.2\nruff==0.14.2.post1\n",) * 2,
}


def test_bump_dependency_changes_exact_pins_of_that_dependency_only(tmp_path):
    (tmp_path / "web").mkdir()
    for name, (before, _) in BUMPED.items():
        (tmp_path / name).write_text(before)
    fields = {"Dependency": "ruff", "From version": "0.14.2", "To version": "0.15.0"}
    assert perform(tmp_path, "bump-dependency", fields)[0] == 0
    assert {name: (tmp_path / name).read_text() for name in BUMPED} == {
        name: after for name, (_, after) in BUMPED.items()
    }


def test_bump_dependency_fails_when_nothing_pins_it(tmp_path):
    (tmp_path / "requirements.txt").write_text("x==1\n")
    fields = {"Dependency": "ruff", "From version": "1", "To version": "2"}
    code, said = perform(tmp_path, "bump-dependency", fields)
    assert (code, said.partition(",")[0]) == (1, "0 replacements found")


def test_license_header_goes_below_shebangs_and_happens_once(tmp_path):
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.js").write_text("#!/usr/bin/env node\nlet x\n")
    (tmp_path / "c.ts").write_text("// SPDX-License-Identifier: Apache-2.0\n")
    fields = {"Copyright holder": "2026 Acme", "SPDX licence": "_No response_"}
    assert perform(tmp_path, "license-header", fields)[0] == 0
    header = "SPDX-FileCopyrightText: 2026 Acme\n{0}SPDX-License-Identifier: MIT\n"
    after = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert after == {
        "run.sh": "#!/bin/sh\n# " + header.format("# ") + "echo\n",
        "a.py": "# " + header.format("# ") + "x = 1\n",
        "b.js": "#!/usr/bin/env node\n// " + header.format("// ") + "let x\n",
        "c.ts": "// SPDX-License-Identifier: Apache-2.0\n",
    }
    assert perform(tmp_path, "license-header", fields)[0] == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == after


def test_pin_actions_takes_its_pins_from_the_issue(tmp_path):
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "ci.yml").write_text("steps:\n  - uses: actions/checkout@v7\n  - uses: a/b@v1\n")
    fields = {"Pins": f"- actions/checkout@v7 = {SHA}\n- x/y@v2 = {SHA}"}
    assert perform(tmp_path, "pin-actions", fields)[0] == 0
    assert (folder / "ci.yml").read_text() == f"steps:\n  - uses: actions/checkout@{SHA} # v7\n  - uses: a/b@v1\n"


def test_apply_formatter_runs_one_of_the_known_formatters(tmp_path):
    program = tmp_path / "bin/gofmt"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" gofmt "$@"\n')
    program.chmod(0o755)
    assert perform(tmp_path, "apply-formatter", {"Formatter": "gofmt"}, path=str(program.parent)) == (0, "gofmt|-w|.|")


def test_apply_formatter_runs_nothing_else():
    with pytest.raises(UsageError, match="none of its choices"):
        steps_of("apply-formatter", {"Formatter": "rm -rf ."})
