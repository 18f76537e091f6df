"""The strict loader: what it reads, what it refuses, and on which line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.edges.documents import DocumentError, load_yaml, split_front_matter


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("on: push", {"on": "push"}),
        ("a: yes", {"a": "yes"}),
        ("a: off", {"a": "off"}),
        ("a: True", {"a": "True"}),
        ("a: true", {"a": True}),
        ("a: 010", {"a": "010"}),
        ("a: 0o17", {"a": "0o17"}),
        ("a: 0x1f", {"a": "0x1f"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 2026-01-02", {"a": "2026-01-02"}),
        ("a: 2026-01-02T03:04:05Z", {"a": "2026-01-02T03:04:05Z"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: 1e999", {"a": "1e999"}),
        ("a: -7", {"a": -7}),
        ("a: 1.50", {"a": 1.5}),
        ("a: 'true'", {"a": "true"}),
        ('a: "7"', {"a": "7"}),
        ("a: |\n  true\n", {"a": "true\n"}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("1: x\nnull: y", {"1": "x", "null": "y"}),
        ("<<: x", {"<<": "x"}),
        ("", None),
        ("# only a comment\n", None),
        ("\ufeffa: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]]),
    ],
)
def test_only_the_plain_scalars_mean_anything(text, data):
    assert load_yaml(text, "a.yml").data == data


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "appears twice, first on line 1"),
        ("a:\n  b: 1\n  b: 2\n", 3, "appears twice, first on line 2"),
        ("a: &x 1\n", 1, "anchors and aliases"),
        ("a: 1\nb: *a\n", 2, "anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tags"),
        ("a: !secret x\n", 1, "tags"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("? [a, b]\n: 1\n", 1, "a key must be text"),
        ("? {a: b}\n: 1\n", 1, "a key must be text"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("a:\n\tb: 1\n", 2, "not YAML"),
        ("a: b: c\n", 1, "not YAML"),
        ("a: \x01\n", 1, "characters that no YAML"),
        ("a: \ud800\n", 1, "characters that no YAML"),
        ("[" * 33 + "]" * 33, 1, "nests deeper than 32"),
        ("[" * 100_000, 1, "nests deeper than 32"),
        ("x" * 300_000, 1, "300000 characters"),
    ],
)
def test_everything_clever_broken_or_huge_is_refused_with_its_line_and_a_fix(text, line, says):
    with pytest.raises(DocumentError, match=says) as caught:
        load_yaml(text, "a.yml")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"a.yml:{line}: ")
    assert caught.value.fix.endswith(".")
    assert caught.value.exit_code == 2


def test_every_value_knows_its_line():
    document = load_yaml("# head\na:\n  b: 1\n  c:\n    - x\n    - y: 2\n", "a.yml", first_line=11)
    assert document.line(["a", "b"]) == 13
    assert document.line(["a", "c", 0]) == 15
    assert document.line(["a", "c", 1, "y"]) == 16
    assert document.line(["a", "c", 1, "missing", "deeper"]) == 16
    assert document.line([]) == 12


def test_an_error_is_a_finding_too():
    with pytest.raises(DocumentError) as caught:
        load_yaml("a: 1\na: 2", "a.yml", first_line=5)
    finding = caught.value.finding("issue")
    assert (finding.rule, finding.where) == ("issue", "a.yml:6")
    assert finding.fix


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else(text):
    with contextlib.suppress(DocumentError):
        load_yaml(text, "any.yml")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_front_matter_and_body_are_told_apart_whatever_the_line_ends(newline, mark):
    text = mark + newline.join(["---", "title: A", "labels: [b]", "---", "", "Body", "---", "more"])
    front, body, line = split_front_matter(text, "7.md")
    assert load_yaml(front, "7.md", first_line=2).data == {"title": "A", "labels": ["b"]}
    assert body == newline.join(["", "Body", "---", "more"])
    assert line == 5
    assert front in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin with front matter"),
        ("# Title\n---\n", "does not begin with front matter"),
        ("---\ntitle: x\n", "does not end"),
        (" ---\ntitle: x\n---\n", "does not begin with front matter"),
    ],
)
def test_missing_front_matter_is_an_error_with_a_fix(text, says):
    with pytest.raises(DocumentError, match=says) as caught:
        split_front_matter(text, "7.md")
    assert "---" in caught.value.fix
