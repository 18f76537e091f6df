"""The older pack: what tells its files from others of the same names, and what becomes of them. Pure.

Its marker says its version. Without one, a file is its own that fits two traits: one word proves nothing, and nobody
else wrote two of these. None of them is in a file of ours; a test keeps it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from autonomy_pack.policy.fleet.steps import Act, Found, Step, Wanted

MARKER = ".sovereign/autonomy/VERSION"
LOOP = ".github/workflows/autonomous-agent-loop.yml"
GATE = ".github/workflows/autonomy-pr-review-gate.yml"
TARGETS = "Makefile.autonomy"
ADOPTED = (LOOP, GATE, TARGETS)
"""Its files that ours take the place of. Whatever else it left (`AGENTS/`, its defaults, its logs) stays."""
LITE = "lite"
"""What an install without a marker is called."""
_TRAITS = (
    re.compile(r"\bsovereign\b", re.IGNORECASE),
    re.compile(r"_AUTONOMOUS_INSTRUCTIONS"),
    re.compile(r"\bsparks\b"),
    re.compile(r"\bIMPLEMENTATION_"),
    re.compile(r"\bAUTONOMOUS_SESSION_"),
    re.compile(r"review:claude-required"),
    re.compile(r"agent:validated"),
    re.compile(r"security:cleared"),
    re.compile(r"Agent Handoff Protocol"),
)
_TARGET = re.compile(r"^autonomy\.[a-z-][^:=\n]*:(?!=)", re.MULTILINE)


def kept_as(path: str) -> str:
    """Where the text of a file stays, whole, when ours takes its place."""
    return f".github/autonomy/before/{path.replace('/', '__')}"


EVERY = frozenset({*ADOPTED, *map(kept_as, (*ADOPTED, MARKER))})
"""What a plan looks at because of it, beside the marker."""


def deciding(found: Found) -> frozenset[str]:
    """The files whose texts decide what becomes of it: those that are not ours yet, and where they would be kept."""
    locked = found.lock.files if found.lock else {}
    paths = [path for path in ADOPTED if path not in locked]
    return frozenset({*paths, *map(kept_as, [*paths, *([MARKER] if found.older else [])])})


def recognised(marker: str, texts: Mapping[str, str]) -> str:
    """The version of the older pack that is installed, as its marker says; "lite" for one without; "" for none."""
    if marker:
        return marker
    return LITE if any(_fits(texts.get(path, "")) for path in (LOOP, GATE)) else ""


def is_of_it(path: str, text: str) -> bool:
    """Whether a file of a recognised install is the older pack's, edited or not, and no look-alike."""
    return path in ADOPTED and (has_targets(text) if path == TARGETS else _fits(text))


def has_targets(text: str) -> bool:
    """Whether a makefile itself defines targets of our names."""
    return bool(_TARGET.search(text))


def _fits(text: str) -> bool:
    return sum(bool(trait.search(text)) for trait in _TRAITS) >= 2


def is_adopted(path: str, found: Found) -> bool:
    """Whether ours takes the place of a file: it is not ours yet, and the older pack's."""
    locked = found.lock.files if found.lock else {}
    return path not in locked and bool(pack(found)) and is_of_it(path, found.files.get(path, ""))


def pack(found: Found) -> str:
    """The older pack that a repository has, as `recognised` tells it of files that are not ours."""
    locked = found.lock.files if found.lock else {}
    return recognised(found.older, {path: text for path, text in found.files.items() if path not in locked})


def adopted(path: str, want: Wanted, found: Found) -> Step:
    """Ours takes the place of the older pack's; what was there is kept whole, so no line of a person's is lost."""
    copy, mine = kept_as(path), found.files[path]
    if copy in found.odd or found.files.get(copy, mine) != mine:
        return Step(act=Act.CONFLICT, path=path, why=f"it is the older pack's, and {copy} is another: move that away")
    return Step(act=Act.UPDATE, path=path, why=f"the older pack's, {pack(found)}: kept as {copy}", text=want.text)


def kept(steps: Iterable[Step], wanted: Mapping[str, Wanted], found: Found) -> list[Step]:
    """What is done beside ours where the older pack was; taking ours out leaves what was kept of it to a person."""
    if not wanted:
        why = "your file from before: put it back, or remove it"
        copies = {kept_as(path) for path in (*ADOPTED, MARKER)} & {*found.files, *found.unread}
        return [Step(act=Act.KEEP, path=path, why=why) for path in sorted(copies)]
    now = {step.path: step.act for step in steps if step.path in ADOPTED}
    taken = [path for path, act in now.items() if act is Act.UPDATE and is_adopted(path, found)]
    left = any(act in (Act.KEEP, Act.CONFLICT) for act in now.values())
    done = not left and (bool(taken) or found.lock is None)
    return [*(_copy(path, found.files[path], found) for path in taken), *(_unmarked(found) if done else [])]


def _copy(path: str, text: str, found: Found) -> Step:
    copy = kept_as(path)
    if copy in found.files:
        return Step(act=Act.SAME, path=copy, why=f"it keeps what {path} was")
    return Step(act=Act.WRITE, path=copy, why=f"it keeps what {path} was, whole", text=text)


def _unmarked(found: Found) -> list[Step]:
    """The marker goes with the last of what it marked: nobody should take ours for the older pack."""
    text, copy = found.files.get(MARKER, f"{found.older}\n"), kept_as(MARKER)
    if not found.older or MARKER in found.odd or copy in found.odd or found.files.get(copy, text) != text:
        return []
    return [_copy(MARKER, text, found), Step(act=Act.REMOVE, path=MARKER, why=f"kept as {copy}")]
