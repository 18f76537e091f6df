"""Globs: what they match, and that a name never reaches across a slash."""

import pytest

from autonomy_pack.edges import globs


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("**/*", ["a", "a/b", ".github/x.yml"], []),
        ("**", ["a", "a/b/c"], []),
        ("*.py", ["a.py", ".py"], ["s/a.py", "a.pyc"]),
        ("**/*.py", ["a.py", "s/a.py", "s/t/a.py"], ["a.pyc"]),
        ("src/**", ["src/a", "src/a/b"], ["src", "srcs/a"]),
        ("src/**/x/*.c", ["src/x/a.c", "src/a/b/x/a.c"], ["src/a.c", "src/x/y/a.c"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("[ab]/*", ["a/x", "b/x"], ["c/x", "a/x/y"]),
        ("*/b", ["a/b"], ["b", "a/a/b"]),
        ("A", ["A"], ["a"]),
    ],
)
def test_a_glob_matches_whole_paths(pattern, yes, no):
    assert [path for path in yes + no if globs.matches(path, [pattern])] == yes


def test_many_stars_take_no_time():
    assert not globs.matches("a/" * 60 + "b", ["**/a/" * 20 + "c"])
    assert not globs.matches("a" * 200, ["*a" * 30 + "b"])


@pytest.mark.parametrize(
    ("pattern", "root"), [("a/b/*.c", "a/b"), ("**/x", ""), ("a/*/b", "a"), ("*", ""), ("a/b.c", "a")]
)
def test_the_root_of_a_glob_is_its_plain_beginning(pattern, root):
    assert globs.root(pattern) == root
