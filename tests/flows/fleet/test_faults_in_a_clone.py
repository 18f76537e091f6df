"""Each fault of an installation in a real clone is named, with its cause and its fix, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autonomy_pack.flows import project
from autonomy_pack.flows.fleet import clone, verifying
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet.faults import CATALOGUE
from autonomy_pack.policy.fleet.lock import Inputs, sha256
from tests.world import World

INPUTS = Inputs(pack="o/p", sha="a" * 40, version="0.1.0", agent="claude", cron="7 * * * *")
LOOP = ".github/workflows/autonomous-agent-loop.yml"
TARGETS = "Makefile.autonomy"
Break = Callable[[World], None]


def install(world: World, inputs: Inputs = INPUTS) -> None:
    place = project.find(world.root)
    clone.apply(place, clone.install(place, inputs, force=True), lambda step: None)


def change(old: str, new: str, file: str = LOOP) -> Break:
    def broken(world: World) -> None:
        text = (world.root / file).read_text()
        assert old in text
        (world.root / file).write_text(text.replace(old, new))

    return broken


def again(**inputs: object) -> Break:
    return lambda world: install(world, replace(INPUTS, **inputs))  # type: ignore[arg-type]


def write(file: str, text: str) -> Break:
    return lambda world: world.write(file, text)


def remove(file: str) -> Break:
    return lambda world: (world.root / file).unlink()


def link(world: World) -> None:
    remove(TARGETS)(world)
    (world.root / TARGETS).symlink_to(world.root / "hello.txt")


def locked(world: World, path: str, **entry: object) -> None:
    """The lock says something else of a file; without anything, nothing of it."""
    file = world.root / locks.PATH
    lock = json.loads(file.read_text())
    if entry:
        lock["files"][path] |= entry
    else:
        del lock["files"][path]
    file.write_text(json.dumps(lock))


def take_name(world: World) -> None:
    world.write(TARGETS, "theirs:\n")
    locked(world, TARGETS)


def make_old(world: World) -> None:
    world.write(TARGETS, "old:\n")
    locked(world, TARGETS, upstream_sha256=sha256("old:\n"), written_sha256=sha256("old:\n"))


def forget_base(world: World) -> None:
    world.write(TARGETS, "edited:\n")
    locked(world, TARGETS, upstream_sha256=sha256("old:\n"), written_sha256=sha256("old:\n"))


def leave_behind(world: World) -> None:
    here = (world.root / LOOP).read_text(), json.loads((world.root / locks.PATH).read_text())
    install(world, replace(INPUTS, sha="c" * 40))
    (world.root / LOOP).write_text(here[0])
    locked(world, LOOP, **here[1]["files"][LOOP] | {"inputs": here[1]["inputs"]})


def elsewhere(world: World) -> None:
    world.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    world.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    world.commit()


# rule → (what breaks it, words of the cause that is told)
BREAKS: dict[str, tuple[Break, str]] = {
    "file-missing": (remove(LOOP), "it was removed here"),
    "unreadable": (write(LOOP, "on: [\n"), LOOP),
    "wrong-pin": (change("o/p/.github", "o/fork/.github"), "it calls o/fork/"),
    "pin-is-a-tag": (change(f"@{'a' * 40}", "@v1"), "@v1"),
    "pin-differs": (change(f"pack_sha: {'a' * 40}", f"pack_sha: {'d' * 40}"), "d" * 40),
    "permission-missing": (change("      checks: write # its check run\n", ""), "does not grant checks: write"),
    "job-missing": (change("  loop:\n", "  other:\n"), 'no job "loop"'),
    "trigger-missing": (change("  workflow_dispatch:\n", "  workflow_run:\n"), "nothing of workflow_dispatch"),
    "secret-not-passed": (
        change("      openai_api_key: ${{ secrets.OPENAI_API_KEY }}\n", ""),
        "does not hand on openai_api_key",
    ),
    "schedule-differs": (change("7 * * * *", "9 * * * *"), "'9 * * * *'"),
    "edited": (change("name: Autonomous agent loop", "name: Ours"), "was edited"),
    "name-taken": (take_name, "it is not ours"),
    "no-plain-file": (link, "link"),
    "out-of-date": (make_old, "the pack changed it"),
    "merge-by-hand": (forget_base, "what it was made from is not known"),
    "lockfile-omits": (write(".github/workflows/actions.lock", "version: 1\n"), "actions.lock"),
    "config": (write(".github/autonomy.yml", "version: 1\nmax_isues: 1\n"), "max_isues"),
    "lock-unreadable": (write(locks.PATH, "{}"), "version"),
    "not-installed": (remove(locks.PATH), "not installed"),
    "newer-release": (again(version="9.9.9"), "release 9.9.9 installed it"),
    "older-release": (again(version="0.0.1"), "release 0.0.1 installed it"),
    "left-behind": (leave_behind, "it is still of"),
    "sandbox-unattainable": (again(runs_on=("macos-latest",)), "macos-latest"),
    "stopped": (write(".agent-workspace/STOP", ""), "a stop is set"),
    "older-pack": (write(".sovereign/autonomy/VERSION", "3\n"), "older pack"),
    "wrong-default-branch": (elsewhere, "not on origin/trunk"),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_each_fault_is_named_with_its_cause_and_its_fix_and_no_other(world: World, rule: str) -> None:
    install(world)
    assert verifying.verify(project.find(world.root)) == []
    broken, words = BREAKS[rule]
    broken(world)
    found = verifying.verify(project.find(world.root))
    assert {one.rule for one in found} == {rule}, found
    assert words in found[0].says
    assert all(one.fix and one.where and one.risk is CATALOGUE[rule].risk for one in found)


ODD = (
    "",
    "[]",
    "jobs: 1",
    "on: [[1]]\njobs: {loop: 1}",
    "jobs: {loop: {with: 1, permissions: [], secrets: 1, uses: x}}",
)


@pytest.mark.parametrize("text", [*ODD, "on: {schedule: [1, {cron: [1]}]}\njobs: {loop: {permissions: read-all}}"])
def test_a_workflow_of_any_shape_is_judged(world: World, text: str) -> None:
    install(world)
    world.write(LOOP, text)
    found = {one.rule for one in verifying.verify(project.find(world.root))}
    assert found & {"job-missing", "wrong-pin"}


def test_what_was_merged_when_it_was_written_is_not_edited(world: World) -> None:
    install(world)
    change("name: Autonomous agent loop", "name: Ours")(world)
    install(world, replace(INPUTS, sha="b" * 40))
    assert verifying.verify(project.find(world.root)) == []


def test_verify_writes_nothing(world: World) -> None:
    install(world)
    change("a" * 40, "c" * 40)(world)
    before = contents(world.root)
    verifying.verify(project.find(world.root))
    assert contents(world.root) == before


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
