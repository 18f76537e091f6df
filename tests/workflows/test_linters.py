"""Four linters have no finding, every ignore has its reason, and a planted fault makes each of them fail."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from autonomy_pack.views.callers import callers
from tests.workflows.linters import LINTERS, found_by
from tests.workflows.rules import CONTINUOUS, DECIDE, FOLDER, GATE, LOOP, OURS, REPAIR, ROOT

OF_WORKFLOWS = ("actionlint", "zizmor", "schema", "timeout")
IGNORE = re.compile(r"# zizmor: ignore\[([a-z-]+)\] (.+)$", re.MULTILINE)
# Every inline ignore there is: (file, audit) → why it is right here.
IGNORES = {
    (DECIDE, "dangerous-triggers"): "only created comments that begin with our word; nothing of them is run",
    (LOOP, "self-repository"): "the project's, not the pack's",
    (REPAIR, "self-repository"): "the project's, not the pack's",
    (GATE, "self-repository"): "the project's, not the pack's",
    (CONTINUOUS, "self-repository"): "act cannot read $/",
}


@pytest.mark.parametrize("linter", OF_WORKFLOWS)
def test_a_linter_has_no_finding_on_our_workflows(linter: str) -> None:
    assert found_by(linter, *(FOLDER / file for file in OURS)) == ""


@pytest.mark.parametrize("linter", ["zizmor", "action"])
def test_a_linter_has_no_finding_on_the_action(linter: str) -> None:
    assert found_by(linter, ROOT / "action.yml") == ""


def rendered(folder: Path, **ways: object) -> list[Path]:
    made = []
    for path, text in callers("acme/autonomy-pack", "a" * 40, "1.2.3", **ways).items():  # type: ignore[arg-type]
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        made.append(folder / path)
    return made


@pytest.mark.parametrize("linter", OF_WORKFLOWS)
def test_a_linter_has_no_finding_on_any_template(linter: str, tmp_path: Path) -> None:
    ways = (
        {"review": True},
        {"private": True, "review": True},
        {"runs_on": ("self-hosted", "linux")},
        {"cron": "", "repair": True},
    )
    files = [file for number, way in enumerate(ways) for file in rendered(tmp_path / str(number), **way)]
    assert len(files) == 15
    assert found_by(linter, *files) == ""


def test_a_caller_that_is_pinned_to_a_tag_has_that_one_finding(tmp_path: Path) -> None:
    files = rendered(tmp_path, pin="tag", review=True, repair=True)
    assert [found_by(linter, *files) for linter in ("actionlint", "schema", "timeout")] == ["", "", ""]
    assert set(re.findall(r"(?:error|warning|help)\[([a-z-]+)\]", found_by("zizmor", *files))) == {"unpinned-uses"}


def test_a_caller_for_another_server_lacks_only_what_that_server_lacks(tmp_path: Path) -> None:
    files = rendered(tmp_path, hosted=False)
    assert [found_by(linter, *files) for linter in ("zizmor", "schema", "timeout")] == ["", "", ""]
    rules = set(re.findall(r"\[([a-z-]+)\]$", found_by("actionlint", *files), re.MULTILINE))
    assert rules == {"cache-call-unrestricted"}


def test_every_ignore_is_listed_with_its_reason() -> None:
    found = {(path.name, audit): why for path in FOLDER.iterdir() for audit, why in IGNORE.findall(path.read_text())}
    assert found == IGNORES
    places = [*FOLDER.iterdir(), ROOT / "action.yml"]
    assert sum(path.read_text().count("ignore[") for path in places) == len(IGNORES)
    configured = ("zizmor.yml", ".github/zizmor.yml", ".github/actionlint.yaml", ".github/actionlint.yml")
    assert [name for name in configured if (ROOT / name).exists()] == []


@pytest.mark.parametrize(("file", "audit"), IGNORES)
def test_an_ignore_hides_exactly_that_finding(file: str, audit: str, tmp_path: Path) -> None:
    text = (FOLDER / file).read_text()
    bare = IGNORE.sub(lambda match: "" if match[1] == audit else match[0], text)
    place = tmp_path / ".github" / "workflows" / file
    place.parent.mkdir(parents=True)
    place.write_text(bare)
    assert set(re.findall(r"\w+\[([a-z-]+)\]:", found_by("zizmor", place))) == {audit}


PLANTED = {
    "actionlint": ("permissions: {}\n", "permisions: {}\n"),
    "zizmor": ("persist-credentials: false", "persist-credentials: true"),
    "schema": ("runs-on: ubuntu-latest", "runs-on: 3"),
    "timeout": ("    timeout-minutes: 30\n", ""),
}


@pytest.mark.parametrize("linter", PLANTED)
def test_a_planted_fault_is_found(linter: str, tmp_path: Path) -> None:
    there, instead = PLANTED[linter]
    text = (FOLDER / "ci.yml").read_text()
    assert there in text
    place = tmp_path / "ci.yml"
    place.write_text(text.replace(there, instead))
    assert found_by(linter, place)


def test_a_planted_fault_in_an_action_is_found(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text()
    place = tmp_path / "action.yml"
    place.write_text(text.replace("      shell: bash\n", ""))
    assert found_by("action", place)
    place.write_text(text.replace("exec ", "exec ${{ inputs.prompt }} "))
    assert found_by("zizmor", place)


def test_shell_faults_inside_a_workflow_are_found(tmp_path: Path) -> None:
    """A silent shellcheck would go unnoticed otherwise."""
    place = tmp_path / "ci.yml"
    place.write_text((FOLDER / "ci.yml").read_text().replace("run: .ci/run", "run: rm -rf $HOME/x"))
    assert "SC2086" in found_by("actionlint", place)


def lint(folder: Path) -> int:
    script = ROOT / "scripts" / "lint-workflows.sh"
    return subprocess.run(["sh", str(script), str(folder)], capture_output=True, check=False).returncode


@pytest.mark.parametrize("linter", PLANTED)
def test_make_lint_fails_where_one_linter_does(linter: str, tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    place = tmp_path / ".github/workflows/ci.yml"
    text = (FOLDER / "ci.yml").read_text()
    place.write_text(text)
    assert lint(tmp_path) == 0
    place.write_text(text.replace(*PLANTED[linter]))
    assert lint(tmp_path) != 0


def test_make_lint_lints_the_workflows() -> None:
    assert "scripts/lint-workflows.sh" in (ROOT / "Makefile").read_text()
    assert set(LINTERS) == {*OF_WORKFLOWS, "action"}
