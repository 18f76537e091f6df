"""Finding known secret values in text, also in parts, disguised or encoded. Pure.

Every form a value may take (reversed, encoded …) is cut into windows of 10 characters; a text that holds any window
leaks. The text is looked at twice: as it is, and reduced to its lower-cased letters and digits, which undoes spacing,
quoting, wrapping and every change of case at once. A window of 10 always covers a whole block of 5 of the text, so only
every fifth position is looked up: the time is linear, whatever the number of values. Wordy encodings (hex, character
codes) have longer windows, of about 6 characters of the value, so that a table of numbers is no leak.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

WINDOW = 10
_SHORTEST = 6
_LONGEST = 16384
_RARE = 512
_ALNUM = b"abcdefghijklmnopqrstuvwxyz0123456789"
_LOWER = bytes(range(65)) + bytes(range(97, 123)) + bytes(range(91, 256))
_DROP = bytes(set(range(256)) - set(_ALNUM) - set(range(65, 91)))
# What everybody may know of a value: a URL up to its password, a key file's header and footer.
_URL = re.compile(r"^[a-z][a-z0-9+.-]{1,30}://(?:[^/@\s:]*:([^/@\s]+)@)?")
# Numbers one after another: hex, octal, decimal, with what reduced text has left of `0x`, `\x` and `\u`.
_NUMBERS = re.compile("[0-9a-fux]{12,}")
_ARMOUR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")


class Windows(NamedTuple):
    """Windows of one length, and every block of half that length in them."""

    length: int
    cuts: frozenset[str]
    blocks: frozenset[str]


class Wanted(NamedTuple):
    """What to look for: windows of text as it is and of reduced text; short values only as a whole."""

    plain: Windows
    reduced: tuple[Windows, ...]
    whole: tuple[str, ...]


def find(text: str, secrets: Sequence[str]) -> list[tuple[int, int]]:
    """The spans of text, (start, end), that hold a window of any of the values in any form; they may overlap."""
    wanted = _wanted(tuple(sorted(set(secrets))))
    spans = [span for value in wanted.whole for span in _occurrences(text, value)]
    spans += _runs(text, wanted.plain)
    reduced = _reduced(text)
    runs = [*_reduced_runs(reduced, wanted.reduced)]
    if runs:
        places = _places(text)
        spans += [(places[start], places[end - 1] + 1) for start, end in runs]
    return spans


def _reduced_runs(text: str, wanted: Sequence[Windows]) -> Iterator[tuple[int, int]]:
    """Where windows lie in reduced text; the longer ones are of numbers alone, so only numbers are looked at."""
    numbers = [(match.start(), match[0]) for match in _NUMBERS.finditer(text)]
    for windows in wanted:
        for at, part in [(0, text)] if windows.length == WINDOW else numbers:
            yield from ((at + start, at + end) for start, end in _runs(part, windows))


@lru_cache(maxsize=8)
def _wanted(secrets: tuple[str, ...]) -> Wanted:
    """Everything to look for, for these values; those shorter than 6 characters are no secrets."""
    values = [value for secret in secrets if len(value := _private_part(secret)) >= _SHORTEST]
    forms: dict[int, list[str]] = {}
    for value in values:
        for length, form in _reduced_forms(value):
            forms.setdefault(length, []).append(form)
    return Wanted(
        plain=_windows((form for value in values for form in (value, value[::-1])), WINDOW, distinct=1),
        reduced=tuple(_windows(texts, length, distinct=3) for length, texts in forms.items()),
        whole=tuple(sorted({form for value in values if len(value) < WINDOW for form in (value, value[::-1])})),
    )


def _private_part(secret: str) -> str:
    """The value without what is no secret in it: key files' headers, a URL's host and path when it has a password."""
    value = _ARMOUR.sub("", secret.strip()).strip()[:_LONGEST]
    url = _URL.match(value)
    return url[1] if url and url[1] else value


def _reduced_forms(value: str) -> Iterator[tuple[int, str]]:
    """The reduced text of every disguise, with the length of window that holds enough of the value to be no chance.

    Long values (key files) are looked for in the rarer disguises by their beginning only: it costs memory.
    """
    raw = value.encode("utf-8", "surrogatepass")
    for form in (value, value[::-1], *_base64(raw)):
        yield WINDOW, _reduced(form)
    yield 12, raw.hex()
    yield from _rare_forms(value[:_RARE])


def _rare_forms(value: str) -> Iterator[tuple[int, str]]:
    raw = value.encode("utf-8", "surrogatepass")
    wide = value.encode("utf-16-le", "surrogatepass")
    for form in (codecs.encode(value, "rot13"), quote(value, "", errors="replace"), *_base64(raw.hex().encode())):
        yield WINDOW, _reduced(form)
    for data in (raw, raw[::-1], wide):
        for layout in ("{:02x}", "{:03o}", "{}", "x{:02x}", "0x{:02x}"):
            yield 6 * len(layout.format(100)), "".join(map(layout.format, data))
        for inner in _base64(data):
            yield WINDOW, _reduced(inner)
            yield from ((WINDOW, _reduced(outer)) for outer in _base64(inner.encode()))
        yield from ((WINDOW, _base32(data, offset)) for offset in range(5))
    for layout in ("{}", "u{:04x}", "x{:x}", "u{:x}"):
        yield 6 * len(layout.format(100)), "".join(layout.format(ord(char)) for char in value)


def _base64(data: bytes) -> Iterator[str]:
    """The base64 of data standing anywhere in a longer text: at 3 offsets, without the characters it shares."""
    for offset, cut in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        yield text[cut : len(text) - ((offset + len(data)) % 3 > 0)]


def _base32(data: bytes, offset: int) -> str:
    text = base64.b32encode(b"\0" * offset + data).decode().rstrip("=").lower()
    return text[-(-offset * 8 // 5) : len(text) - ((offset + len(data)) % 5 > 0)]


def _reduced(text: str) -> str:
    """Its letters and digits, lower-cased, each character as the plain ones it stands for."""
    folded = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return folded.encode("ascii", "ignore").translate(_LOWER, _DROP).decode("ascii")


def _places(text: str) -> list[int]:
    """For each character of the reduced text, where in the text it comes from."""
    if text.isascii():
        return [match.start() for match in re.finditer("[A-Za-z0-9]", text)]
    return [at for at, char in enumerate(text) for _ in _reduced(char)]


def _windows(forms: Iterable[str], length: int, *, distinct: int) -> Windows:
    """All windows with so many different characters; those of fewer (hex of zeros) occur everywhere."""
    texts, half = [form for form in forms if len(form) >= length], length // 2
    cuts = {text[at : at + length] for text in texts for at in range(len(text) - length + 1)}
    blocks = {text[at : at + half] for text in texts for at in range(len(text) - half + 1)}
    return Windows(length, frozenset(cut for cut in cuts if len(set(cut)) >= distinct), frozenset(blocks))


def _runs(text: str, windows: Windows) -> Iterator[tuple[int, int]]:
    """Where windows lie in the text, ascending, overlapping ones as one."""
    length, cuts, blocks = windows
    half, begin, end, last = length // 2, 0, 0, -1
    for at in range(0, len(text) - half + 1, half) if cuts else ():
        if text[at : at + half] not in blocks:
            continue
        for start in range(max(last + 1, at + half - length), at + 1):
            if text[start : start + length] in cuts:
                if start > end:
                    if end:
                        yield begin, end
                    begin = start
                end = start + length
        last = at
    if end:
        yield begin, end


def _occurrences(text: str, value: str) -> Iterator[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + 1)
