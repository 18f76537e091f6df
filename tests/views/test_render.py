"""Small words of every template: a finding has a stop between its halves; foreign lines cannot leave their block."""

from __future__ import annotations

import pytest

from autonomy_pack.model import Finding, Risk
from autonomy_pack.views.render import fenced, told


@pytest.mark.parametrize(
    ("says", "shown"),
    [("it changes how it is built", "it changes how it is built. Check it."), ("why?", "why? Check it.")],
)
def test_between_what_is_the_matter_and_what_to_do_there_is_a_stop(says: str, shown: str) -> None:
    assert told(Finding(rule="r", risk=Risk.HIGH, says=says, fix="Check it.")) == shown


def test_a_finding_without_a_fix_ends_after_its_sentence() -> None:
    assert told(Finding(rule="r", risk=Risk.HIGH, says="it is new", fix="")) == "it is new."


def test_foreign_lines_cannot_end_their_block() -> None:
    shown = fenced("a\n````\n</details>\n@ada")
    assert shown.startswith("`````text\n")
    assert shown.endswith("\n`````")
    assert "</details>" not in shown
    assert "@ada" not in shown
