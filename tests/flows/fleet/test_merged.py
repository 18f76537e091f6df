"""What merging gives is used only when nothing of a person's is lost and it can work."""

from __future__ import annotations

import pytest

from autonomy_pack.flows.fleet.merged import merged

PATH = ".github/workflows/autonomous-agent-loop.yml"
BASE = """name: loop
on: [push]
jobs:
  loop:
    permissions:
      contents: write
    uses: o/p/x.yml@a
    with:
      pack_sha: a
"""
THEIRS = (
    BASE.replace("@a", "@b")
    .replace("sha: a", "sha: b")
    .replace("contents: write\n", "contents: write\n      checks: write\n")
)


def test_changes_in_different_places_fit_together() -> None:
    mine = BASE.replace("name: loop", "name: mine")
    assert merged(PATH, BASE, mine, THEIRS).text == THEIRS.replace("name: loop", "name: mine")


def test_changes_in_the_same_place_are_a_persons() -> None:
    assert "same place" in merged(PATH, BASE, BASE.replace("@a", "@c"), THEIRS).why


def test_what_is_no_yaml_any_more_is_not_used() -> None:
    mine = BASE.replace("name: loop\n", "name: loop\non: [pull_request]\n")
    assert "would not be YAML" in merged(PATH, BASE, mine, THEIRS).why


def test_a_merge_that_would_not_work_is_not_used() -> None:
    """Line by line the release's new permission fits in, but below a key of a person's, where it grants nothing."""
    mine = BASE.replace("      contents: write\n", "    x-mine:\n      contents: write\n")
    found = merged(PATH, BASE, mine, THEIRS)
    assert found.text == ""
    assert "does not grant contents: write, checks: write" in found.why


def test_what_a_person_took_out_before_stays_out() -> None:
    base = BASE.replace("on: [push]\n", "on: [push, issues]\n\n\n\n")
    theirs = base.replace("@a", "@b").replace("sha: a", "sha: b")
    mine = base.replace("[push, issues]", "[push]")
    assert merged(PATH, base, mine, theirs).text == theirs.replace("[push, issues]", "[push]")


@pytest.mark.parametrize("path", ["Makefile.autonomy", ".github/autonomy/agents/x.md"])
def test_other_files_need_not_be_yaml(path: str) -> None:
    assert merged(path, "a\n\n\nb\n", "a:\n\n\nb\n", "a\n\n\nb: [\n").text == "a:\n\n\nb: [\n"
