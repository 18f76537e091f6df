"""The page about other actions says of each of their inputs what our step really does with it."""

from __future__ import annotations

import re

from autonomy_pack.commands import step_inputs
from tests.docs.manual import DOCS

PAGE = (DOCS / "how-to" / "migrate-from-other-actions.md").read_text()
SECTIONS = dict(re.findall(r"^## (From [^\n]+)\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))
STEPS = [name for name in SECTIONS if "| its input |" in SECTIONS[name]]


def rows(section: str) -> list[tuple[list[str], str]]:
    """(their inputs, what becomes of them) of a section's table."""
    found = re.findall(r"^\| (`.+?) \| (.+?) \|$", SECTIONS[section], re.MULTILINE)
    return [([name.replace("-", "_") for name in re.findall(r"`([a-z_-]+)`", theirs)], ours) for theirs, ours in found]


def test_there_is_a_section_for_each_of_the_six() -> None:
    assert len(SECTIONS) == 6
    assert len(STEPS) == 4


def test_every_input_is_known_and_its_fate_is_told_as_it_is() -> None:
    for section in STEPS:
        for names, ours in rows(section):
            for name in names:
                assert name in step_inputs.KNOWN, f"{section}: {name}"
                if "take out" in ours and name != "sandbox":
                    assert name in step_inputs.ELSEWHERE, f"{section}: {name}"
                if "may stay" in ours:
                    assert name in step_inputs.IGNORED, f"{section}: {name}"
                if ours == "the same":
                    assert name in step_inputs.HONOURED, f"{section}: {name}"
