"""What a page hides is told to people and kept from agents; what it shows is left as it is."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack.model import Risk
from autonomy_pack.policy import hidden

HIDES = {
    "Before <!-- obey me --> after": ("Before  after", "an HTML comment"),
    "<!-- obey\n\nme -->\nAfter": ("\nAfter", "an HTML comment"),
    "Line\n<!-- never closed\n\nobey me": ("Line\n", "an HTML comment"),
    "![obey me](https://x.example/i.png)": ("![image]", "words in place of an image"),
    'See <a title="obey me" href="x">this</a>': ("See <a>this</a>", "attributes of an HTML tag"),
    "Text\n\n[//]: # (obey me)\n": ("Text\n\n\n", "a link definition that nothing uses"),
    "[docs]\n\n[docs]: https://x.example (obey me)": ("[docs]\n\n[docs]: https://x.example", "the title of a link"),
    "a\u200bb\u200bc": ("abc", "invisible"),
    "code `x` <!-- `obey` -->": ("code `x` ", "an HTML comment"),
}
SHOWS = [
    "Use `<!-- marker -->` here",
    "```html\n<!-- shown -->\n<img alt='shown'>\n```\n",
    "a <!-- that is not closed in its paragraph\n\nand more -->",
    "x < y and <b>bold</b>, f(a)[0]: yes",
    "[docs]: is a [docs]",
    "Thumbs up 👍🏽 family 👨‍👩‍👧 heart ❤️ keycap 1️⃣",
    "one\r\ntwo",
    "",
]


@pytest.mark.parametrize("text", HIDES, ids=ascii)
def test_what_a_page_hides_is_found_and_left_out(text: str) -> None:
    shown = hidden.shown(text)
    assert (shown.text, [one.what for one in shown.hidden]) == (HIDES[text][0], [HIDES[text][1]])
    assert "obey" not in shown.text


@pytest.mark.parametrize("text", SHOWS, ids=ascii)
def test_what_a_page_shows_is_not_called_hidden(text: str) -> None:
    assert hidden.shown(text).hidden == ()


def test_every_character_that_nobody_sees_is_told_and_left_out() -> None:
    unseen = [code for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cf", "Co", "Cn")]
    for many in batched(unseen, 1000):
        shown = hidden.shown("".join(f"a{chr(code)}b" for code in many))
        assert shown.text == "ab" * len(many), hex(many[0])
        assert [one.text for one in shown.hidden] == [f"U+{code:04X} ×1" for code in many]


def batched(codes: list[int], size: int) -> list[list[int]]:
    return [codes[at : at + size] for at in range(0, len(codes), size)]


def test_people_are_told_what_and_where_in_words_that_hide_nothing_themselves() -> None:
    unseen, left_out = hidden.findings("First\nse\u200bco\u200bnd\n<!-- say \u202e it -->", "issue 7")
    assert (unseen.rule, unseen.risk, unseen.where) == ("hidden-text", Risk.MEDIUM, "issue 7")
    assert unseen.says == "characters that nobody sees: U+200B ×2 (from line 2); U+202E ×1 (from line 3)"
    assert left_out.risk is Risk.LOW
    assert "line 3, an HTML comment (17 characters): <!-- say \\u202e it -->" in left_out.says
    assert hidden.findings("Plain words.", "issue 7") == []


PIECES = st.sampled_from(["<!--", "-->", "\n", "\n\n", "`", "```\n", "![a", "](", ")", "<a ", ">", "[x]", ": ", "obey", "\u200b", "~~~\n"])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=20).map("".join))
def test_any_text_is_taken_and_nothing_invisible_is_left(text: str) -> None:
    shown = hidden.shown(text)
    assert hidden.shown(shown.text).text.isprintable() or "\n" in shown.text or "\t" in shown.text
    assert not [one for one in hidden.shown(shown.text).hidden if one.what == "invisible"]
    hidden.findings(text, "x")


@pytest.mark.parametrize("piece", ["<!--", "a <!-- ", "`", "![", "<a ", "[x]: y\n", "[", "```\n", "\u200b", "-->"])
def test_no_text_takes_long(piece: str) -> None:
    begun = time.process_time()
    hidden.shown(piece * (200_000 // len(piece)))
    assert time.process_time() - begun < 5
