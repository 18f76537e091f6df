"""What a model may do with the tree: exactly what it says, nothing outside, and errors that help."""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from autonomy_pack.edges import search as searching
from autonomy_pack.errors import PackError
from autonomy_pack.model import Desk, Risk
from autonomy_pack.programs.shapes import misfit
from autonomy_pack.tools import model
from autonomy_pack.tools.model import MODEL_TOOLS

ENV = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    work, outputs = tmp_path / "work", tmp_path / "outputs"
    (work / "src").mkdir(parents=True)
    outputs.mkdir()
    (work / "src/calc.py").write_text("def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n")
    (work / "readme.md").write_text("# Calc\n")
    (tmp_path / "outside.txt").write_text("outside\n")
    return Desk(work=str(work), outputs=str(outputs), env=ENV, seconds=20.0, criteria=("It adds numbers", "Tests pass"))


def call(name: str, desk: Desk, **arguments) -> str:
    assert misfit(arguments, MODEL_TOOLS[name].schema) == ""
    return MODEL_TOOLS[name].run(arguments, desk)


def told(name: str, desk: Desk, **arguments) -> str:
    with pytest.raises(PackError) as error:
        call(name, desk, **arguments)
    return f"{error.value.says}. {error.value.fix}"


# --- all of them --------------------------------------------------------------------------------------------------


def test_every_file_is_listed_and_every_name_is_its_files():
    files = {module.name for module in pkgutil.iter_modules(model.__path__)} - {"shared"}
    assert set(MODEL_TOOLS) == files
    assert all(
        tool is importlib.import_module(f"autonomy_pack.tools.model.{name}") for name, tool in MODEL_TOOLS.items()
    )


@pytest.mark.parametrize("name", MODEL_TOOLS)
def test_a_tool_says_what_it_does_what_it_takes_and_how_dangerous_it_is(name):
    tool = MODEL_TOOLS[name]
    Draft202012Validator.check_schema(tool.schema)
    assert tool.schema["additionalProperties"] is False
    assert isinstance(tool.risk, Risk)
    assert tool.mutates is (name in ("edit", "write", "run"))
    page = (Path(__file__).parents[2] / "docs/reference/agents/anthropic.md").read_text()
    assert f"| `{name}` |" in page


@pytest.mark.parametrize("name", MODEL_TOOLS)
def test_arguments_that_do_not_fit_are_told_apart_from_those_that_do(name):
    good = {
        "read": {"path": "a", "offset": 1, "limit": 2},
        "search": {"pattern": "a", "files": ["*"], "ignore_case": True, "limit": 3},
        "list": {"files": ["*"]},
        "edit": {"path": "a", "old_string": "b", "new_string": "", "replace_all": True},
        "write": {"path": "a", "content": ""},
        "run": {"command": ["a"], "seconds": 3},
        "ask": {"question": "a", "options": ["b"]},
        "done": {"summary": "a", "evidence": [{"criterion": "1", "how": "b"}]},
    }[name]
    validator = Draft202012Validator(MODEL_TOOLS[name].schema)
    assert validator.is_valid(good)
    assert misfit(good, MODEL_TOOLS[name].schema) == ""
    bad = [
        None,
        [],
        "x",
        5,
        {**good, "more": 1},
        *({**good, key: {}} for key in good),
        *({**good, key: 0} for key in good),
    ]
    for wrong in bad:
        assert bool(misfit(wrong, MODEL_TOOLS[name].schema)) == (not validator.is_valid(wrong)), wrong


@pytest.mark.parametrize(
    "path", ["../outside.txt", "/etc/passwd", ".git/config", ".GIT/hooks/x", "link/x", "link.txt", "src"]
)
@pytest.mark.parametrize("name", ["read", "edit", "write"])
def test_no_tool_leaves_the_tree_or_touches_git(desk: Desk, tmp_path: Path, name: str, path: str):
    (Path(desk.work) / ".git").mkdir()
    (Path(desk.work) / ".git/config").write_text("mine\n")
    (Path(desk.work) / "link").symlink_to(tmp_path)
    (Path(desk.work) / "link.txt").symlink_to(tmp_path / "outside.txt")
    more = {"read": {}, "edit": {"old_string": "o", "new_string": "x"}, "write": {"content": "x"}}[name]
    assert told(name, desk, path=path, **more)
    assert (tmp_path / "outside.txt").read_text() == "outside\n"
    assert (Path(desk.work) / ".git/config").read_text() == "mine\n"


def test_neither_a_list_nor_a_search_follows_a_link(desk: Desk, tmp_path: Path):
    (Path(desk.work) / "link").symlink_to(tmp_path)
    (Path(desk.work) / "link.txt").symlink_to(tmp_path / "outside.txt")
    assert call("list", desk) == "readme.md\nsrc/calc.py"
    assert "Nothing found" in call("search", desk, pattern="outside")
    assert told("list", desk, files=["../*"])
    assert told("list", desk, files=["link/*"])


# --- read ---------------------------------------------------------------------------------------------------------


def test_read_shows_lines_with_their_numbers(desk: Desk):
    assert call("read", desk, path="readme.md") == "     1\t# Calc"
    shown = call("read", desk, path="src/calc.py", offset=5, limit=1)
    assert shown == "     5\tdef sub(a, b):\n[lines 5 to 5 of 6; offset 6 goes on]"


def test_a_long_file_and_a_long_line_are_shown_in_part(desk: Desk):
    (Path(desk.work) / "long.txt").write_text("".join(f"line {at}\n" for at in range(1, 2001)))
    shown = call("read", desk, path="long.txt")
    assert shown.endswith("[lines 1 to 400 of 2000; offset 401 goes on]")
    (Path(desk.work) / "wide.txt").write_text("x" * 100_000 + "\nend\n")
    assert "98000 more characters" in call("read", desk, path="wide.txt")
    (Path(desk.work) / "big.txt").write_text(("y" * 1900 + "\n") * 400)
    assert len(call("read", desk, path="big.txt")) < 33_000


def test_read_says_why_there_is_nothing_to_read(desk: Desk):
    assert "does not exist" in told("read", desk, path="no.txt")
    assert "has 1 lines" in told("read", desk, path="readme.md", offset=9)
    (Path(desk.work) / "empty").write_text("")
    assert call("read", desk, path="empty") == "empty is empty."
    (Path(desk.work) / "b.bin").write_bytes(b"\0\1")
    assert "binary" in told("read", desk, path="b.bin")


# --- search -------------------------------------------------------------------------------------------------------


def test_search_shows_each_line_once_with_its_place(desk: Desk):
    assert call("search", desk, pattern=r"a\b.*b") == (
        "src/calc.py:1: def add(a, b):\nsrc/calc.py:2:     return a - b\n"
        "src/calc.py:5: def sub(a, b):\nsrc/calc.py:6:     return a - b"
    )
    assert call("search", desk, pattern="CALC", ignore_case=True, files=["*.md"]) == "readme.md:1: # Calc"
    assert "Nothing found" in call("search", desk, pattern="calc", files=["*.md"])
    assert call("search", desk, pattern="^$", files=["src/*"]) == "src/calc.py:3: \nsrc/calc.py:4: "


def test_search_stops_at_its_limit_and_says_so(desk: Desk):
    (Path(desk.work) / "many.txt").write_text("hit\n" * 300)
    found = call("search", desk, pattern="hit")
    assert found.count("\n") == 100
    assert "only the first 100" in found


def test_a_wrong_expression_is_told_as_what_it_is(desk: Desk):
    assert "does not compile" in told("search", desk, pattern="a(")


def test_an_expression_that_never_ends_is_ended(desk: Desk):
    (Path(desk.work) / "a.txt").write_text("a" * 5000 + "!\n")
    begun = time.monotonic()
    found = searching.search(desk.work, r"(a|aa)+$", seconds=0.2, program=None)
    assert "ended after 0.2 seconds" in found.cut
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("pattern", ["return", "^def", r"\bsub\b", "nothing at all"])
def test_with_ripgrep_and_without_the_same_is_found(desk: Desk, pattern: str):
    assert searching.search(desk.work, pattern) == searching.search(desk.work, pattern, program=None)


# --- list ---------------------------------------------------------------------------------------------------------


def test_list_is_by_globs_and_long_lists_are_counted(desk: Desk):
    assert call("list", desk, files=["src/*"]) == "src/calc.py"
    assert call("list", desk, files=["*.rs"]) == "No file matches."
    for at in range(500):
        (Path(desk.work) / f"src/f{at:03}.txt").write_text("")
    shown = call("list", desk)
    assert "the first 400 of 502 files" in shown
    assert "501 in src" in shown


# --- edit, write --------------------------------------------------------------------------------------------------


def test_edit_replaces_what_is_there_once(desk: Desk):
    old = "def add(a, b):\n    return a - b"
    assert call("edit", desk, path="src/calc.py", old_string=old, new_string=old.replace("-", "+")).endswith("line 1")
    assert (Path(desk.work) / "src/calc.py").read_text().startswith("def add(a, b):\n    return a + b\n\n\ndef sub")


def test_an_edit_that_fits_more_than_once_is_told_where(desk: Desk):
    said = told("edit", desk, path="src/calc.py", old_string="a - b", new_string="a + b")
    assert "2 times" in said
    assert "lines 2, 6" in said
    call("edit", desk, path="src/calc.py", old_string="a - b", new_string="a + b", replace_all=True)
    assert "a - b" not in (Path(desk.work) / "src/calc.py").read_text()


def test_an_edit_that_fits_nowhere_is_told_what_is_there_instead(desk: Desk):
    said = told("edit", desk, path="src/calc.py", old_string="def add(a, b):\n\treturn a - b", new_string="x")
    assert "differ from it in spaces only" in said
    assert "     2\t    return a - b" in said
    said = told("edit", desk, path="src/calc.py", old_string="def add(a,b,c):", new_string="x")
    assert "nearest line is 1" in said
    assert "     1\tdef add(a, b):" in said
    assert "No line is like it" in told("edit", desk, path="src/calc.py", old_string="%%%%", new_string="x")
    assert "are the same" in told("edit", desk, path="src/calc.py", old_string="x", new_string="x")


def test_an_edit_keeps_line_ends(desk: Desk):
    (Path(desk.work) / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    call("edit", desk, path="dos.txt", old_string="one\ntwo", new_string="two\none")
    assert (Path(desk.work) / "dos.txt").read_bytes() == b"two\r\none\r\n"


def test_write_makes_folders_on_the_way(desk: Desk):
    assert call("write", desk, path="new/deep/file.txt", content="häl\n") == "5 bytes written to new/deep/file.txt"
    assert (Path(desk.work) / "new/deep/file.txt").read_text() == "häl\n"


# --- run ----------------------------------------------------------------------------------------------------------


def test_run_takes_a_list_or_a_line_and_tells_the_exit_code(desk: Desk):
    assert call("run", desk, command=["echo", "a b"]) == "a b\n"
    assert call("run", desk, command="echo $((1+1)); pwd").splitlines() == ["2", desk.work]
    assert call("run", desk, command="true") == "[exit code 0, no output]"
    assert told("run", desk, command="echo no >&2; exit 3").startswith("no\n[exit code 3]")
    assert "could not be started" in told("run", desk, command=["no-such-program"])


def test_a_long_output_is_kept_and_can_be_read(desk: Desk):
    said = call("run", desk, command="seq 1 20000")
    assert len(said) < 13_000
    assert said.startswith("1\n2\n")
    assert said.endswith("20000\n")
    assert "all of it is in @output/1.txt" in said
    assert "  9999\t9999" in call("read", desk, path="@output/1.txt", offset=9990, limit=20)
    assert told("read", desk, path="@output/../outside.txt")


def test_a_huge_output_is_drained_and_only_its_beginning_kept(desk: Desk):
    said = call("run", desk, command="head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end")
    assert said.endswith("end\n")
    assert "its first 16777216 bytes are in @output/1.txt" in said
    assert (Path(desk.outputs) / "1.txt").stat().st_size == 16 * 1024 * 1024


def test_a_program_whose_time_is_up_ends_with_all_it_began(desk: Desk):
    said = told("run", desk, command="echo begun; sleep 600 & echo $!; sleep 600", seconds=1)
    assert "its time was up" in said
    pid = int(said.splitlines()[1])
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_a_program_leaves_running_is_not_waited_for(desk: Desk):
    begun = time.monotonic()
    assert call("run", desk, command="sleep 600 & echo left") == "left\n"
    assert time.monotonic() - begun < 15


def test_a_program_sees_only_the_environment_it_is_given(desk: Desk, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-canary")
    assert "canary" not in call("run", desk, command="env; cat /proc/self/environ")


# --- done ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        (["1", "2"], ""),
        (["It adds numbers", "2. Tests pass"], ""),
        (["- [ ] it adds  numbers.", "#2"], ""),
        (["1"], "2. Tests pass"),
        (["x", "add"], "1. It adds numbers; 2. Tests pass"),
        (["0", "3"], "1. It adds numbers; 2. Tests pass"),
        ([], "1. It adds numbers; 2. Tests pass"),
    ],
)
def test_done_needs_evidence_for_each_criterion(desk: Desk, said: list[str], missing: str):
    evidence = [{"criterion": one, "how": "I ran it"} for one in said]
    if missing:
        assert f"no evidence for {missing}" in told("done", desk, summary="s", evidence=evidence)
    else:
        assert call("done", desk, summary="s", evidence=evidence) == "done"
