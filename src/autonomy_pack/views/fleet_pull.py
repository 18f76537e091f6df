"""What a commit and a pull request of the fleet say: which files, why, and what is new in the release."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autonomy_pack import __version__
from autonomy_pack.model import value
from autonomy_pack.policy.fleet.rows import OPTED_OUT, Row
from autonomy_pack.views.render import line, render

_SECTION = re.compile(r"^## (\d+\.\d+\.\d+)\b.*$", re.MULTILINE)
_LONGEST = 20_000


@value
class Told:
    """A title of one line, a summary of a few, and the body of a pull request."""

    title: str
    summary: str
    body: str


def pull(verb: str, row: Row, before: str, changelog: str = "", *, after: str = __version__, source: str = "") -> Told:
    """What is said of a row that is carried out; `before` is the version that is installed, `after` the one that
    will be, "" = none. `source`: OWNER/NAME@COMMIT that workflows call then, "" = none.
    """
    change = f"{before} → {after}" if before and after and before != after else after or before
    title = f"Autonomy Pack: {verb} ({change})"
    changing = [step for step in row.steps if step.changes]
    summary = "\n".join(f"- {step.act} {step.path}" for step in changing)
    intro = f"Autonomy Pack wants to {verb} here ({change}): {len(changing)} files."
    intro += f" Its workflows call `{line(source)}` then." if source else ""
    news = "\n\n".join(sections(changelog, before, after))[:_LONGEST] if before and after else ""
    steps = {"steps": changing, "by_hand": row.by_hand, "kept": row.kept}
    body = render("fleet-pull.md.j2", intro=intro, **steps, changes=news, opt_out=OPTED_OUT)
    return Told(title=title, summary=summary, body=body)


def sections(changelog: str, after: str, until: str) -> Iterator[str]:
    """The sections of the versions above `after` up to `until`, newest first, one heading level lower."""
    starts = list(_SECTION.finditer(changelog))
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(changelog)
        if number(after) < number(start[1]) <= number(until):
            yield "#" + changelog[start.start() : end].strip()


def number(version: str) -> tuple[int, ...]:
    """A version's numbers, for comparing: 0.10.0 is newer than 0.9.1; text after them does not count."""
    return tuple(int(one) for one in re.findall(r"\d+", version)[:3])
