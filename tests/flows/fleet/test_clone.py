"""The kit in a real clone: installed, edited, brought up to date, verified, taken out again."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from autonomy_pack.edges import documents
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import project
from autonomy_pack.flows.fleet import clone, order, verifying
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.flows.fleet.order import Order, Verb
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.lock import Inputs, Kind, Lock, Locked
from autonomy_pack.policy.fleet.plan import Act, Found, Step, plan
from tests.world import World

OLD = Inputs(pack="o/p", sha="a" * 40, version="0.1.0", agent="claude", cron="7 * * * *")
NEW = replace(OLD, sha="b" * 40, version="0.2.0", private=True, runs_on=("self-hosted", "big"))
LOOP = ".github/workflows/autonomous-agent-loop.yml"


def put(world: World, inputs: Inputs | None, *, force: bool = False) -> dict[str, Act]:
    place = project.find(world.root)
    steps = clone.uninstall(place) if inputs is None else clone.install(place, inputs, force=force)
    done: list[Step] = []
    clone.apply(place, steps, done.append)
    assert done == list(steps)
    return {step.path: step.act for step in steps}


def test_an_install_that_nobody_touched_is_taken_out_without_a_trace(world: World) -> None:
    world.write("Makefile", "all:\n\techo hi\n")
    world.commit()
    before = world.git("rev-parse", "HEAD^{tree}")
    put(world, OLD)
    world.commit()
    put(world, NEW)
    world.commit()
    assert set(put(world, NEW).values()) == {Act.SAME, Act.KEEP} or set(put(world, NEW).values()) == {Act.SAME}
    put(world, None)
    world.commit()
    assert world.git("rev-parse", "HEAD^{tree}") == before


def back(world: World) -> Inputs | None:
    """What `--previous` asks for."""
    return order.inputs_for(Order(verb=Verb.PREVIOUS), "x", clone.installed(project.find(world.root)))


@pytest.mark.parametrize("name", ["GNUmakefile", "makefile", "Makefile"])
def test_our_line_goes_into_the_makefile_that_is_there_and_no_other_is_made(world: World, name: str) -> None:
    world.write(name, "all:\n\techo hi\n")
    put(world, OLD)
    assert "Makefile.autonomy" in (world.root / name).read_text()
    assert {each for each in ("GNUmakefile", "makefile", "Makefile") if (world.root / each).exists()} == {name}
    put(world, None)
    assert (world.root / name).read_text() == "all:\n\techo hi\n"


def test_what_was_there_before_the_last_change_comes_back(world: World) -> None:
    put(world, OLD)
    with pytest.raises(UsageError, match="nothing before"):
        back(world)
    before = (world.root / LOOP).read_text()
    put(world, NEW)
    put(world, back(world))
    assert (world.root / LOOP).read_text() == before


def test_what_is_there_is_left_alone(world: World) -> None:
    world.write(LOOP, "name: somebody else's\n")
    world.write(".github/autonomy.yml", "version: 1\nmax_issues: 3\n")
    acts = put(world, OLD)
    assert (acts[LOOP], acts[".github/autonomy.yml"]) == (Act.KEEP, Act.KEEP)
    assert (world.root / LOOP).read_text() == "name: somebody else's\n"
    put(world, None)
    assert (world.root / ".github/autonomy.yml").read_text() == "version: 1\nmax_issues: 3\n"


def test_no_file_is_written_through_a_link(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (world.root / ".github").mkdir()
    (world.root / ".github/workflows").symlink_to(tmp_path / "outside")
    acts = put(world, OLD)
    assert acts[LOOP] is Act.KEEP
    assert list((tmp_path / "outside").iterdir()) == []


def edited(text: str, dice: random.Random, number: int) -> tuple[str, list[str]]:
    """A text with lines of a person's in it, and lines of ours changed or gone; and the person's lines."""
    lines, mine = text.split("\n"), []
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        what = dice.choice(("add", "add", "change", "remove"))
        if what == "remove":
            del lines[at]
            continue
        own = f"{' ' * dice.choice((0, 2, 4))}# mine {number} {dice.random()}"
        mine.append(own)
        lines[at : at + (what == "change")] = [own]
    return "\n".join(lines), [own for own in mine if own in lines]


def test_in_three_hundred_edited_files_no_line_of_a_persons_is_lost_and_no_marker_is_written() -> None:
    old, new = clone.desired(OLD, "Makefile"), clone.desired(NEW, "Makefile")
    files = [path for path in old if path.startswith(".github/workflows")]
    acts = Counter()
    for number in range(300):
        dice = random.Random(number)
        path = dice.choice(files)
        text, mine = edited(old[path].text, dice, number)
        sha = locks.sha256(old[path].text)
        entry = Locked(kind=Kind.FILE, upstream_sha256=sha, written_sha256=sha, inputs=OLD)
        lock = Lock(inputs=OLD, files={path: entry})
        found = Found(files={path: text}, odd={}, bases={path: old[path].text}, lock=lock)
        step = plan({path: new[path]}, NEW, found, merged)[0]
        acts[step.act] += 1
        after = step.text if step.changes else text
        assert set(mine) <= set(after.split("\n")), (number, step)
        assert not any(sign in after for sign in ("<<<<<<<", "=======", ">>>>>>>"))
        if step.act is Act.MERGE:
            documents.load_yaml(after, path)
            assert "b" * 40 in after
    assert acts[Act.MERGE] > 50, acts
    assert acts[Act.CONFLICT] > 50, acts


BREAKS = {
    "file-missing": lambda root: (root / LOOP).unlink(),
    "unreadable": lambda root: (root / LOOP).write_text("on: [\n"),
    "wrong-pin": lambda root: change(root, "a" * 40, "c" * 40),
    "permission-missing": lambda root: change(root, "      checks: write # its check run\n", ""),
    "job-missing": lambda root: change(root, "  loop:\n", "  other:\n"),
    "lock-unreadable": lambda root: (root / locks.PATH).write_text("{}"),
    "not-installed": lambda root: (root / locks.PATH).unlink(),
    "stopped": lambda root: (root / ".agent-workspace").mkdir() or (root / ".agent-workspace/STOP").write_text(""),
}


def change(root: Path, old: str, new: str) -> None:
    text = (root / LOOP).read_text()
    assert old in text
    (root / LOOP).write_text(text.replace(old, new))


@pytest.mark.parametrize("fault", BREAKS)
def test_each_fault_is_named_with_its_fix(world: World, fault: str) -> None:
    put(world, OLD)
    assert verifying.verify(project.find(world.root)) == []
    BREAKS[fault](world.root)
    found = verifying.verify(project.find(world.root))
    assert fault in {one.rule for one in found}, found
    assert all(one.fix for one in found)


def test_verify_writes_nothing(world: World) -> None:
    put(world, OLD)
    change(world.root, "a" * 40, "c" * 40)
    before = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    verifying.verify(project.find(world.root))
    assert {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()} == before


def test_a_lock_from_elsewhere_cannot_have_anything_removed(world: World) -> None:
    put(world, OLD)
    text = (world.root / locks.PATH).read_text()
    sha = locks.sha256((world.root / "hello.txt").read_text())
    entry = f'"hello.txt": {{"kind": "file", "upstream_sha256": "{sha}", "written_sha256": "{sha}", "inputs": null}}, '
    (world.root / locks.PATH).write_text(text.replace('"files": {', f'"files": {{{entry}'))
    assert put(world, None)["hello.txt"] is Act.KEEP
    assert (world.root / "hello.txt").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b"])
def test_a_lock_with_a_path_that_leads_out_is_not_read(world: World, path: str) -> None:
    put(world, OLD)
    text = (world.root / locks.PATH).read_text()
    world.write(locks.PATH, text.replace(f'"{LOOP}"', f'"{path}"'))
    with pytest.raises(UsageError, match="lock"):
        clone.uninstall(project.find(world.root))


def test_nothing_is_written_that_the_lock_could_not_note(world: World, tmp_path: Path) -> None:
    lock = world.root / locks.PATH
    lock.parent.mkdir(parents=True)
    lock.symlink_to(tmp_path / "outside.json")
    with pytest.raises(UsageError, match="link"):
        put(world, OLD)
    assert not (world.root / LOOP).exists()
    assert not (tmp_path / "outside.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", "{}", "x: 1\n", "{" + " " * 300_000 + "}", "\t"])
def test_a_lock_that_cannot_be_read_is_to_be_restored(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        clone.read_lock(text)
    assert raised.value.fix.startswith(f"Restore {locks.PATH} from git.")


@pytest.mark.parametrize("agent", ["../../../outside", "a/b", "a.md"])
def test_a_lock_whose_agent_leads_out_is_not_read(world: World, agent: str) -> None:
    put(world, OLD)
    text = (world.root / locks.PATH).read_text()
    world.write(locks.PATH, text.replace('"agent": "claude"', f'"agent": "{agent}"'))
    with pytest.raises(UsageError, match="agent"):
        clone.installed(project.find(world.root))


def test_targets_pass_variables_through_in_sh(world: World, tmp_path: Path) -> None:
    put(world, OLD)
    told = tmp_path / "autonomy"
    told.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    told.chmod(0o755)

    def make(*words: str) -> str:
        ended = subprocess.run(["make", "-s", f"AUTONOMY={told}", *words], cwd=world.root, capture_output=True, text=True, check=True)  # fmt: skip
        return ended.stdout

    assert make("autonomy.run", "agent=claude", "max_issues=3") == "run|--agent|claude|--max-issues|3|"
    assert make("autonomy.run") == "run|"
    assert make("autonomy.status") == "status|"
