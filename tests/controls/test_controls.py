"""Declared is not wired: each safety control is taken out of a copy of the pack, and its test must then fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path

import pytest

import autonomy_pack
from autonomy_pack.sandboxes import SANDBOXES
from tests.controls.table import CONTROLS, Control

ROOT = Path(__file__).parents[2]
PACK = Path(autonomy_pack.__file__).parent
FILES = sorted({control.test.partition("::")[0] for control in CONTROLS})


_INSTALLED_PACK = shutil.ignore_patterns("*autonomy_pack*.pth", "__editable__*", "autonomy_pack")


def _linked(source: str, target: str) -> None:
    """A hard link where it can be had: thousands of files are there at once."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Copy:
    """A copy of the pack, with an environment whose interpreter imports that copy, isolated or not, and a process in
    which tests are run against it."""

    def __init__(self, folder: Path) -> None:
        self.pack, self.folder = folder / "src" / "autonomy_pack", folder
        shutil.copytree(PACK, self.pack, dirs_exist_ok=True)
        home = folder / "env"
        site = home / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        # What is installed is linked into it, so that programs in a box find it below the same prefix; but not the pack.
        shutil.copytree(sysconfig.get_path("purelib"), site, copy_function=_linked, ignore=_INSTALLED_PACK)
        (home / "bin").mkdir()
        (home / "bin/python").symlink_to(Path(sys.executable).resolve())
        (home / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\ninclude-system-site-packages = false\n")
        (site / "copy.pth").write_text(f"{self.pack.parent}\n")
        self.python = str(home / "bin/python")
        self._times = count(1_000_000_000)
        self._forks = self._start()

    def _start(self) -> subprocess.Popen[str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", "COV", "PYTHON"))}
        return subprocess.Popen(
            [self.python, str(Path(__file__).with_name("forks.py"))],
            cwd=ROOT,
            env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ended_with(self, *tests: str, one_each: bool = False) -> tuple[int, str]:
        """Run these tests, and only these, against the copy: pytest's exit code and what it printed. `one_each`: of
        those that stand on the same fixtures only one."""
        assert self._forks.stdin
        assert self._forks.stdout
        log, temp = self.folder / "log", self.folder / "temp"
        words = ["-x", "--basetemp", str(temp), *tests]
        asked = {"words": words, "log": str(log), "seconds": 120, "one_each": one_each}
        self._forks.stdin.write(json.dumps(asked) + "\n")
        self._forks.stdin.flush()
        code = int(self._forks.stdout.readline())
        shutil.rmtree(temp, ignore_errors=True)
        return code, log.read_text(errors="replace")

    @contextmanager
    def without(self, control: Control) -> Iterator[None]:
        """Take the control out of the copy, for as long as this lasts."""
        before = {file: (self.pack / file).read_text() for file, _, _ in control.changes}
        try:
            for file, text, instead in control.changes:
                source = (self.pack / file).read_text()
                assert source.count(text) == 1, (
                    f"{file} has this {source.count(text)} times, so the table is out of date: {text!r}"
                )
                self._write(file, source.replace(text, instead))
            yield
        finally:
            for file, source in before.items():
                self._write(file, source)

    def _write(self, file: str, source: str) -> None:
        """Write a module with a time it never had: what was compiled of it before is not taken for it."""
        (self.pack / file).write_text(source)
        now = next(self._times)
        os.utime(self.pack / file, (now, now))

    def close(self) -> None:
        """Let go of the process."""
        with self._forks as forks:
            assert forks.stdin
            forks.stdin.close()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    folder = tmp_path_factory.mktemp("copy")
    made = Copy(folder)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def skip_without_a_box(*tests: str) -> None:
    missing = SANDBOXES["bubblewrap"].missing()
    if missing and any("a_boxed_" in test for test in tests):
        pytest.skip(missing)


@pytest.mark.parametrize("control", CONTROLS, ids=[control.name.replace(" ", "-") for control in CONTROLS])
def test_without_its_control_a_test_fails(control: Control, copy: Copy) -> None:
    skip_without_a_box(control.test)
    with copy.without(control):
        code, said = copy.ended_with(control.test)
    assert (code, "1 failed" in said) == (1, True), said[-4000:]


@pytest.mark.parametrize("file", FILES)
def test_with_every_control_in_place_the_same_tests_pass(file: str, copy: Copy) -> None:
    """The suite itself runs each of them. Here it is shown that the copy alone makes none fail: one test for each set of
    fixtures, as tests differ in what they need of the copy by what they stand on."""
    tests = sorted({control.test for control in CONTROLS if control.test.startswith(f"{file}::")})
    code, said = copy.ended_with(*tests, one_each=True)
    assert code == 0, said[-4000:]
    assert "skipped" not in said or SANDBOXES["bubblewrap"].missing()


def test_the_copy_is_what_every_process_imports(copy: Copy) -> None:
    for flags in ((), ("-I",)):
        words = [copy.python, *flags, "-c", "import autonomy_pack, click; print(autonomy_pack.__file__)"]
        said = subprocess.run(words, capture_output=True, text=True, check=True, cwd="/").stdout
        assert said.strip() == str(copy.pack / "__init__.py")


def test_the_table_names_each_control_once() -> None:
    names = sorted(control.name for control in CONTROLS)
    assert [name for name, same in groupby(names) if len(list(same)) > 1] == []
    assert len(CONTROLS) >= 60
