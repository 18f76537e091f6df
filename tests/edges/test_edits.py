"""Edits: the wanted value changes, and every other byte stays."""

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.edges.edits import edit_json, edit_toml, edit_yaml
from autonomy_pack.errors import UsageError

YAML = """\
# head
a:   1   # one
b: [x,  y]   # two
c:
  - name: n   # three
    run: |
      echo
      two

  # between
  - z
d:
e: 'q'
"f": {k: v}
g:
  h: "i"   # last
"""
JSON = '{\n  "a": 1,\n  "b": {"c": "2",  "d": "3"},\n  "l": [\n    1,\n    2\n  ],\n  "e": {}\n}\n'
TOML = """\
# head
[a]  # one
k   =   1   # two
s = 'lit'   # three
l = [ "x",   "y" ]  # four

[tool.ruff]
line-length = 100
[[many]]
n = "a"
"""


def set_(*path, to):
    return [{"path": list(path), "value": to}]


def drop(*path):
    return [{"path": list(path), "delete": True}]


def changed(edit, text, edits):
    """(lines taken away, lines put in), the same whatever the line ends and with a byte order mark."""
    new = edit(text, edits)
    assert edit(text.replace("\n", "\r\n"), edits) == new.replace("\n", "\r\n")
    if edit is not edit_toml:
        assert edit(f"\ufeff{text}", edits) == f"\ufeff{new}"
    old_lines, new_lines = text.splitlines(), new.splitlines()
    while old_lines and new_lines and old_lines[0] == new_lines[0]:
        del old_lines[0], new_lines[0]
    while old_lines and new_lines and old_lines[-1] == new_lines[-1]:
        del old_lines[-1], new_lines[-1]
    return old_lines, new_lines


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        (set_("a", to=2), ["a:   1   # one"], ["a:   2   # one"]),
        (set_("a", to=1), [], []),
        (set_("b", 1, to="z"), ["b: [x,  y]   # two"], ["b: [x,  z]   # two"]),
        (set_("b", 2, to="z"), ["b: [x,  y]   # two"], ["b: [x,  y, z]   # two"]),
        (set_("e", to="it's"), ["e: 'q'"], ["e: 'it''s'"]),
        (set_("g", "h", to="j"), ['  h: "i"   # last'], ['  h: "j"   # last']),
        (set_("g", "new", to="1.2.3"), [], ["  new: 1.2.3"]),
        (set_("d", to="x"), ["d:"], ["d: x"]),
        (set_("d", "x", "y", to=1), ["d:"], ['d: {x: {"y": 1}}']),
        (set_("f", "z", to=True), ['"f": {k: v}'], ['"f": {k: v, z: true}']),
        (set_("c", 0, "name", to="true"), ["  - name: n   # three"], ['  - name: "true"   # three']),
        (set_("c", 0, "run", to="a\nb"), ["    run: |", "      echo", "      two"], ['    run: "a\\nb"']),
        (set_("c", 0, "if", to="x"), [], ["    if: x"]),
        (set_("c", 2, to="w"), [], ["  - w"]),
        (set_("new", to=["a", "b: c"]), [], ['new: [a, "b: c"]']),
        (drop("a"), ["a:   1   # one"], []),
        (drop("b", 0), ["b: [x,  y]   # two"], ["b: [y]   # two"]),
        (drop("f", "k"), ['"f": {k: v}'], ['"f": {}']),
        (drop("c", 0, "name"), ["  - name: n   # three", "    run: |"], ["  - run: |"]),
        (drop("nothing", "here"), [], []),
        ({"a": 2}, ["a:   1   # one"], ["a:   2   # one"]),
    ],
)
def test_a_yaml_edit_changes_its_own_line_only(edits, old, new):
    assert changed(edit_yaml, YAML, edits) == (old, new)


def test_a_list_on_lines_of_its_own_stays_one():
    text = "title: A  # keep\nlabels:\n  - a\n  - b\nstate: open\n"
    assert edit_yaml(text, {"labels": ["a", "c: d"]}) == text.replace("  - b", '  - "c: d"')
    assert edit_yaml(text, {"labels": []}) == "title: A  # keep\nlabels: []\nstate: open\n"


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        (set_("a", to=2), ['  "a": 1,'], ['  "a": 2,']),
        (set_("b", "d", to="x"), ['  "b": {"c": "2",  "d": "3"},'], ['  "b": {"c": "2",  "d": "x"},']),
        (set_("b", "e", to="x"), ['  "b": {"c": "2",  "d": "3"},'], ['  "b": {"c": "2",  "d": "3", "e": "x"},']),
        (set_("l", 2, to=3), ["    2"], ["    2,", "    3"]),
        (set_("e", "k", to=[1]), ['  "e": {}'], ['  "e": {', '    "k": [', "      1", "    ]", "  }"]),
        (set_("new", to="é"), ['  "e": {}'], ['  "e": {},', '  "new": "é"']),
        (drop("a"), ['  "a": 1,'], []),
        (drop("l", 1), ["    1,", "    2"], ["    1"]),
        (drop("e"), ["  ],", '  "e": {}'], ["  ]"]),
        (drop("nothing"), [], []),
    ],
)
def test_a_json_edit_changes_its_own_line_only(edits, old, new):
    assert changed(edit_json, JSON, edits) == (old, new)


def test_json_on_one_line_stays_on_one_line():
    assert edit_json('{"a":1,"b":{}}', set_("b", "c", to=[2])) == '{"a":1,"b":{"c": [2]}}'
    assert edit_json('{"a":1}', set_("b", to=2)) == '{"a":1,"b":2}'
    assert edit_json("{}", set_("b", to=2)) == '{"b": 2}'


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        (set_("a", "k", to=2), ["k   =   1   # two"], ["k   =   2   # two"]),
        (set_("a", "s", to="new"), ["s = 'lit'   # three"], ["s = 'new'   # three"]),
        (set_("a", "s", to="it's"), ["s = 'lit'   # three"], ['s = "it\'s"   # three']),
        (set_("a", "l", 1, to="z"), ['l = [ "x",   "y" ]  # four'], ['l = [ "x",   "z" ]  # four']),
        (set_("tool", "ruff", "line-length", to=120), ["line-length = 100"], ["line-length = 120"]),
        (set_("tool", "ruff", "fix", to=True), [], ["fix = true"]),
        (set_("many", 0, "n", to="b"), ['n = "a"'], ['n = "b"']),
        (drop("a", "k"), ["k   =   1   # two"], []),
        (drop("tool", "nothing"), [], []),
    ],
)
def test_a_toml_edit_changes_its_own_line_only(edits, old, new):
    assert changed(edit_toml, TOML, edits) == (old, new)


@pytest.mark.parametrize(
    ("edit", "text", "edits", "says"),
    [
        (edit_yaml, "a: [", set_("a", to=1), "not YAML"),
        (edit_yaml, "", set_("a", to=1), "no YAML document"),
        (edit_yaml, "a: 1\n---\nb: 2\n", set_("a", to=1), "not YAML"),
        (edit_yaml, "a: x\n", set_("a", "b", to=1), "a is a single value"),
        (edit_yaml, "a: [1]\n", set_("a", 5, to=1), "has no place 5"),
        (edit_yaml, "a: [1]\n", set_("a", "b", to=1), "has no place 'b'"),
        (edit_yaml, "a: &x {k: 1}\nb: *x\n", set_("b", "k", to=2), "without changing something else"),
        (edit_yaml, "a: 1\n", [{"path": []}], "needs a path"),
        (edit_yaml, "a: 1\n", [{"path": ["a"], "value": 1, "delete": True}], "needs a path"),
        (edit_json, "{,}", set_("a", to=1), "not JSON"),
        (edit_json, '{"a": 1}', set_("a", "b", to=1), "a is a single value"),
        (edit_json, '{"a": [1]}', set_("a", 3, to=1), "has no place 3"),
        (edit_toml, "a =", set_("a", to=1), "cannot be edited"),
        (edit_toml, "a = 1", set_("a", to=None), "cannot be edited"),
        (edit_toml, "a = [1]", set_("a", 3, to=1), "no place 3"),
    ],
)
def test_what_cannot_be_edited_in_place_is_refused_with_a_fix(edit, text, edits, says):
    with pytest.raises(UsageError, match=says) as caught:
        edit(text, edits)
    assert caught.value.fix.endswith(".")


WORDS = st.text(st.sampled_from("abcxyz019 _-.:#'\"{}[],&*!|>%@`~?\\é✓"), max_size=12)
SCALARS = st.one_of(WORDS, st.integers(-999, 999), st.booleans())
KEYS = st.text(st.sampled_from("abcdef"), min_size=1, max_size=3)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=4)


def leaves(tree, path=()):
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    below = [leaf for key, item in inner for leaf in leaves(item, (*path, key))]
    return below or [path]


def put(tree, path, new):
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = new


@settings(max_examples=60, deadline=None)
@given(data=st.data(), tree=DOCUMENTS, new=SCALARS, indent=st.sampled_from([None, 1, 2, 4, "\t"]))
def test_any_value_of_any_json_text_can_be_set_and_nothing_else_changes(data, tree, new, indent):
    path = data.draw(st.sampled_from(leaves(tree)))
    marker = "\0marker\0"
    put(tree, path, marker)
    template = json.dumps(tree, indent=indent, ensure_ascii=False)
    before, after = template.split(json.dumps(marker))
    put(tree, path, new)
    assert (
        edit_json(f"{before}null{after}", set_(*path, to=new)) == before + json.dumps(new, ensure_ascii=False) + after
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), tree=DOCUMENTS, new=SCALARS, flow=st.booleans(), indent=st.integers(2, 4))
def test_any_value_of_any_yaml_text_can_be_set_and_nothing_else_changes(data, tree, new, flow, indent):
    import yaml
    from ruamel.yaml import YAML

    path = data.draw(st.sampled_from(leaves(tree)))
    put(tree, path, "MARKER")
    template = yaml.safe_dump(tree, default_flow_style=flow, indent=indent, allow_unicode=True, width=9999)
    before, after = f"# head\n{template}# foot\n".split("MARKER")
    edited = edit_yaml(f"{before}'old'{after}", set_(*path, to=new))
    assert edited.startswith(before)
    assert edited.endswith(after)
    wanted = YAML(typ="safe", pure=True).load(f"{before}'old'{after}")
    put(wanted, path, new)
    assert YAML(typ="safe", pure=True).load(edited) == wanted


@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    tree=st.dictionaries(KEYS, st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3), min_size=1),
    new=SCALARS,
)
def test_any_value_of_any_toml_text_can_be_set_and_nothing_else_changes(data, tree, new):
    import tomlkit

    path = data.draw(st.sampled_from(leaves(tree)))
    put(tree, path, "MARKER")
    before, after = f"# head\n{tomlkit.dumps(tree)}# foot\n".split('"MARKER"')
    edited = edit_toml(f"{before}1.5  # kept{after}", set_(*path, to=new))
    assert edited.startswith(before)
    assert edited.endswith(f"  # kept{after}")
    put(tree, path, new)
    assert tomllib.loads(edited) == tree
