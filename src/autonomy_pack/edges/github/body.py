"""Bodies that GitHub takes: at most 65,536 characters, and no section lost."""

from __future__ import annotations

import re

LIMIT = 65_536
_HEADING = re.compile(r"#{1,2} \S")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CUT = "\n\n… {left} characters are left out here; they are in the run's records.\n\n"
_ROOM = len(_CUT) + 40


def fit(body: str, limit: int = LIMIT) -> str:
    """The body, with its longest sections shortened until it fits; every heading stays, and so does the last line.

    A section begins at a heading of level 1 or 2 outside code blocks. A code block that is cut is closed.
    """
    sections = _sections(body)
    while (over := sum(map(len, sections)) - limit) > 0:
        longest = max(range(len(sections)), key=lambda place: len(sections[place]))
        shorter = _shortened(sections[longest], over)
        if len(shorter) >= len(sections[longest]):
            return "".join(sections)[:limit]
        sections[longest] = shorter
    return "".join(sections)


def _sections(body: str) -> list[str]:
    sections, fence = [""], ""
    for line in body.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence and _HEADING.match(line):
            sections.append("")
        sections[-1] += line
    return sections


def _shortened(section: str, over: int) -> str:
    """The section without some of its middle: its first line and its last stay."""
    keep = max(len(section) - over - _ROOM, len(section) // 2)
    head, _, rest = section.partition("\n")
    last = rest.rstrip("\n").rpartition("\n")[2][:500]
    last = "" if _FENCE.match(last) else last  # the code block that it closes is closed before the cut
    kept = rest[: max(keep - len(head) - len(last), 0)]
    left = len(section) - len(head) - len(last) - len(kept)
    return f"{head[:500]}\n{kept}{_closing(kept)}{_CUT.format(left=left)}{last}\n\n"


def _closing(kept: str) -> str:
    fence = ""
    for line in kept.splitlines():
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
    return f"\n{fence}" if fence else ""
