"""The one redactor, in front of every sink: secrets by their format, and known values in any disguise. Pure.

A secret is replaced by the same ten characters whatever it was, so nothing of it, not even its length, is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from autonomy_pack.edges import known_values
from autonomy_pack.edges.secret_formats import (
    PREFIXED,
    QUOTED,
    SHORTEST_PREFIXED,
    SURROUNDED,
    UNQUOTED,
    URL_PASSWORD,
    Format,
    compiled,
    looks_password,
    looks_random,
    looks_secret,
)

MARK = "[redacted]"
KNOWN = "known-value"
_JUDGED = ((URL_PASSWORD, looks_password), (QUOTED, looks_secret), (UNQUOTED, looks_random))


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """The text with every secret replaced by `[redacted]`; `secrets` are values that must not appear in any form.

    Redacting again changes nothing. Any text is accepted, lone surrogates too; linear time.
    """
    while found := find(text, secrets):
        text = "".join(_kept(text, found))
    return text


def find(text: str, secrets: Sequence[str] = ()) -> list[tuple[str, int, int]]:
    """(rule, start, end) of every secret, ascending, not overlapping; what is redacted already is no secret."""
    spans = [*_by_format(text)]
    if secrets:
        spans += ((KNOWN, start, end) for start, end in known_values.find(text, secrets))
    return _apart([*spans, *_marks(text)]) if spans else []


def _by_format(text: str) -> Iterator[tuple[str, int, int]]:
    # These hold no white space and are never short, which leaves little of a text to look for their hints in.
    words = " ".join(word for word in text.split() if len(word) >= SHORTEST_PREFIXED)
    for form in PREFIXED:
        if form.hinted(words):
            yield from _matches(form, text)
    for form in SURROUNDED:
        yield from _matches(form, text)
    for form, judge in _JUDGED:
        yield from ((rule, start, end) for rule, start, end in _matches(form, text) if judge(text[start:end]))


def _matches(form: Format, text: str) -> Iterator[tuple[str, int, int]]:
    if form.hinted(text):
        pattern = compiled(form.pattern)
        group = "s" if "s" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            yield form.rule, match.start(group), match.end(group)


def _marks(text: str) -> Iterator[tuple[str, int, int]]:
    at = text.find(MARK)
    while at >= 0:
        yield "", at, at + len(MARK)
        at = text.find(MARK, at + len(MARK))


def _apart(spans: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Overlapping spans as one, marks they touch included; what holds nothing but marks is left out."""
    groups: list[tuple[str, int, int, int]] = []
    for rule, start, end in sorted(spans, key=lambda span: span[1:]):
        marks = 0 if rule else 1
        if groups and start < groups[-1][2]:
            first, begin, until, count = groups.pop()
            groups.append((first or rule, begin, max(until, end), count + marks))
        else:
            groups.append((rule, start, end, marks))
    return [(rule, start, end) for rule, start, end, marks in groups if end - start > marks * len(MARK)]


def _kept(text: str, found: Sequence[tuple[str, int, int]]) -> Iterator[str]:
    at = 0
    for _, start, end in found:
        yield text[at:start]
        yield MARK
        at = end
    yield text[at:]
