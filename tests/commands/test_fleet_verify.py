"""`autonomy fleet verify` as a person calls it: what it prints, what its report holds, and how it ends."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.world import World

from autonomy_pack.flows.actions import labels
from autonomy_pack.flows.fleet import clone
from autonomy_pack.policy.fleet.lock import Inputs
from autonomy_pack.policy.fleet.plan import Found, plan
from hub import Fault, Hub

Call = Callable[..., subprocess.CompletedProcess[str]]
LOOP = ".github/workflows/autonomous-agent-loop.yml"
INPUTS = Inputs(pack="packs/pack", sha="a" * 40, version="0.1.0", hosted=False)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.user("eve")
        made.repo("packs/pack").permit("eve", "admin")
        inputs = replace(INPUTS, sha=made.repos["packs/pack"].head())
        steps = plan(clone.desired(inputs, "Makefile"), inputs, Found(files={}, odd={}, bases={}), clone.merged)
        for name in ("fine", "stopped", "plain"):
            repo = made.repo(f"acme/{name}", {"README.md": "x"})
            repo.permit("eve", "admin")
            for label in labels.ours():
                repo.make_label(label.name, label.color, label.description)
            if name != "plain":
                repo.commit({step.path: step.text for step in steps})
        made.repos["acme/stopped"].commit({".agent-workspace/STOP": ""})
        made.repos["acme/stopped"].topics.append("web")
        yield made
        assert made.violations == []
        assert made.requests(writes=True) == []


@pytest.fixture
def call(hub: Hub, tmp_path: Path) -> Call:
    """The command line over the hub, in an empty folder."""
    urls = {"GITHUB_API_URL": hub.api_url, "GITHUB_SERVER_URL": hub.server_url, "GITHUB_GRAPHQL_URL": hub.graphql_url}
    env = {**os.environ, **urls, "GH_TOKEN": hub.token("eve")}

    def called(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "autonomy_pack", "fleet", "verify", "--org", "acme", *words]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, env=env)

    return called


def test_every_repository_has_a_line_and_every_fault_its_fix(call: Call) -> None:
    ended = call("--quick")
    assert ended.returncode == 1, ended.stderr
    told = ended.stdout
    for words in (
        "fine           acme/fine",
        "skipped        acme/plain  (not installed)",
        "faults         acme/stopped",
    ):
        assert words in told
    assert "stopped               .agent-workspace/STOP" in told
    assert "→ `autonomy resume`, when work may go on." in told
    assert told.splitlines()[-1] == "3 repositories: 1 fine, 1 faults, 1 skipped. Most: 1 stopped."


def test_only_those_that_are_meant_are_looked_at(call: Call) -> None:
    assert json.loads(call("--repos", "f*", "--json").stdout)[0]["outcome"] == "fine"
    ended = call("--topic", "web", "--quick", "--json")
    (row,) = json.loads(ended.stdout)
    assert (row["repository"], row["findings"][0]["rule"]) == ("acme/stopped", "stopped")
    ended = call("--repos", "nothing")
    assert (ended.returncode, "no repository of acme is meant" in ended.stderr) == (2, True)


def test_the_report_and_the_table_hold_every_finding(call: Call, hub: Hub, tmp_path: Path) -> None:
    for word in ("max_a: 1", '"=max|b": 1', '"[x](http://evil.example)": 1'):
        path = ".github/autonomy.yml"
        hub.repos["acme/stopped"].commit({path: f"version: 1\n{word}\n"})
        ended = call("--csv", "--report-file", "report.md")
        rows = list(csv.DictReader(ended.stdout.splitlines()))
        assert [row["rule"] for row in rows] == ["", "stopped", "config", ""]
        report = (tmp_path / "report.md").read_text()
        for row in rows:
            assert row["repository"] in report
            assert row["rule"] in report
        assert "](http" not in report
        (line,) = [line for line in report.splitlines() if line.startswith("| config")]
        assert line.replace("\\|", "").count("|") == 6


def test_one_that_cannot_be_looked_at_ends_with_4_and_the_others_are_told(call: Call, hub: Hub) -> None:
    for name in ("fine", "stopped"):
        hub.repos[f"acme/{name}"].commit({".github/autonomy.yml": "version: 1\nmax_issues: 2\n"})
    hub.faults.add(Fault("422", "POST /api/graphql", nth=2))
    ended = call("--json")
    assert ended.returncode == 4, ended.stderr
    assert [row["outcome"] for row in json.loads(ended.stdout)] == ["not looked at", "faults", "skipped"]


def test_options_for_many_need_an_owner(tmp_path: Path) -> None:
    for words, says in ((["--repos", "x"], "say --org"), (["--json", "--csv"], "say one")):
        argv = [sys.executable, "-m", "autonomy_pack", "fleet", "verify", *words]
        ended = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ended.returncode, says in ended.stderr) == (2, True)


def test_a_clone_is_told_as_text_as_data_and_as_a_report(world: World, tmp_path: Path) -> None:
    world.autonomy("fleet", "install", "--pack", f"o/p@{'a' * 40}")
    assert world.autonomy("fleet", "verify", "--quick").strip() == "All as it should be."
    (world.root / LOOP).unlink()
    report = tmp_path / "report.md"
    told = world.autonomy("fleet", "verify", "--json", "--report-file", str(report), ok=1)
    assert [(one["rule"], one["where"]) for one in json.loads(told)] == [("file-missing", LOOP)]
    assert f"| file-missing | high | {LOOP} |" in report.read_text()
    assert "1 to look at." in world.autonomy("fleet", "verify", ok=1)
