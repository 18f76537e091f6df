"""The one sanitiser, in front of every sink: text that shows itself whole, and does nothing where it is shown. Pure.

Live things are made dead by a look-alike character (`＠name`, `＃12`, `‹img`) or a space (`] (url)`): nothing is
hidden, and sanitising again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Blank or invisible characters that are in none of the categories Cc, Cf, Cn, Co, Cs.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159")
_VARIATIONS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

# OSC, DCS and the like up to their end; CSI; any other escape sequence; each also with its one-character C1 form.
_ESCAPES = re.compile(
    "(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\\\|\x9c)"
    "|(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    "|\x1b[ -/]{0,8}[0-~]"
)
_KEYWORD = re.compile(r"(?i)(?<![a-z0-9])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?![a-z0-9])")
_MARKUP = str.maketrans("", "", "*_~`\\")
_REFERENCE = re.compile(r"#(?=[0-9])|(?i:(?<![a-z0-9])gh)-(?=[0-9])")
_FIRST_REFERENCE = re.compile(r"\A[^A-Za-z0-9#]*(?:[\w.-]{1,100}/[\w.-]{1,100})?#(?=[0-9])")
_OUR_HOST = r"https://github\.com(?=[/\s)\]]|\Z)"
_RULES = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"<(?=[A-Za-z/!?])", "‹"),  # tags, comments, autolinks
        (r"&(?=#[0-9xX]|[A-Za-z][A-Za-z0-9]{1,40};)", "＆"),  # an entity is the character it stands for
        (r"!\[", "! ["),  # images
        (rf"\](?=\((?!{_OUR_HOST}))", "] "),  # links, but to GitHub
        (r"\](?=:)", "] "),  # link definitions
        (r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])", "＠"),  # mentions
        (r"(?m)^([ \t>*+-]{0,40}(?:[0-9]{1,9}[.)][ \t]+)?)/(?=[A-Za-z])", r"\1／"),  # slash commands
        (r"(?mi)^([ \t>*+-]{0,40})bors(?=[ :])", r"\1(bors)"),
        (r"(?m)^([ \t]{0,40}):(?=:)", r"\1："),  # commands to a runner that reads its log
        (r"##(?=\[)", "＃＃"),
        (r"(?i)(?<![a-z0-9])www\.", "www．"),
    )
)
_URL = re.compile(r"(?i)(?P<ours>(?<![a-z0-9+.-])" + _OUR_HOST + r")|://")


def sanitize(text: str) -> str:
    """Text that is safe to print, post and put into Markdown: nothing invisible, no escape sequences, nothing live.

    Dead are mentions, closing keywords with their issues, slash commands, images, HTML, entities, commands to runners,
    and links that do not go to https://github.com. Never raises; sanitising again changes nothing.
    """
    done = _dead(visible(text))
    while (again := _dead(done)) != done:
        done = again
    return done


def visible(text: str) -> str:
    """Text without what cannot be seen: escape sequences, control, format, private and unassigned characters, fillers.

    Line ends become newlines, odd spaces plain ones, lone surrogates U+FFFD. Tabs and newlines stay.
    """
    plain = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return plain.translate(_SHOWN)


def one_line(text: str, limit: int = 200) -> str:
    """Visible text on one line of at most `limit` characters, for terminals and tables; not safe as Markdown."""
    line = " ".join(visible(text).split()).replace("##[", "＃＃[")
    return line if len(line) <= limit else f"{line[: max(limit - 1, 0)].rstrip()}…"[:limit]


def invisible(text: Iterable[str]) -> list[str]:
    """The characters, in order, that nobody can see, or that change how others are shown; tabs and newlines are not.

    Carriage returns, form feeds and Unicode's own line separators are among them.
    """
    return [char for char in text if _SHOWN[ord(char)] in (None, "\n") and char != "\n"]


def _dead(text: str) -> str:
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    closes = _KEYWORD.search(text) is not None or _KEYWORD.search(text.translate(_MARKUP)) is not None
    if closes:
        text = _REFERENCE.sub(lambda match: "＃" if match[0] == "#" else f"{match[0][:-1]} ", text)
    text = _FIRST_REFERENCE.sub(lambda match: f"{match[0][:-1]}＃", text)
    return _URL.sub(lambda match: match[0] if match["ours"] and not closes else match[0].replace("://", ":／／"), text)


class _Shown(dict[int, str | None]):
    """What each character is shown as; None = left out. Filled as characters are met."""

    def __missing__(self, code: int) -> str | None:
        self[code] = shown = _as_shown(chr(code))
        return shown


def _as_shown(char: str) -> str | None:
    if char in "\n\t":
        return char
    if char in "\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if category in ("Cc", "Cf", "Cn", "Co") or char in _FILLERS or _is_variation(ord(char)):
        return None
    return " " if category == "Zs" else char


def _is_variation(code: int) -> bool:
    return any(first <= code <= last for first, last in _VARIATIONS)


_SHOWN = _Shown()
