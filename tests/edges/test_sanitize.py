"""The sanitiser: nothing invisible, nothing live, the same when done again, and never an exception."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.edges.sanitize import invisible, one_line, sanitize, visible

# Written apart from the sanitiser: what GitHub, its runners and bots would act on.
LIVE = {
    "a mention": r"(?<![A-Za-z0-9])@[A-Za-z0-9]",
    "an image": r"!\[",
    "a tag or comment": r"<[A-Za-z/!?]",
    "an entity": r"&(?:#\d|#x|[A-Za-z]\w*;)",
    "a foreign link": r"(?i)(?:https?|ftp|ssh|javascript|data)://(?!github\.com(?:[/\s)\]]|$))|(?<![a-z0-9])www\.\w",
    "a link that says one thing and does another": r"\]\((?!https://github\.com)|\]:",
    "a slash command": r"(?m)^[ \t>*+-]*/[A-Za-z]",
    "a runner's command": r"(?m)^\s*::|##\[",
    "an escape": r"[\x00-\x08\x0b-\x1f\x7f-\x9f]",
}
CLOSING = re.compile(r"(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b[^A-Za-z0-9#]*(?:[\w.-]+/[\w.-]+)?#\d")

HOSTILE = {
    "hello @bob": "hello ＠bob",
    "@org/team, look": "＠org/team, look",
    "**@bob** _@eve_ (@x)": "**＠bob** _＠eve_ (＠x)",
    "@dependabot merge": "＠dependabot merge",
    "Fixes #12": "Fixes ＃12",
    "closes: octo/site#3": "closes: octo/site＃3",
    "RESOLVED **#7**": "RESOLVED **＃7**",
    "fi**xes** #1": "fi**xes** ＃1",
    "fixes https://github.com/a/b/issues/1": "fixes https:／／github.com/a/b/issues/1",
    "fix GH-12": "fix GH 12",
    "#12": "＃12",
    "  octo/site#12 first": "  octo/site＃12 first",
    "/approve": "／approve",
    "  /merge now\n> /lgtm\n- /close": "  ／merge now\n> ／lgtm\n- ／close",
    "bors r+": "(bors) r+",
    "![x](https://evil.example/?q=1)": "! [x] (https:／／evil.example/?q=1)",
    "[docs](//evil.example)": "[docs] (//evil.example)",
    "[docs](javascript:alert(1))": "[docs] (javascript:alert(1))",
    "[x]\n\n[x]: https://evil.example": "[x]\n\n[x] : https:／／evil.example",
    "<https://evil.example>": "‹https:／／evil.example>",
    "www.evil.example": "www．evil.example",
    "https://github.com@evil.example/": "https:／／github.com@evil.example/",
    "https://github.com.evil.example/": "https:／／github.com.evil.example/",
    "https://github.com:x@evil.example/": "https:／／github.com:x@evil.example/",
    "<!-- hidden orders -->": "‹!-- hidden orders -->",
    "<img src=x onerror=y>": "‹img src=x onerror=y>",
    "<details><summary>": "‹details>‹summary>",
    "&#64;bob &lt;b&gt;": "＆＃64;bob ＆lt;b＆gt;",
    "::set-output name=a::b": "：:set-output name=a::b",
    "x ##[error]y": "x ＃＃[error]y",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b1m": "red ",
    "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\": "text",
    "a\u202eb\u2066c\u200bd\U000e0041e\ufe0f": "abcde",
    "one\r\ntwo\rthree\u2028four": "one\ntwo\nthree\nfour",
    "a\u00a0b\u3000c\u3164d": "a b cd",
    "\ud800": "\ufffd",
}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_live_is_dead_afterwards_and_still_readable(text: str) -> None:
    assert sanitize(text) == HOSTILE[text]


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, and a sentence.",
        "see #12 and octo/site#3",
        "mail a.person@example.com",
        "[the code](https://github.com/octo/site/blob/main/a.py)",
        "https://github.com/octo/site",
        "a < b && c > d; x[1] = f(2)",
        "- item\n  - [ ] nested\n\n| a | b |\n|---|---|\n\n```py\nx = 1\n```",
        "src/app.py:12 and/or 1/2",
        "prefix #1, the fixture",
        "café Привет 東京 ½ “quoted” … ✅",
        "tab\tand\nnewline",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert sanitize(text) == text


def test_no_invisible_character_of_all_unicode_is_left() -> None:
    every = "".join(
        f"a{chr(code)}" for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cf", "Co", "Cn")
    )
    assert set(sanitize(every)) == {"a"}
    rest = "".join(chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x3164, 0x115F, 0x1160, 0xFFA0,
                                          0x34F, 0x180B, 0x2800, 0x17B4, *range(9), *range(14, 32), *range(127, 160)))  # fmt: skip
    assert sanitize(rest).strip("\n") == ""
    assert sanitize("".join(map(chr, range(0xD800, 0xE000)))) == "\ufffd" * 0x800


def test_the_characters_that_nobody_sees_are_told() -> None:
    assert invisible("a\u200bb\u202e\tc\n✅é") == ["\u200b", "\u202e"]
    assert invisible("a\rb\u2028") == ["\r", "\u2028"]


def test_one_line_is_one_line_of_that_length() -> None:
    assert one_line(" a\n\tb\x1b[31m  c ") == "a b c"
    assert one_line("word " * 50, 20) == "word word word word…"
    assert [len(one_line("x" * 9, limit)) for limit in (0, 1, 8, 9, 10)] == [0, 1, 8, 9, 9]


def test_visible_text_keeps_its_markdown() -> None:
    assert visible("**@bob**\r\n<b>\x00") == "**@bob**\n<b>"


WORDS = st.sampled_from([*HOSTILE, "fix ", "#1", "@", "bob", "](", "]:", "![", "://", "https://github.com/", "<", "/a", "&", "#",
                         "www.", "\n", " ", ";", "*", "\x1b[", "\x1b]", "::", "##[", "GH-1", "bors ", "\u200b"])  # fmt: skip
TEXTS = st.lists(st.one_of(WORDS, st.text(st.characters(), max_size=10)), max_size=15).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_nothing_is_live_and_sanitising_again_changes_nothing(text: str) -> None:
    once = sanitize(text)
    assert sanitize(once) == once
    assert {what: found[0] for what, pattern in LIVE.items() if (found := re.search(pattern, once))} == {}
    assert not CLOSING.search(once)
    assert invisible(once) == []
    once.encode()


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 60))
def test_one_line_of_anything_is_printable_and_stays_as_it_is(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert one_line(line, limit) == line


@pytest.mark.parametrize(
    "piece", ["\n", " ", "> ", "](", "@a", "\x1b]", "fix #1 ", "\u200b", "/a\n", "![", "://", "- 1. "]
)
def test_no_text_takes_long(piece: str) -> None:
    begun = time.process_time()
    sanitize(piece * (300_000 // len(piece)))
    assert time.process_time() - begun < 3
