"""The way back: exactly what there was, with what somebody edited since named, and nothing outside the kit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.policy.fleet.backup import Backup, plan_back, read, written
from autonomy_pack.policy.fleet.lock import PATH
from autonomy_pack.policy.fleet.plan import Act
from tests.policy.fleet.test_plan import EDITS, FILE, LINE, LINES, NEW, OLD, SEED, Tree


def kept(tree: Tree, inputs: object = NEW) -> Backup:
    steps = tree.plan(inputs)  # type: ignore[arg-type]
    return Backup.of(tree.found(), steps, repository="acme/shop", tree="c" * 40, at="2026-01-02T03:04:05Z")


def back(tree: Tree, backup: Backup) -> dict[str, tuple[Act, str]]:
    steps = plan_back(backup, tree.found())
    for step in steps:
        if step.act is Act.REMOVE:
            del tree.files[step.path]
        elif step.changes:
            tree.files[step.path] = step.text
    return {step.path: (step.act, step.why) for step in steps}


@given(before=st.dictionaries(st.sampled_from([FILE, SEED, LINE, "other"]), LINES), edits=EDITS, done=st.integers(0, 4))
def test_whatever_there_was_is_there_again_also_when_the_change_was_cut_off(
    before: dict[str, str], edits: dict[str, str | None], done: int
) -> None:
    tree = Tree(before)
    tree.apply(OLD)
    for path, text in edits.items():
        tree.files.pop(path, None)
        tree.files |= {path: text} if text is not None else {}
    backup, was = kept(tree), dict(tree.files)
    for step in tree.plan(NEW)[:done]:
        tree.files |= {step.path: step.text} if step.changes else {}
    told = back(tree, backup)
    assert tree.files == was
    assert not any("edited since" in why for _, why in told.values())


def test_what_somebody_edited_since_is_named_and_goes_back_too() -> None:
    tree = Tree()
    tree.apply(OLD)
    backup = kept(tree)
    tree.apply(NEW)
    tree.files[FILE] += "mine\n"
    told = back(tree, backup)
    assert told[FILE] == (Act.UPDATE, "as it was; it was edited since")
    assert tree.files[FILE] == "a\nb\nc\n"


def test_a_first_install_goes_back_to_nothing() -> None:
    tree = Tree({"other": "x\n"})
    backup = kept(tree, OLD)
    tree.apply(OLD)
    back(tree, backup)
    assert tree.files == {"other": "x\n"}


def test_a_backup_is_read_as_it_was_written() -> None:
    tree = Tree({LINE: "all:\n"})
    tree.apply(OLD)
    backup = kept(tree)
    assert read(json.loads(written(backup))) == backup
    assert backup.files[PATH] == tree.files[PATH]


@pytest.mark.parametrize(
    "path", [".git/hooks/pre-commit", "src/app.py", ".github/../x", ".github//x", "/etc/passwd", "Makefile/x"]
)
def test_a_backup_has_no_say_about_files_that_no_kit_has(path: str) -> None:
    data = json.loads(written(kept(Tree())))
    data["files"][path] = "evil\n"
    with pytest.raises(ValueError, match=r"git|src|etc|Makefile"):
        read(data)
