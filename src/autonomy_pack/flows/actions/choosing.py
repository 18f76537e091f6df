"""Choosing on GitHub: facts in, choices out. Pure, and done in a box by a process without token or network."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import files, shell
from autonomy_pack.edges.sanitize import one_line, sanitize
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import exchange
from autonomy_pack.flows.actions import facts as told
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Choice, Command
from autonomy_pack.policy import choose as policy
from autonomy_pack.policy import names

Choices = Mapping[str, Any]
"""`schemas/choices.json`."""

WHY = 200
_SECONDS = 120.0
# A choice is ids, enums and one line of at most 200 characters, which in JSON have at most 12 bytes each.
_LARGEST_CHOICE, _ENVELOPE = 3072, 64


def choose(facts: told.Facts) -> Choices:
    """A choice for every issue of the facts, the eligible ones first and in order."""
    found = policy.choose(told.issues_of(facts), told.judged_by(facts))
    return {"version": 1, "choices": [_choice(one) for one in found]}


def _choice(one: Choice) -> dict[str, Any]:
    task = one.task
    return {
        "id": one.id,
        "eligible": task is not None,
        "why": sanitize(one_line(one.why, WHY))[:WHY] or "no reason was given",
        "priority": None if one.priority is None else int(one.priority),
        "lane": task.lane if task else None,
        "agent": task.agent if task else None,
        "mission": task.mission if task else None,
        "pin": task.pin if task else "",
        "slug": names.slug(task.title) if task else "",
    }


def text(choices: Choices) -> str:
    """The choices as JSON, a line for each: whoever listens to a program cuts a line at 1 MiB."""
    exchange.write("choices", choices, largest(len(choices["choices"])))
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in choices["choices"])
    return f'{{"version":1,"choices":[\n{lines}\n]}}'


def read(content: str | bytes, facts: told.Facts) -> Choices:
    """The choices in such a text, each about an issue of the facts and none twice; WorldError for anything else."""
    choices: Choices = exchange.read("choices", content, largest(len(facts["issues"])))
    ids = [one["id"] for one in choices["choices"]]
    strange = {*ids} - {one["id"] for one in facts["issues"]}
    if strange or len(ids) != len({*ids}):
        raise WorldError(
            "the choices name an issue twice, or one that is not in the facts",
            "Nothing was claimed. Run the workflow again; if it stays, look at the run's log.",
        )
    return choices


def largest(issues: int) -> int:
    """How many bytes the choices among that many issues may have."""
    return issues * _LARGEST_CHOICE + _ENVELOPE


def in_box(facts: told.Facts, box: Box) -> Choices:
    """The choices that a boxed process makes of the facts; UsageError without a box, WorldError when it fails."""
    box.need_for_programs()
    work = files.temporary("choose-")
    try:
        said = _said(box.wrap(command(facts, str(work)), str(work)))
    finally:
        files.remove_tree(work)
    return read(said, facts)


def command(facts: told.Facts, work: str) -> Command:
    """The program that chooses: the facts are its input, a folder is all its environment."""
    argv = (sys.executable, "-I", "-m", "autonomy_pack.programs.choose")
    return Command(argv=argv, cwd=work, env={"XDG_CACHE_HOME": work, "HOME": work}, stdin=told.text(facts).encode())


def _said(boxed: Command) -> bytes:
    """What the program prints."""
    heard: list[bytes] = []
    ended = shell.run(boxed, seconds=_SECONDS, stall_seconds=None, on_line=heard.append, stop=lambda: "")
    if ended.exit != 0:
        why = one_line(ended.says or ended.cause, 300)
        raise WorldError(f"choosing ended with exit code {ended.exit}: {why}", "Run the workflow again.")
    return b"\n".join(heard)
