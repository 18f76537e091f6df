"""What each planner step does to a tree, and what it refuses."""

import pytest

from autonomy_pack.edges.captured import MAX_BYTES, ProgramFailed
from autonomy_pack.errors import PackError, UsageError
from autonomy_pack.tools import TOOLS

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"


@pytest.fixture
def tree(tmp_path):
    return tmp_path


def put(tree, **files):
    for name, text in files.items():
        (tree / name).write_text(text)


def do(tree, name, *words, **arguments):
    arguments = {key.rstrip("_"): item for key, item in arguments.items()}
    return TOOLS[name].run(list(words) or arguments, str(tree))


def test_replace_changes_every_find_and_says_how_many(tree):
    put(tree, a="x y x\n", b="x\n", c="none\n")
    assert do(tree, "replace", find="x", with_="z") == "3 replacements in 2 files: a, b"
    assert [(tree / name).read_text() for name in "abc"] == ["z y z\n", "z\n", "none\n"]


def test_replace_takes_text_as_it_is_unless_told_otherwise(tree):
    put(tree, a="a.b axb\n")
    do(tree, "replace", find="a.b", with_=r"\1")
    assert (tree / "a").read_text() == "\\1 axb\n"
    do(tree, "replace", find=r"(a)(x)b", with_=r"\2\g<1>", regex=True)
    assert (tree / "a").read_text() == "\\1 xa\n"


@pytest.mark.parametrize(
    ("count", "says"),
    [({}, "0 replacements found, fewer than 1"), ({"min": 5}, "fewer than 5"), ({"min": 0, "max": 1}, None)],
)
def test_replace_must_find_as_many_as_it_is_told(tree, count, says):
    put(tree, a="b\n")
    if says is None:
        assert do(tree, "replace", find="x", with_="z", count=count).startswith("0 replacements in 0 files")
    else:
        with pytest.raises(UsageError, match=says):
            do(tree, "replace", find="x", with_="z", count=count)


def test_replace_refuses_more_than_the_maximum(tree):
    put(tree, a="x x x\n")
    with pytest.raises(UsageError, match="3 replacements found, more than 2"):
        do(tree, "replace", find="x", with_="z", count={"max": 2})


@pytest.mark.parametrize(
    ("find", "new", "says"),
    [("(", "x", "does not compile"), ("a", r"\1", "cannot be put in"), ("a", r"\g<b>", "cannot be put in")],
)
def test_a_broken_regular_expression_is_told(tree, find, new, says):
    put(tree, a="a\n")
    with pytest.raises(UsageError, match=says):
        do(tree, "replace", find=find, with_=new, regex=True)


def test_write_makes_folders_and_says_how_much(tree):
    assert do(tree, "write", path="a/b.txt", text="é\n") == "3 bytes written to a/b.txt"
    assert (tree / "a/b.txt").read_text() == "é\n"


def test_append_ends_the_last_line_first_and_happens_once(tree):
    put(tree, a="one", b="", c="two\n")
    do(tree, "append", files=["a", "b", "c"], text="new\n", unless="^new$")
    assert [(tree / name).read_text() for name in "abc"] == ["one\nnew\n", "new\n", "two\nnew\n"]
    assert do(tree, "append", files="*", text="new\n", unless="(?m)^new$", count={"min": 0}) == "0 files changed"


@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        ("top", "a\n", "# one\n#\n# two\na\n"),
        ("top", "", "# one\n#\n# two\n"),
        ("after_shebang", "#!/bin/sh\na\n", "#!/bin/sh\n# one\n#\n# two\na\n"),
        ("after_shebang", "#!/bin/sh", "#!/bin/sh\n# one\n#\n# two\n"),
        ("after_shebang", "#!/x\n# -*- coding: utf-8 -*-\na\n", "#!/x\n# -*- coding: utf-8 -*-\n# one\n#\n# two\na\n"),
        ("after_shebang", "# coding=latin-1\na\n", "# coding=latin-1\n# one\n#\n# two\na\n"),
        ("after_shebang", "a\n", "# one\n#\n# two\na\n"),
        ("before", "a\nmark it\nb\n", "a\n# one\n#\n# two\nmark it\nb\n"),
        ("after", "a\nmark it\nb\n", "a\nmark it\n# one\n#\n# two\nb\n"),
        ("after", "mark", "mark\n# one\n#\n# two\n"),
        ("after", "nothing\n", "nothing\n"),
    ],
)
def test_insert_puts_whole_lines_where_they_belong(tree, at, before, after):
    put(tree, a=before)
    do(tree, "insert", files="a", text="one\n\ntwo\n", prefix="# ", at=at, match="mark", count={"min": 0})
    assert (tree / "a").read_text() == after


def test_insert_before_or_after_needs_something_to_find(tree):
    with pytest.raises(UsageError, match="needs match"):
        do(tree, "insert", files="a", text="x", at="before")


def test_move_and_delete(tree):
    put(tree, a="1", b="2", c="3")
    assert do(tree, "move", from_="a", to="new/a") == "a is now new/a"
    with pytest.raises(UsageError, match="2 files found, more than 1"):
        do(tree, "delete", files="*", count={"max": 1})
    assert do(tree, "delete", files=["b", "c"]) == "2 files deleted: b, c"
    assert [path.name for path in tree.rglob("*") if path.is_file()] == ["a"]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("yaml", "a: 1  # keep\nb: 2\n", "a: 5  # keep\nb: 2\n"),
        ("toml", "a = 1  # keep\nb = 2\n", "a = 5  # keep\nb = 2\n"),
        ("json", '{"a":  1, "b": 2}\n', '{"a":  5, "b": 2}\n'),
    ],
)
def test_edits_change_one_value_and_name_the_file_that_cannot_be_read(tree, kind, before, after):
    put(tree, a=before)
    assert do(tree, f"edit_{kind}", files="*", edits=[{"path": ["a"], "value": 5}]) == "1 file changed: a"
    assert (tree / "a").read_text() == after
    put(tree, b="{[")
    with pytest.raises(UsageError, match=r"^b: this "):
        do(tree, f"edit_{kind}", files="b", edits=[{"path": ["a"], "value": 5}])


def test_pin_actions_pins_what_it_was_given_and_nothing_else(tree):
    (tree / ".github/workflows").mkdir(parents=True)
    workflow = tree / ".github/workflows/ci.yml"
    workflow.write_text(
        "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - name: x\n        uses: 'Actions/Checkout/sub@v4' # old\n"
        f"      - uses: actions/checkout@v3\n      - uses: actions/checkout@{SHA}  # v4\n      - run: echo uses: actions/checkout@v4\n"
    )
    assert do(tree, "pin_actions", pins=[f"actions/checkout@v4 = {SHA}"]).startswith("1 file changed")
    assert workflow.read_text() == (
        f"jobs:\n  a:\n    steps:\n      - uses: actions/checkout@{SHA} # v4\n      - name: x\n        uses: 'Actions/Checkout/sub@{SHA}' # v4\n"
        f"      - uses: actions/checkout@v3\n      - uses: actions/checkout@{SHA}  # v4\n      - run: echo uses: actions/checkout@v4\n"
    )


@pytest.mark.parametrize(
    "pin", ["actions/checkout@v4", "actions/checkout@v4 = v5", f"checkout = {SHA}", f"a/b@v1 = {SHA}0"]
)
def test_a_pin_without_a_whole_commit_is_refused(tree, pin):
    with pytest.raises(UsageError, match="this is no pin"):
        do(tree, "pin_actions", pins=[pin])


def test_run_gives_an_argv_to_a_program_and_no_shell(tree):
    assert do(tree, "run", "printf", "%s|", "$HOME", "a b", ";ls") == "$HOME|a b|;ls|"
    assert do(tree, "run", "sh", "-c", "pwd; echo err >&2").split() == [str(tree.resolve()), "err"]


@pytest.mark.parametrize(
    ("argv", "exit_", "says"),
    [
        (["sh", "-c", "echo out; exit 7"], 7, "sh ended with exit code 7"),
        (["sh", "-c", "kill -9 $$"], 137, "sh ended with exit code 137"),
        (["no-such-program"], 127, "no-such-program could not be started"),
        (["a\0b"], 127, "could not be started"),
        (["sh", "-c", "yes"], 125, "more than 16 MiB"),
    ],
)
def test_a_failed_program_keeps_its_exit_code_and_output(tree, argv, exit_, says):
    with pytest.raises(ProgramFailed, match=says) as caught:
        do(tree, "run", *argv)
    assert caught.value.exit == exit_
    assert len(caught.value.output) < MAX_BYTES


def test_a_program_that_leaves_something_behind_is_not_waited_for(tree):
    assert do(tree, "run", "sh", "-c", "echo done; sleep 30 & echo $! > pid") == "done\n"
    import os

    os.kill(int((tree / "pid").read_text()), 9)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("write", {"path": "../x", "text": ""}),
        ("move", {"from": "a", "to": "/x"}),
        ("delete", {"files": ".git/config"}),
        ("replace", {"find": "a", "with": "b", "files": "../**"}),
        ("append", {"files": "up/x", "text": ""}),
        ("insert", {"files": ".GIT/*", "text": ""}),
        ("edit_yaml", {"files": "/etc/*", "edits": []}),
        ("edit_toml", {"files": "a/../../x", "edits": []}),
        ("edit_json", {"files": "a\\b", "edits": []}),
        ("pin_actions", {"files": "../*", "pins": f"a/b@c {SHA}"}),
    ],
)
def test_no_step_leaves_the_folder(tree, name, arguments):
    (tree / "up").symlink_to(tree.parent, target_is_directory=True)
    put(tree, a="a")
    with pytest.raises(PackError):
        TOOLS[name].run(arguments, str(tree))
    assert name in {*TOOLS} - {"run"}
