"""A plan as people read it: differences show a person's text, and neither harm nor secrets in it."""

from __future__ import annotations

from autonomy_pack.policy.fleet.steps import Act, Step
from autonomy_pack.views.fleet import difference


def test_a_difference_shows_no_secret_and_nothing_that_a_terminal_obeys() -> None:
    before = f"all:\n\techo \x1b[31m ghp_{'A' * 36}\n"
    told = difference(Step(act=Act.UPDATE, path="Makefile", why="x", text=f"{before}-include y\n"), before)
    assert "+-include y" in told
    assert "A" * 20 not in told
    assert "\x1b" not in told


def test_files_of_very_many_lines_are_not_compared() -> None:
    step = Step(act=Act.UPDATE, path="Makefile", why="our line goes at its end", text="x\n" * 30_001)
    assert "too many to compare" in difference(step, "x\n" * 30_000)
