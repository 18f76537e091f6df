"""The older pack gives way, and no line that was written into its files is lost; look-alikes are left alone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.flows.fleet import clone
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import PATH, Inputs, Kind
from autonomy_pack.policy.fleet.plan import Act, Found, Merged, Step, Wanted, plan, to_read

INPUTS = Inputs(pack="o/p", sha="a" * 40, version="1.0.0")
THEIRS = "name: Loop\n# Sovereign Autonomy Pack\non: workflow_dispatch\n# writes IMPLEMENTATION_1.md\n"
MAKE = "autonomy.run:\n\tgh workflow run loop\n"
ROOT = Path(__file__).parents[3]
KIT = {
    older.LOOP: Wanted(text="ours\n"),
    older.GATE: Wanted(text="our gate\n"),
    older.TARGETS: Wanted(text="our targets\n"),
    "Makefile": Wanted(text="-include Makefile.autonomy", kind=Kind.LINE),
}


def merge(path: str, base: str, mine: str, theirs: str) -> Merged:
    raise AssertionError((path, base, mine, theirs))


def carried_out(
    files: dict[str, str], marker: str = "", *, force: bool = False
) -> tuple[dict[str, str], dict[str, Step]]:
    found = Found(files=files, odd={}, bases={}, older=marker)
    steps = plan(KIT, INPUTS, found, merge, force=force)
    after = dict(files)
    for step in steps:
        if step.act is Act.REMOVE:
            after.pop(step.path, None)
        elif step.changes:
            after[step.path] = step.text
    return after, {step.path: step for step in steps}


@pytest.mark.parametrize("marker", ["1.0.0", ""])
def test_ours_take_its_place_and_its_files_are_kept_whole(marker: str) -> None:
    edited = THEIRS + "# a line of the host's\n"
    marked = {older.MARKER: f"{marker}\n"} if marker else {}
    before = {older.LOOP: edited, older.GATE: THEIRS, older.TARGETS: MAKE, "VERSION": "9.9.9-app\n", **marked}
    after, steps = carried_out(before, marker)
    assert after[older.LOOP] == "ours\n"
    assert after[older.kept_as(older.LOOP)] == edited
    assert after[older.kept_as(older.TARGETS)] == MAKE
    assert after["VERSION"] == "9.9.9-app\n"
    assert f"the older pack's, {marker or 'lite'}: kept as" in steps[older.LOOP].why
    assert older.MARKER not in after
    assert after.get(older.kept_as(older.MARKER)) == (f"{marker}\n" if marker else None)


@pytest.mark.parametrize(
    "text", ["name: Loop\non: push\n", "name: Sovereign\non: push\n", "# writes IMPLEMENTATION_1.md\n"]
)
def test_a_file_that_only_has_the_name_is_left_alone_and_said_so(text: str) -> None:
    after, steps = carried_out({older.LOOP: text})
    assert after[older.LOOP] == text
    assert (steps[older.LOOP].act, "nor the older pack's" in steps[older.LOOP].why) == (Act.KEEP, True)


def test_a_look_alike_in_a_repository_that_has_the_older_pack_is_left_alone_too() -> None:
    before = {
        older.LOOP: THEIRS,
        older.GATE: "name: a gate of the host's\n",
        older.TARGETS: "all:\n",
        older.MARKER: "1\n",
    }
    after, steps = carried_out(before, "1")
    assert after[older.GATE] == before[older.GATE]
    assert after[older.TARGETS] == before[older.TARGETS]
    assert older.MARKER in after, "something of its name is left"
    assert steps[older.LOOP].act is Act.UPDATE


def test_another_file_where_the_old_one_would_be_kept_stops_it() -> None:
    after, steps = carried_out({older.LOOP: THEIRS, older.kept_as(older.LOOP): "somebody's\n"}, "1.0.0")
    assert steps[older.LOOP].act is Act.CONFLICT
    assert after[older.LOOP] == THEIRS
    assert after[older.kept_as(older.LOOP)] == "somebody's\n"


def test_cut_off_after_the_copy_it_goes_on() -> None:
    after, steps = carried_out({older.LOOP: THEIRS, older.kept_as(older.LOOP): THEIRS}, "1.0.0")
    assert after[older.LOOP] == "ours\n"
    assert steps[older.kept_as(older.LOOP)].act is Act.SAME


def test_every_copy_comes_before_what_it_is_a_copy_of() -> None:
    _, steps = carried_out({older.LOOP: THEIRS, older.GATE: THEIRS, older.TARGETS: MAKE, older.MARKER: "1\n"}, "1")
    order = list(steps)
    for path in (*older.ADOPTED, older.MARKER):
        assert order.index(older.kept_as(path)) < order.index(path)


@pytest.mark.parametrize(
    "line", ["include Makefile.autonomy", "-include  Makefile.autonomy  # the pack's", "sinclude Makefile.autonomy"]
)
def test_its_include_line_counts_as_ours_and_goes_with_ours(line: str) -> None:
    makefile = f"all:\n\techo\n\n# Sovereign\n{line}\n"
    after, steps = carried_out({"Makefile": makefile, older.LOOP: THEIRS, older.TARGETS: MAKE}, "1.0.0")
    assert (steps["Makefile"].act, after["Makefile"]) == (Act.SAME, makefile)
    lock = clone.read_lock(after[PATH])
    found = Found(files=after, odd={}, bases={"Makefile": KIT["Makefile"].text}, lock=lock)
    gone = {step.path: step for step in plan({}, None, found, merge)}
    assert gone["Makefile"].text == "all:\n\techo\n\n# Sovereign\n"
    assert gone[older.kept_as(older.LOOP)].act is Act.KEEP


def test_an_include_line_of_a_persons_stays_when_ours_goes() -> None:
    makefile = "include Makefile.autonomy\n"
    after, steps = carried_out({"Makefile": makefile, older.TARGETS: "all:\n"})
    assert steps["Makefile"].act is Act.KEEP
    assert "Makefile" not in clone.read_lock(after[PATH]).files


def test_a_makefile_with_targets_of_our_names_gets_no_line() -> None:
    makefile = ".PHONY: autonomy.run\nautonomy.run:\n\tgh workflow run x\nautonomy.help:\n\techo\n"
    after, steps = carried_out({"Makefile": makefile, older.LOOP: THEIRS})
    assert after["Makefile"] == makefile
    assert "targets" in steps["Makefile"].why


def test_nothing_of_ours_has_its_traits() -> None:
    full = replace(INPUTS, review=True, repair=True, cron="7 * * * *", private=True, agent="claude")
    own = [want.text for path, want in clone.desired(full, "Makefile").items() if path.startswith(".github/workflows")]
    for text in own:
        assert older.recognised("", {older.LOOP: text}) == ""
    for path in (older.LOOP, older.GATE):
        assert older.recognised("", {path: (ROOT / path).read_text()}) == ""


TEXTS = st.sampled_from([THEIRS, "name: x\n", "# sovereign IMPLEMENTATION_\nmine\n", MAKE, "ours\n"])
PATHS = st.sampled_from([*older.EVERY, "Makefile"])


@given(files=st.dictionaries(PATHS, TEXTS), marker=st.sampled_from(["", "1.0.0"]), force=st.booleans())
def test_no_line_is_lost_and_a_second_plan_does_nothing(files: dict[str, str], marker: str, force: bool) -> None:
    files |= {older.MARKER: f"{marker}\n"} if marker else {}
    after, _ = carried_out(files, marker, force=force)
    every = "\n".join(after.values()).split("\n")
    if not force:
        for path, text in files.items():
            assert set(text.split("\n")) <= set(every), path
    lock = clone.read_lock(after[PATH])
    left = "1.0.0" if older.MARKER in after else ""
    again = Found(files=after, odd={}, bases={}, lock=lock, older=left)
    assert not any(step.changes for step in plan(KIT, INPUTS, again, merge))


@given(files=st.dictionaries(PATHS, TEXTS), marker=st.sampled_from(["", "1.0.0"]))
def test_the_texts_that_decide_it_are_asked_for(files: dict[str, str], marker: str) -> None:
    whole = Found(files=files, odd={}, bases={}, older=marker)
    known = {path: text for path, text in files.items() if path in KIT and text == KIT[path].text}
    some = replace(whole, files=known, unread=frozenset(set(files) - set(known)))
    needed = to_read(KIT, some)
    some = replace(some, files=known | {path: files[path] for path in needed}, unread=some.unread - needed)
    assert plan(KIT, INPUTS, some, merge) == plan(KIT, INPUTS, whole, merge)


def test_a_line_of_any_length_is_looked_at_in_no_time() -> None:
    before = time.process_time()
    assert not older.has_targets("autonomy." + "a" * 500_000 + "\n")
    assert time.process_time() - before < 5
