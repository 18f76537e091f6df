"""The runner's files and the job's environment: nothing gets through that was not meant to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autonomy_pack.edges import actions
from autonomy_pack.errors import PackError, UsageError

Environment = Callable[..., None]
SHA = "a" * 40


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a job; its runner's files lie in the folder."""
    event = {"repository": {"fork": True, "private": False}, "action": "labeled"}
    (tmp_path / "event.json").write_text(json.dumps(event))
    variables = {
        "GITHUB_REPOSITORY": "acme/site",
        "GITHUB_RUN_ID": "77",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_JOB": "select",
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_WORKFLOW_REF": "acme/site/.github/workflows/loop.yml@refs/heads/main",
        "GITHUB_ACTOR": "ada",
        "GITHUB_API_URL": "https://ghes.example/api/v3/",
        "GITHUB_GRAPHQL_URL": "https://ghes.example/api/graphql",
        "GITHUB_SERVER_URL": "https://ghes.example",
    }
    files = {f"GITHUB_{name}": str(tmp_path / name) for name in ("OUTPUT", "ENV", "STATE", "PATH", "STEP_SUMMARY")}
    for name, value in (variables | files).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_a_run_is_what_the_environment_says_of_it(job: Path) -> None:
    run = actions.workflow_run()
    assert (run.repo, run.run_id, run.attempt, run.job) == ("acme/site", 77, 2, "select")
    assert (run.workflow, run.event, run.actor) == ("loop.yml", "schedule", "ada")
    assert (run.api_url, run.fork, run.private) == ("https://ghes.example/api/v3", True, False)


def test_the_callers_file_has_a_fallback_where_the_runner_does_not_say(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_WORKFLOW_REF")
    with pytest.raises(UsageError, match="file name is unknown"):
        actions.workflow_run()
    monkeypatch.setenv("AUTONOMY_WORKFLOW", "nightly.yml")
    assert actions.workflow_run().workflow == "nightly.yml"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "acme"),
        ("GITHUB_REPOSITORY", "acme/si te"),
        ("GITHUB_RUN_ID", "x"),
        ("GITHUB_RUN_ATTEMPT", ""),
        ("GITHUB_JOB", "se\nlect"),
        ("GITHUB_API_URL", "file:///etc"),
        ("GITHUB_WORKFLOW_REF", "acme/site/.github/workflows/..@x"),
    ],
)
def test_a_malformed_environment_is_refused_with_the_next_step(
    job: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as refused:
        actions.workflow_run()
    assert refused.value.fix


def test_inputs_are_text_and_empty_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"issue": "12", "max_issues": 3, "timeout": 60.0, "dry_run": True, "lfs": False, "agent_name": "", "x": None}
    monkeypatch.setenv("AUTONOMY_INPUTS", json.dumps(said))
    assert actions.inputs(said) == {
        "issue": "12",
        "max_issues": "3",
        "timeout": "60",
        "dry_run": "true",
        "lfs": "false",
    }


@pytest.mark.parametrize(
    ("given", "near"), [("max_isues", "max_issues"), ("max-issues", "max_issues"), ("dryrun", "dry_run"), ("zzz", "")]
)
def test_an_unknown_input_fails_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch, given: str, near: str) -> None:
    monkeypatch.setenv("AUTONOMY_INPUTS", json.dumps({given: "1"}))
    with pytest.raises(UsageError, match="unknown input") as refused:
        actions.inputs(["max_issues", "dry_run", "issue"])
    assert ("did you mean" in refused.value.says) == bool(near)
    assert near in refused.value.says


@pytest.mark.parametrize("said", ["{", "[1]", '{"issue": ["1"]}', "[" * 100_000])
def test_inputs_that_are_no_mapping_of_texts_are_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("AUTONOMY_INPUTS", said)
    with pytest.raises(UsageError):
        actions.inputs(["issue"])


def parsed(path: Path) -> dict[str, str]:
    """A runner's file, read as the runner reads it."""
    found, rest = {}, path.read_text()
    while rest:
        head, _, rest = rest.partition("\n")
        name, _, delimiter = head.partition("<<")
        value, _, rest = rest.partition(f"\n{delimiter}\n")
        found[name] = value
    return found


def test_outputs_cross_whole_whatever_they_hold(job: Path) -> None:
    hostile = "x\nLD_PRELOAD=/tmp/evil.so\nEOF\n::set-output name=a::b\nname<<EOF\n"
    actions.output("plan", hostile)
    actions.state("kept", "")
    assert parsed(job / "OUTPUT") == {"plan": hostile}
    assert parsed(job / "STATE") == {"kept": ""}


def test_delimiters_are_never_the_same_twice(job: Path) -> None:
    for _ in range(50):
        actions.output("a", "b")
    delimiters = re.findall(r"(?m)^a<<(.+)$", (job / "OUTPUT").read_text())
    assert len(set(delimiters)) == 50
    assert min(map(len, delimiters)) >= 32


def test_a_value_that_holds_its_delimiter_is_refused() -> None:
    with pytest.raises(UsageError, match="delimiter"):
        actions.lines("a", "b\nend_1\nLD_PRELOAD<<end_1\nevil", "end_1")


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a\nb", "a<<EOF", "1a", "é", "x" * 101])
def test_a_name_that_is_no_name_is_refused(job: Path, name: str) -> None:
    for put in (actions.output, actions.state):
        with pytest.raises(UsageError):
            put(name, "value")


def test_an_output_beyond_what_can_cross_is_refused(job: Path) -> None:
    with pytest.raises(PackError, match="characters"):
        actions.output("plan", "x" * 500_001)
    assert not (job / "OUTPUT").exists()


@pytest.mark.parametrize("name", ["LD_PRELOAD", "BASH_ENV", "PATH", "NODE_OPTIONS", "GITHUB_TOKEN", "PYTHONPATH"])
def test_only_our_own_variables_can_be_set_for_later_steps(job: Path, name: str) -> None:
    with pytest.raises(UsageError):
        actions.env(name, "evil")
    actions.env("AUTONOMY_PLACE", "fine")
    assert parsed(job / "ENV") == {"AUTONOMY_PLACE": "fine"}


@pytest.mark.parametrize("folder", ["relative", "/tmp/a\n/tmp/evil", "/tmp/\x1b[2J"])
def test_only_absolute_printable_folders_reach_path(job: Path, folder: str) -> None:
    with pytest.raises(UsageError):
        actions.path(Path(folder))
    actions.path(Path("/opt/tools/bin"))
    assert (job / "PATH").read_text() == "/opt/tools/bin\n"


def test_a_summary_is_cut_at_one_mebibyte_and_says_so(job: Path) -> None:
    actions.summary("# First\n")
    actions.summary("é" * actions.MIB)
    actions.summary("more")
    data = (job / "STEP_SUMMARY").read_bytes()
    assert len(data) <= actions.MIB
    assert data.startswith(b"# First\n")
    assert data.decode().endswith(actions.CUT)


def test_no_secret_reaches_a_summary(job: Path) -> None:
    secret = "ghp_" + "A1b2C3d4E5" * 3 + "A1b2C3"
    actions.summary(f"token {secret}")
    assert secret not in (job / "STEP_SUMMARY").read_text()


def test_without_the_runners_files_the_error_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    with pytest.raises(UsageError, match="GITHUB_OUTPUT"):
        actions.output("a", "b")
