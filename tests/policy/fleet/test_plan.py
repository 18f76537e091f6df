"""The plan of one repository: what a person wrote is never lost, a second plan does nothing, nothing stays behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.policy.fleet.lock import PATH, Inputs, Kind, Lock, read, sha256, written
from autonomy_pack.policy.fleet.plan import Act, Found, Merged, Step, Wanted, plan, to_read
from autonomy_pack.targets import object_id

OLD = Inputs(pack="o/p", sha="a" * 40, version="1.0.0")
NEW = replace(OLD, sha="b" * 40, version="1.1.0")
FILE, SEED, LINE = ".github/workflows/loop.yml", ".github/autonomy.yml", "Makefile"
KITS = {
    OLD: {FILE: Wanted(text="a\nb\nc\n"), SEED: Wanted(text="seed\n", kind=Kind.SEED), LINE: Wanted(text="-include x", kind=Kind.LINE)},
    NEW: {FILE: Wanted(text="a\nB\nc\n"), SEED: Wanted(text="seed 2\n", kind=Kind.SEED), LINE: Wanted(text="-include x", kind=Kind.LINE)},
}  # fmt: skip


def appended(path: str, base: str, mine: str, theirs: str) -> Merged:
    """Good where a person added lines at the end, which is all that these tests do."""
    return Merged(text=theirs + mine.removeprefix(base)) if mine.startswith(base) else Merged(why="both changed it")


class Tree:
    """The files of a repository, and plans made and carried out in it."""

    def __init__(self, files: Mapping[str, str] = {}) -> None:
        self.files = dict(files)
        self.lock: Lock | None = None

    def found(self) -> Found:
        bases = {}
        for path, file in self.lock.files.items() if self.lock else ():
            want = KITS[file.inputs].get(path)
            if want and sha256(want.text) == file.upstream_sha256:
                bases[path] = want.text
        return Found(files=dict(self.files), odd={}, bases=bases, lock=self.lock)

    def plan(self, inputs: Inputs | None, *, force: bool = False) -> tuple[Step, ...]:
        return plan(KITS[inputs] if inputs else {}, inputs, self.found(), appended, force=force)

    def apply(self, inputs: Inputs | None, *, force: bool = False) -> dict[str, Act]:
        steps = self.plan(inputs, force=force)
        for step in steps:
            if step.act is Act.REMOVE:
                del self.files[step.path]
            elif step.changes:
                self.files[step.path] = step.text
        self.lock = read(json.loads(self.files[PATH])) if PATH in self.files else None
        return {step.path: step.act for step in steps}


def test_an_install_writes_everything_and_a_second_one_nothing() -> None:
    tree = Tree()
    assert set(tree.apply(OLD).values()) == {Act.WRITE}
    assert set(tree.apply(OLD).values()) == {Act.SAME}
    assert tree.files[LINE] == "-include x\n"


def test_what_nobody_edited_is_brought_up_to_date() -> None:
    tree = Tree()
    tree.apply(OLD)
    assert tree.apply(NEW) == {FILE: Act.UPDATE, SEED: Act.KEEP, LINE: Act.SAME, PATH: Act.UPDATE}
    assert tree.files[FILE] == "a\nB\nc\n"
    assert tree.lock is not None
    assert tree.lock.files[FILE].inputs == NEW
    assert not any(step.changes for step in tree.plan(NEW))


def test_an_edited_file_is_merged_and_then_stays_as_it_is() -> None:
    tree = Tree()
    tree.apply(OLD)
    tree.files[FILE] += "mine\n"
    assert tree.apply(OLD)[FILE] is Act.KEEP
    assert tree.apply(NEW)[FILE] is Act.MERGE
    assert tree.files[FILE] == "a\nB\nc\nmine\n"
    assert tree.apply(NEW)[FILE] is Act.KEEP
    assert tree.apply(None)[FILE] is Act.KEEP, "it holds a person's line"


def test_what_both_changed_is_left_and_its_version_does_not_move() -> None:
    tree = Tree()
    tree.apply(OLD)
    tree.files[FILE] = "a\nmine\nc\n"
    assert tree.apply(NEW)[FILE] is Act.CONFLICT
    assert tree.files[FILE] == "a\nmine\nc\n"
    assert tree.lock is not None
    assert (tree.lock.inputs, tree.lock.files[FILE].inputs) == (NEW, OLD)
    tree.files[FILE] = "a\nB\nc\n"  # a person did it by hand
    assert tree.apply(NEW)[FILE] is Act.SAME
    assert tree.lock.files[FILE].inputs == NEW


def test_a_file_that_a_person_removed_stays_removed_unless_it_is_asked_for() -> None:
    tree = Tree()
    tree.apply(OLD)
    del tree.files[FILE]
    assert tree.apply(NEW)[FILE] is Act.KEEP
    assert FILE not in tree.files
    assert tree.apply(NEW, force=True)[FILE] is Act.WRITE


def test_a_file_of_our_name_that_is_not_ours_is_left_unless_it_is_asked_for() -> None:
    tree = Tree({FILE: "somebody's\n", SEED: "theirs\n"})
    assert tree.apply(OLD)[FILE] is Act.KEEP
    assert tree.lock is not None
    assert FILE not in tree.lock.files
    assert tree.files[FILE] == "somebody's\n"


def test_of_two_bases_only_the_one_that_is_known_is_merged_from() -> None:
    tree = Tree()
    tree.apply(OLD)
    tree.files[FILE] += "mine\n"
    found = replace(tree.found(), bases={})
    steps = {step.path: step for step in plan(KITS[NEW], NEW, found, appended)}
    assert steps[FILE].act is Act.CONFLICT


def test_a_lock_that_names_a_file_of_somebody_elses_removes_nothing() -> None:
    """Whoever can write the lock cannot have the pack delete what it never wrote."""
    tree = Tree({"src/app.py": "print()\n"})
    tree.apply(OLD)
    assert tree.lock is not None
    forged = replace(tree.lock.files[FILE], upstream_sha256=sha256("print()\n"), written_sha256=sha256("print()\n"))
    tree.lock = replace(tree.lock, files={**tree.lock.files, "src/app.py": forged})
    tree.files[PATH] = written(tree.lock)
    assert tree.apply(None)["src/app.py"] is Act.KEEP
    assert tree.files == {"src/app.py": "print()\n"}


def test_a_lock_that_names_a_line_of_somebody_elses_removes_nothing() -> None:
    tree = Tree({"src/app.py": "print()\nexit()\n"})
    tree.apply(OLD)
    assert tree.lock is not None
    forged = replace(tree.lock.files[LINE], upstream_sha256=sha256("exit()"), written_sha256=sha256("exit()"))
    tree.lock = replace(tree.lock, files={**tree.lock.files, "src/app.py": forged})
    tree.files[PATH] = written(tree.lock)
    assert tree.apply(None)["src/app.py"] is Act.SAME
    assert tree.files == {"src/app.py": "print()\nexit()\n"}


@pytest.mark.parametrize("makefile", ["all:\n\techo\n", "all:\n\techo", "", "\n", "-include y\n"])
def test_taken_out_again_nothing_of_ours_is_left_in_a_makefile(makefile: str) -> None:
    tree = Tree({LINE: makefile})
    tree.apply(OLD)
    assert "-include x" in tree.files[LINE].split("\n")
    tree.apply(None)
    assert tree.files == {LINE: makefile}


def test_what_was_added_to_a_makefile_after_our_line_stays() -> None:
    tree = Tree({LINE: "all:\n"})
    tree.apply(OLD)
    tree.files[LINE] += "more:\n"
    tree.apply(None)
    assert tree.files[LINE] == "all:\nmore:\n"


LINES = st.lists(st.sampled_from(["a", "b", "B", "c", "mine", ""]), max_size=6).map("\n".join)
EDITS = st.dictionaries(st.sampled_from([FILE, SEED, LINE]), st.one_of(st.none(), LINES), max_size=3)


@given(before=st.dictionaries(st.sampled_from([FILE, SEED, LINE, "other"]), LINES), edits=EDITS, force=st.booleans())
def test_whatever_a_person_did_a_second_plan_does_nothing_and_no_line_of_theirs_is_lost(
    before: dict[str, str], edits: dict[str, str | None], force: bool
) -> None:
    tree = Tree(before)
    tree.apply(OLD)
    for path, text in edits.items():
        if text is None:
            tree.files.pop(path, None)
        else:
            tree.files[path] = text
    mine = {path: text for path, text in tree.files.items() if path != PATH}
    tree.apply(NEW, force=force)
    assert not any(step.changes for step in tree.plan(NEW, force=force)), tree.plan(NEW, force=force)
    known = {line for kit in KITS.values() for want in kit.values() for line in want.text.split("\n")}
    if not force:
        for path, text in mine.items():
            assert set(text.split("\n")) - known <= set(tree.files[path].split("\n")), path


@given(before=st.dictionaries(st.sampled_from([FILE, SEED, LINE, "other"]), LINES))
def test_install_then_uninstall_restores_everything(before: dict[str, str]) -> None:
    ours = {want.text for want in KITS[OLD].values()} | {"-include x\n"}
    before = {path: text for path, text in before.items() if text not in ours}
    tree = Tree(before)
    tree.apply(OLD)
    tree.apply(None)
    assert tree.files == before


def unread(found: Found, wanted: Mapping[str, Wanted]) -> Found:
    """The same, as one sees it who compares the names that git gives to files."""
    known = {
        path
        for path, text in found.files.items()
        if path == PATH or (path in wanted and text == wanted[path].text) or text == found.bases.get(path)
    }
    files = {path: text for path, text in found.files.items() if path in known}
    return replace(found, files=files, unread=frozenset(set(found.files) - known))


@given(
    before=st.dictionaries(st.sampled_from([FILE, SEED, LINE, "other"]), LINES),
    edits=EDITS,
    inputs=st.sampled_from([OLD, NEW, None]),
    force=st.booleans(),
    bases=st.booleans(),
)
def test_a_plan_without_the_texts_that_it_need_not_know_is_the_same_plan(
    before: dict[str, str], edits: dict[str, str | None], inputs: Inputs | None, force: bool, bases: bool
) -> None:
    tree = Tree(before)
    tree.apply(OLD)
    for path, text in edits.items():
        tree.files = (
            {**tree.files, path: text} if text is not None else {p: t for p, t in tree.files.items() if p != path}
        )
    wanted = KITS[inputs] if inputs else {}
    whole = tree.found() if bases else replace(tree.found(), bases={})
    some = unread(whole, wanted)
    needed = to_read(wanted, some, force=force)
    if needed:
        with pytest.raises(ValueError, match="texts"):
            plan(wanted, inputs, some, appended, force=force)
    read_too = {path: whole.files[path] for path in needed}
    some = replace(some, files={**some.files, **read_too}, unread=some.unread - needed)
    assert plan(wanted, inputs, some, appended, force=force) == plan(wanted, inputs, whole, appended, force=force)


def test_a_line_that_somebody_took_out_stays_out_unless_it_is_asked_for() -> None:
    tree = Tree({LINE: "all:\n"})
    tree.apply(OLD)
    tree.files[LINE] = "all:\n"
    assert tree.apply(NEW)[LINE] is Act.SAME
    assert tree.files[LINE] == "all:\n"
    assert tree.apply(NEW, force=True)[LINE] is Act.UPDATE
    del tree.files[LINE]
    assert tree.apply(NEW)[LINE] is Act.KEEP


def test_a_text_has_the_name_that_git_gives_it() -> None:
    assert object_id("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert object_id("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_the_lock_says_what_there_was_before_the_last_change() -> None:
    tree = Tree()
    tree.apply(OLD)
    assert tree.lock is not None
    assert tree.lock.previous is None
    assert "previous" not in tree.files[PATH]
    tree.apply(NEW)
    tree.apply(NEW)
    assert tree.lock.previous == OLD
    tree.apply(tree.lock.previous)
    assert (tree.lock.inputs, tree.lock.previous) == (OLD, NEW)
    assert tree.files[FILE] == "a\nb\nc\n"


def test_a_line_that_goes_on_does_not_swallow_ours() -> None:
    for end in ("\\", "\\\n", "\\\r\n"):
        tree = Tree({LINE: f"all:\n\techo a {end}"})
        assert tree.apply(OLD)[LINE] is Act.KEEP
        assert tree.files[LINE] == f"all:\n\techo a {end}"


def test_where_no_lock_can_be_written_nothing_is() -> None:
    found = Found(files={LINE: "all:\n"}, odd={PATH: ".github is a file"}, bases={}, lock=None)
    steps = plan(KITS[OLD], OLD, found, appended)
    assert not any(step.changes for step in steps)
    assert ".github is a file" in steps[0].why
