"""What an issue's Markdown says: its headings, acceptance criteria and form fields. Its words stay data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autonomy_pack.model import Criterion, value

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[([ xX])\](?:[ \t]+|$))?(.*)$")
_NO_RESPONSE = "_no response_"
_CRITERIA = "acceptance criteria"


@value
class Section:
    """A heading (level 1–6) and the lines below it up to the next heading of any level; prose only, no code."""

    level: int
    title: str
    lines: tuple[str, ...]
    raw: tuple[str, ...]


@value
class _Line:
    text: str
    hidden: str  # "", "code block" or "comment"


def _lines(body: str) -> Iterator[_Line]:
    """Each line, with what hides it from a reader, if anything does."""
    fence, comment = "", False
    for text in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if fence:
            yield _Line(text=text, hidden="code block")
            closing = _FENCE.match(text)
            if closing and closing[1].startswith(fence) and not closing[2].strip():
                fence = ""
            continue
        opening = None if comment else _FENCE.match(text)
        if opening and not (opening[1][0] == "`" and "`" in opening[2]):
            fence = opening[1]
            yield _Line(text=text, hidden="code block")
            continue
        shown, comment = _without_comments(text, comment)
        hidden = text != shown and not shown.strip()
        yield _Line(text=text if hidden else shown, hidden="comment" if hidden else "")


def _without_comments(text: str, inside: bool) -> tuple[str, bool]:
    """The part of a line outside HTML comments, and whether the line ends inside one."""
    shown = ""
    while text:
        if inside:
            _, closed, text = text.partition("-->")
            inside = not closed
        else:
            before, opened, text = text.partition("<!--")
            shown += before
            inside = bool(opened)
    return shown, inside


def sections(body: str) -> tuple[Section, ...]:
    """The sections of a body, in order; headings inside code fences and HTML comments are no headings."""
    found: list[tuple[int, str, list[str], list[str]]] = []
    for line in _lines(body):
        heading = None if line.hidden else _HEADING.match(line.text)
        if heading:
            found.append((len(heading[1]), _title(heading[2] or ""), [], []))
        elif found:
            found[-1][3].append(line.text)
            if not line.hidden:
                found[-1][2].append(line.text)
    return tuple(
        Section(level=level, title=title, lines=tuple(lines), raw=tuple(raw)) for level, title, lines, raw in found
    )


def _title(text: str) -> str:
    """A heading's words without the signs that may close it; by hand, for a pattern would go over long lines again."""
    bare = text.strip()
    unclosed = bare.rstrip("#")
    return unclosed.rstrip() if unclosed != bare and (not unclosed or unclosed[-1] in " \t") else bare


def _named(title: str) -> bool:
    return re.sub(r"[\s*_`:]+", " ", title).strip().casefold() == _CRITERIA


def acceptance(body: str) -> tuple[Criterion, ...]:
    """The items of the Acceptance Criteria section, down to the next heading of the same or a higher level."""
    level, items = 0, []
    for section in sections(body):
        if level and section.level <= level:
            level = 0
        if not level and _named(section.title):
            level = section.level
        if level:
            items += [match for line in section.lines if (match := _ITEM.match(line))]
    return tuple(
        Criterion(text=item[2].strip(), done=(item[1] or " ") != " ")
        for item in items
        if item[2].strip() and item[2].strip().casefold() != _NO_RESPONSE
    )


def why_no_acceptance(body: str) -> str:
    """Why `acceptance` found nothing, as a reader of the issue would say it."""
    if any(_named(section.title) for section in sections(body)):
        return "the Acceptance Criteria section has no items"
    for line in _lines(body):
        heading = _HEADING.match(re.sub(r"<!--|-->", "", line.text)) if line.hidden else None
        if heading and _named(_title(heading[2] or "")):
            return f"the Acceptance Criteria heading is inside a {line.hidden}"
    return "no Acceptance Criteria section"


def fields(body: str) -> dict[str, str]:
    """The values of issue-form fields (`### Field` blocks); `_No response_` and empty values are left out.

    A value that is one fenced block is what the fence holds. A field given twice keeps its first value.
    """
    found: dict[str, str] = {}
    for section in sections(body):
        text = _unfenced("\n".join(section.raw).strip("\n"))
        if section.level == 3 and section.title and text.strip() and text.strip().casefold() != _NO_RESPONSE:
            found.setdefault(section.title, text)
    return found


def _unfenced(text: str) -> str:
    lines = text.strip().split("\n")
    first, last = _FENCE.match(lines[0]), _FENCE.match(lines[-1])
    whole = len(lines) > 1 and first and last and last[1].startswith(first[1]) and not last[2].strip()
    inner_fence = any(_FENCE.match(line) for line in lines[1:-1])
    return "\n".join(lines[1:-1]) if whole and not inner_fence else text.strip()
