"""What a fleet's pull request says: which files, what is to be merged by hand, what is new; nothing in it lives."""

from __future__ import annotations

from autonomy_pack import __version__
from autonomy_pack.policy.fleet.rows import Reason, Row
from autonomy_pack.policy.fleet.steps import YOURS, Act, Step
from autonomy_pack.views.fleet_pull import number, pull, sections

CHANGELOG = """# Changes

## 0.10.0 – 2027

- ten

## 0.9.0 – 2026

- nine

## 0.2.0

- two
"""


def row(*steps: Step) -> Row:
    return Row(name="a/b", reason=Reason.DRAFT, why="w", steps=steps, plan="p")


def test_it_tells_what_is_new_between_the_two_releases() -> None:
    told = "\n".join(sections(CHANGELOG, "0.2.0", "0.10.0"))
    assert ("ten" in told, "nine" in told, "two" in told) == (True, True, False)
    assert told.startswith("### 0.10.0")
    assert list(sections(CHANGELOG, "0.10.0", "0.10.0")) == []


def test_the_way_back_and_a_removal_name_the_release_that_is_meant() -> None:
    back = pull("go back", row(), "0.10.0", CHANGELOG, after="0.9.0")
    assert back.title == "Autonomy Pack: go back (0.10.0 → 0.9.0)"
    assert "What is new" not in back.body
    assert pull("remove", row(), "0.9.0", CHANGELOG, after="").title == "Autonomy Pack: remove (0.9.0)"


def test_versions_are_compared_by_their_numbers() -> None:
    assert number("0.10.0") > number("0.9.9")
    assert number("1.0.0-rc.1") == (1, 0, 0)


def test_files_to_merge_by_hand_are_named_with_the_reason() -> None:
    told = pull("update", row(Step(act=Act.CONFLICT, path="x.yml", why="both changed it")), "0.0.1", CHANGELOG)
    assert "To merge by hand" in told.body
    assert "`x.yml`: both changed it" in told.body
    assert told.title == f"Autonomy Pack: update (0.0.1 → {__version__})"


def test_what_a_repository_says_is_only_text_there() -> None:
    odd = Step(act=Act.UPDATE, path="a|b`@ada`\n# big", why="lost: '[x](http://evil.example) @ada <img src=x>'")
    told = pull("update", row(odd), "", "")
    assert "\n# big" not in told.body
    assert "<img" not in told.body
    assert "](http" not in told.body
    assert "@ada" not in told.body.replace("@\u200bada", "").replace("@⁠ada", "")


def test_what_is_left_alone_is_named_but_for_what_is_a_persons_anyway() -> None:
    left = Step(act=Act.KEEP, path="a.yml", why="it is not ours: --force takes it over")
    told = pull("install", row(left, Step(act=Act.KEEP, path="b.yml", why=YOURS)), "").body
    assert "- `a.yml`: it is not ours" in told
    assert "b.yml" not in told


def test_it_says_which_commit_of_the_pack_is_called_then() -> None:
    assert f"call `o/p@{'a' * 40}` then" in pull("install", row(), "", source=f"o/p@{'a' * 40}").body


def test_nothing_is_new_at_a_first_install() -> None:
    assert (
        "What is new"
        not in pull("install", row(Step(act=Act.WRITE, path="x", why="new", text="t")), "", CHANGELOG).body
    )
