"""What a text holds that a reader of its page does not see: told to people as it is, kept from agents. Pure.

What a page hides is what GitHub's Markdown does: HTML comments, attributes of tags, what stands for an image, link
definitions that nothing uses. Code is shown as it is, so nothing in it is hidden.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from autonomy_pack.edges.sanitize import invisible, one_line, visible
from autonomy_pack.model import Finding, Risk, value

RULE = "hidden-text"
_SHOWN = 3
_FIX = "Look at the text before you merge; the agent was not shown it."
# In the order in which a reader of Markdown meets them; the first that fits wins.
_PIECES = re.compile(
    r"(?P<fence>^ {0,3}(?P<f>`{3,}|~{3,})[^`\n]*\n.*?(?:^ {0,3}(?P=f)[`~]*[ \t]*$|\Z))"
    r"|(?P<code>(?<!`)(?P<b>`{1,8})(?!`)[^\n]{1,300}?(?<!`)(?P=b)(?!`))"
    r"|(?P<block>^ {0,3}<!--)|(?P<comment><!--)"
    r"|!\[(?P<alt>[^\[\]\n]{0,1000})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,200}\])"
    r"|<(?P<tag>[A-Za-z][A-Za-z0-9-]{0,40})[\s/][^<>]{1,4000}>"
    r"|^ {0,3}\[(?P<label>[^\[\]\n]{1,200})\]:[ \t]*\n?[ \t]*(?:<[^<>\n]{0,2000}>|[^\s<]\S{0,2000})"
    r"(?P<more>\s{1,80}(?:\"[^\"]{0,4000}\"|'[^']{0,4000}'|\([^()]{0,4000}\)))?[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


@value
class Hidden:
    """A piece that is not shown: what it is, the line it begins in, its words."""

    what: str
    line: int
    text: str


@value
class Shown:
    """A text as its readers see it, and what they do not see."""

    text: str
    hidden: tuple[Hidden, ...]


def shown(text: str) -> Shown:
    """The text without what its page hides and without characters that nobody sees. Linear time, never raises."""
    plain = text.replace("\r\n", "\n").removeprefix("\ufeff")
    kept: list[str] = []
    found: list[Hidden] = []
    at = 0
    for start, end, instead, what in _pieces(plain):
        kept += [plain[at:start], instead]
        found.append(Hidden(what=what, line=plain.count("\n", 0, start) + 1, text=plain[start:end]))
        at = end
    rest = "".join([*kept, plain[at:]])
    return Shown(text=visible(rest), hidden=(*found, *_characters(plain)))


def _pieces(text: str) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, what stands there instead, what it is) of every hidden piece, in order, not overlapping."""
    uses = Counter(match.casefold() for match in re.findall(r"\[([^\[\]\n]{1,200})\]", text))
    ends = _Ends(text)
    at = 0
    while piece := _PIECES.search(text, at):
        start, at = piece.start(), piece.end()
        if piece["block"] is not None or piece["comment"] is not None:
            end = ends.of_comment(at, block=piece["block"] is not None)
            if end:
                yield start, end, "", "an HTML comment"
                at = end
        elif piece["alt"]:
            yield start, at, "![image]", "words in place of an image"
        elif piece["tag"]:
            yield start, at, f"<{piece['tag']}>", "attributes of an HTML tag"
        elif piece["label"] and uses[piece["label"].casefold()] < 2:
            yield start, at, "", "a link definition that nothing uses"
        elif piece["more"]:
            yield piece.start("more"), at, "", "the title of a link"


class _Ends:
    """Where comments end; what was looked for once is not looked for again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._close = self._paragraph = -1

    def of_comment(self, at: int, *, block: bool) -> int:
        """Behind the comment that was opened right before `at`; 0 when that was no comment.

        One at the beginning of a line goes on to the end of the text when nothing closes it; one within a line has to
        end in its paragraph.
        """
        if self._close < at:
            found = self._text.find("-->", at)
            self._close = found if found >= 0 else len(self._text)
        end = min(self._close + 3, len(self._text))
        if block:
            return end
        if self._paragraph < at:
            gap = _PARAGRAPH.search(self._text, at)
            self._paragraph = gap.start() if gap else len(self._text)
        return end if self._close < self._paragraph else 0


def _characters(text: str) -> Iterator[Hidden]:
    """Each kind of character that nobody sees, with how many there are; parts of emoji are none."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.isascii() or not line.isprintable():
            for char in invisible(_without_emoji(line)):
                lines.setdefault(char, []).append(number)
    for char, where in lines.items():
        yield Hidden(what="invisible", line=where[0], text=f"U+{ord(char):04X} ×{len(where)}")


def _without_emoji(line: str) -> str:
    """The line without joiners and variation selectors that follow a sign of its own: those are seen."""
    return re.sub(r"(?<=[^\x00-\u1fff])[\u200d\ufe0f\ufe0e]+|(?<=[0-9#*])\ufe0f(?=\u20e3)", "", line)


def findings(text: str, where: str) -> list[Finding]:
    """What people should know of a text that strangers may have written: what it hides, where, and how much.

    Characters that nobody sees are medium: a person looks first. What a page leaves out is low: templates of issues
    hold comments, and the agent is not shown them.
    """
    hidden = shown(text).hidden
    unseen = [one for one in hidden if one.what == "invisible"]
    left_out = [one for one in hidden if one.what != "invisible"]
    found = []
    if unseen:
        says = f"characters that nobody sees: {_listed([f'{one.text} (from line {one.line})' for one in unseen])}"
        found.append(Finding(rule=RULE, risk=Risk.MEDIUM, says=says, fix=_FIX, where=where))
    if left_out:
        told = [f"line {one.line}, {one.what} ({len(one.text)} characters): {_excerpt(one.text)}" for one in left_out]
        says = f"text that the page does not show: {_listed(told)}"
        found.append(Finding(rule=RULE, risk=Risk.LOW, says=says, fix=_FIX, where=where))
    return found


def _excerpt(text: str) -> str:
    """Its first words, every character that could hide in them written out."""
    written = "".join(
        f"\\u{ord(char):04x}" if unicodedata.category(char)[0] == "C" and char not in "\n\t" else char
        for char in text[:300]
    )
    return one_line(written, 100)


def _listed(told: list[str]) -> str:
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more
