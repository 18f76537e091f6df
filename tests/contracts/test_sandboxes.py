"""What every sandbox keeps to, one test for all that are listed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autonomy_pack.model import Command, Room
from autonomy_pack.sandboxes import SANDBOXES, launcher

LADDER = ["L3", "L2", "L1", "none"]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandboxes.md"


@pytest.fixture(params=list(SANDBOXES))
def name(request) -> str:
    return request.param


def test_it_is_listed_under_the_name_of_its_file(name):
    assert Path(SANDBOXES[name].__file__).stem == name


def test_it_says_what_it_is_and_where_on_the_ladder(name):
    assert SANDBOXES[name].__doc__
    assert SANDBOXES[name].level in LADDER


def test_the_strongest_comes_first():
    places = [LADDER.index(sandbox.level) for sandbox in SANDBOXES.values()]
    assert places == sorted(places)


def test_it_is_there_or_says_why_not(name):
    missing = SANDBOXES[name].missing()
    assert missing == "" or missing.endswith(".")


def test_it_keeps_everything_of_a_command_but_its_argv(name):
    command = Command(argv=("true",), cwd="/", env={"A": "1"}, stdin=b"in", paced=True)
    wrapped = SANDBOXES[name].wrap(command, Room(work="/tmp"))
    kept = (wrapped.cwd, wrapped.env, wrapped.stdin, wrapped.paced)
    assert kept == (command.cwd, command.env, command.stdin, command.paced)
    assert wrapped.argv[-2:] == ("--", "true")


def test_it_has_its_place_in_the_reference(name):
    assert f"## {name}" in PAGE.read_text()


def test_the_toolchain_is_our_interpreter_and_our_package_and_nothing_twice():
    folders = [Path(folder) for folder in launcher.toolchain()]
    seen = [Path("/usr"), *folders]
    assert any(Path(sys.executable).resolve().is_relative_to(folder) for folder in seen)
    assert any(Path(launcher.__file__).is_relative_to(folder) for folder in seen)
    assert not any(one != other and one.is_relative_to(other) for one in folders for other in seen)
