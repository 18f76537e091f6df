"""Declared is not wired: each safety control is taken out of a copy of the pack, and its test must then fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

import autonomy_pack
from autonomy_pack.sandboxes import SANDBOXES
from tests.controls.table import CONTROLS, Control

ROOT = Path(__file__).parents[2]
PACK = Path(autonomy_pack.__file__).parent
FILES = sorted({control.test.partition("::")[0] for control in CONTROLS})


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """A copy of the pack, with an environment beside it whose interpreter imports that copy, isolated or not."""
    pack = tmp_path / "src" / "autonomy_pack"
    shutil.copytree(PACK, pack, dirs_exist_ok=True)
    home = tmp_path / "env"
    site = home / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    site.mkdir(parents=True)
    (home / "bin").mkdir()
    (home / "bin/python").symlink_to(Path(sys.executable).resolve())
    (home / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\ninclude-system-site-packages = false\n")
    # A path named in a .pth file is not searched for further .pth files: the installed pack is out of sight.
    (site / "copy.pth").write_text(f"{pack.parent}\n{sysconfig.get_path('purelib')}\n")
    yield pack
    shutil.rmtree(tmp_path, ignore_errors=True)


def python(copy: Path) -> str:
    return str(copy.parents[1] / "env/bin/python")


def ended_with(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run these tests, and only these, against the copy."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", "COV", "PYTHON"))}
    words = [python(copy), "-m", "pytest", "-x", "--basetemp", str(copy.parents[1] / "temp"), *tests]
    return subprocess.run(
        words,
        cwd=ROOT,
        env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def without(control: Control, copy: Path) -> None:
    """Take the control out of the copy."""
    for file, text, instead in control.changes:
        source = (copy / file).read_text()
        assert source.count(text) == 1, (
            f"{file} has this {source.count(text)} times, so the table is out of date: {text!r}"
        )
        (copy / file).write_text(source.replace(text, instead))


def skip_without_a_box(*tests: str) -> None:
    missing = SANDBOXES["bubblewrap"].missing()
    if missing and any("a_boxed_" in test for test in tests):
        pytest.skip(missing)


@pytest.mark.parametrize("control", CONTROLS, ids=[control.name.replace(" ", "-") for control in CONTROLS])
def test_without_its_control_a_test_fails(control: Control, copy: Path) -> None:
    skip_without_a_box(control.test)
    without(control, copy)
    ended = ended_with(copy, control.test)
    assert (ended.returncode, "1 failed" in ended.stdout) == (1, True), ended.stdout[-3000:] + ended.stderr[-1000:]


@pytest.mark.parametrize("file", FILES)
def test_with_every_control_in_place_the_same_tests_pass(file: str, copy: Path) -> None:
    tests = sorted({control.test for control in CONTROLS if control.test.startswith(f"{file}::")})
    ended = ended_with(copy, *tests)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
    assert "skipped" not in ended.stdout or SANDBOXES["bubblewrap"].missing()


def test_the_copy_is_what_every_process_imports(copy: Path) -> None:
    for flags in ((), ("-I",)):
        words = [python(copy), *flags, "-c", "import autonomy_pack, click; print(autonomy_pack.__file__)"]
        said = subprocess.run(words, capture_output=True, text=True, check=True, cwd="/").stdout
        assert said.strip() == str(copy / "__init__.py")


def test_the_table_names_each_control_once() -> None:
    names = sorted(control.name for control in CONTROLS)
    assert [name for name, same in groupby(names) if len(list(same)) > 1] == []
    assert len(CONTROLS) >= 60
