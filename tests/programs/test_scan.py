"""The scan: whatever lies in the artifact, it says what a guard would say, or that it could not be judged."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
import subprocess
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from autonomy_pack.edges import git, packs
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import box
from autonomy_pack.flows.actions import scan
from autonomy_pack.model import Check, CheckResult, Config, Risk
from autonomy_pack.programs import scan as program
from autonomy_pack.sandboxes import SANDBOXES
from tests.corpora import evil_trees
from tests.corpora.raw_git import RawRepository

AUTHOR = "Autonomy Pack (planner) <planner@autonomy.invalid>"
MESSAGE = "feat(agent): Tidy up (#1)\n\nAutonomy-Run: acme/site#1@7/1\n"
_KINDS = {"commit": 1, "tree": 2, "blob": 3}


def loose(repository: RawRepository) -> dict[str, tuple[str, bytes]]:
    """Every object of a raw repository: id → (kind, content)."""
    found = {}
    for path in repository.git_dir.glob("objects/??/*"):
        head, _, content = zlib.decompress(path.read_bytes()).partition(b"\0")
        found[path.parent.name + path.name] = (head.split()[0].decode(), content)
    return found


def bundle(objects: Iterable[tuple[str, bytes]], head: str) -> bytes:
    """A bundle of these objects, written by hand: git would not make one of what it thinks broken."""
    objects = list(objects)
    pack = b"PACK" + struct.pack(">II", 2, len(objects))
    for kind, content in objects:
        size, first = len(content) >> 4, (_KINDS[kind] << 4) | (len(content) & 15)
        while size:
            pack += bytes([first | 0x80])
            size, first = size >> 7, size & 0x7F
        pack += bytes([first]) + zlib.compress(content, 1)
    pack += hashlib.sha1(pack, usedforsecurity=False).digest()
    return f"# v2 git bundle\n{head} refs/attempt/result\n\n".encode() + pack


class Scene:
    """A base repository, and a change to it that arrives as a bundle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = RawRepository(folder / "raw.git")
        self.base_git = folder / "base.git"

    def ours(self, tree: str, base: str, *, author: str = AUTHOR, message: str = MESSAGE, more: bytes = b"") -> str:
        """A commit in the shape we make."""
        who = f"{author} 1767323045 +0000".encode()
        header = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n" % (tree.encode(), base.encode(), who, who)
        return self.raw.store("commit", header + more + b"\n" + message.encode())

    def tree_of(self, commit: str) -> str:
        return loose(self.raw)[commit][1][5:45].decode()

    def question(self, base: str, head: str, **other: object) -> scan.Question:
        """The question about `head`; the base's objects are put into the base repository."""
        packs.fresh(self.base_git)
        made = subprocess.run(
            ["git", f"--git-dir={self.raw.git_dir}", "pack-objects", "-q", "--stdout", "--revs"],
            input=base.encode() + b"\n",
            capture_output=True,
            check=True,
        )
        git.run("index-pack", "--stdin", at=self.base_git, stdin=made.stdout)
        asked = scan.Question(
            base=base,
            parent=base,
            head=head,
            tree=self.tree_of(head),
            author=AUTHOR,
            message=MESSAGE,
            protected=(),
            checks=(),
            results=(),
        )
        return dataclasses.replace(asked, **other)

    def bundle(self, head: str) -> bytes:
        return bundle(loose(self.raw).values(), head)

    def judged(self, question: scan.Question, content: bytes) -> scan.Verdict:
        """What the program says, run in this process: only its box is left out."""
        work = self.folder / "work"
        work.mkdir()
        (work / "request.json").write_text(json.dumps(dataclasses.asdict(question)))
        (work / "attempt.bundle").write_bytes(content)
        program.judge(work, self.base_git / "objects")
        return scan._read(work, question)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def simple(scene: Scene) -> tuple[str, str]:
    base = scene.raw.commit(scene.raw.tree({b"a.txt": b"1\n", b"b/c.txt": b"2\n"}))
    return base, scene.ours(scene.raw.tree({b"a.txt": b"changed\n", b"b/c.txt": b"2\n"}), base)


def boxed() -> box.Box:
    return box.choose(Config(), None)


def test_a_plain_change_is_judged_in_the_box_and_its_objects_come_out_again(scene: Scene, tmp_path: Path) -> None:
    base, head = simple(scene)
    question = scene.question(base, head)
    verdict = scan.judge(question, scene.bundle(head), scene.base_git, boxed())
    assert (verdict.refused, [file.path for file in verdict.change.files]) == ("", ["a.txt"])
    assert all(finding.risk < Risk.MEDIUM for finding in verdict.examination.findings)
    packs.take_in(verdict.pack, scene.base_git)
    assert git.text(git.run("rev-parse", f"{head}^{{tree}}", at=scene.base_git)) == question.tree


def test_a_repair_is_judged_by_what_it_takes_from_the_commit_before_it_too(scene: Scene) -> None:
    base = scene.raw.commit(scene.raw.tree({b"a.txt": b"1\n"}))
    tip = scene.ours(scene.raw.tree({b"a.txt": b"1\n", b"tests/test_new.py": b"def test_it():\n    assert 0\n"}), base)
    head = scene.ours(scene.raw.tree({b"a.txt": b"2\n"}), tip)
    question = scene.question(base, head, parent=tip)
    packs.take_in(packs.of_bundle(scene.bundle(tip)), scene.base_git)
    verdict = scene.judged(question, scene.bundle(head))
    assert verdict.refused == ""
    assert [file.path for file in verdict.change.files] == ["a.txt"]
    assert {one.risk for one in verdict.examination.findings if one.rule == "tests"} == {Risk.MEDIUM}
    assert not [one for one in verdict.examination.findings if one.rule == "shape"]


@pytest.mark.parametrize(
    ("level", "sandbox", "says"),
    [
        ("none", "none", "no box to scan"),
        ("L0", "none", "no box to scan"),
        ("L1", "landlock", "only walls .L1. to scan"),
    ],
    ids=["none", "L0", "L1"],
)
def test_without_a_box_of_namespaces_nothing_is_scanned(scene: Scene, level: str, sandbox: str, says: str) -> None:
    base, head = simple(scene)
    weak = box.Box(level=level, sandbox=SANDBOXES[sandbox])
    with pytest.raises(UsageError, match=says):
        scan.judge(scene.question(base, head), scene.bundle(head), scene.base_git, weak)


def test_a_commit_that_is_here_already_is_judged_without_a_bundle(scene: Scene) -> None:
    base, head = simple(scene)
    question = scene.question(base, head)
    packs.take_in(packs.of_bundle(scene.bundle(head)), scene.base_git)
    assert scan.judge(question, None, scene.base_git, boxed()).refused == ""


@pytest.mark.parametrize(
    "case",
    # Which values are secret on the machine that ran the agent is not known here: `run` looks for those.
    [one for one in evil_trees.CASES if "known value" not in one.name],
    ids=lambda case: case.name,
)
def test_an_evil_tree_in_an_artifact_never_passes(case: evil_trees.Evil, scene: Scene) -> None:
    base, head = evil_trees.commits(case, scene.raw)
    header = loose(scene.raw)[head][1].partition(b"\nauthor ")[0]
    if header.endswith(f"parent {base}".encode()) and header.count(b"parent") == 1 and case.message == b"change":
        head = scene.ours(scene.tree_of(head), base)
    question = scene.question(base, head)
    verdict = scene.judged(question, scene.bundle(head))
    worst = max((finding.risk for finding in verdict.examination.findings), default=Risk.LOW)
    assert verdict.refused or worst >= min(Risk.parse(case.risk), Risk.MEDIUM)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("tree", {"tree": "1" * 40}),
        ("author", {"author": "Autonomy Pack (claude) <claude@autonomy.invalid>"}),
        ("message", {"message": "another\n"}),
    ],
)
def test_a_commit_that_is_not_the_one_claimed_is_refused(what: str, other: dict[str, str], scene: Scene) -> None:
    base, head = simple(scene)
    verdict = scene.judged(scene.question(base, head, **other), scene.bundle(head))
    assert f"another {what}" in verdict.refused


def test_a_commit_on_another_parent_or_with_more_in_it_is_refused(scene: Scene) -> None:
    base, _ = simple(scene)
    tree = scene.tree_of(base)
    other = scene.raw.commit(tree, message=b"other")
    head = scene.ours(scene.raw.tree({b"x": b"y"}), other)
    assert "another parent" in scene.judged(scene.question(base, head), scene.bundle(head)).refused


@pytest.mark.parametrize(
    "more", [b"gpgsig x\n", b"mergetag object x\n", b"encoding latin-1\n", b"parent " + b"1" * 40 + b"\n"]
)
def test_a_commit_with_other_headers_is_refused(more: bytes, scene: Scene) -> None:
    base, _ = simple(scene)
    head = scene.ours(scene.raw.tree({b"x": b"y"}), base, more=more)
    assert scene.judged(scene.question(base, head), scene.bundle(head)).refused


@pytest.mark.parametrize(
    "content", [b"", b"PACK", b"# v2 git bundle\n\nPACK", b"# v2 git bundle\n\nPACK\0\0\0\2\0\0\0\1"]
)
def test_what_is_no_bundle_is_refused(content: bytes, scene: Scene) -> None:
    base, head = simple(scene)
    assert scene.judged(scene.question(base, head), content).refused


def test_a_check_that_did_not_pass_on_this_commit_is_found(scene: Scene) -> None:
    base, head = simple(scene)
    check = Check(name="tests", argv=("true",))
    passed = CheckResult(name="tests", argv=("true",), exit=0, seconds=1.0, head=head)
    for results in ((), (dataclasses.replace(passed, head=base),), (dataclasses.replace(passed, exit=1),)):
        (scene.folder / "work").exists() and subprocess.run(["rm", "-rf", str(scene.folder / "work")], check=True)
        question = scene.question(base, head, checks=(check,), results=results)
        found = scene.judged(question, scene.bundle(head)).examination.findings
        assert ("checks_passed", Risk.HIGH) in [(one.rule, one.risk) for one in found]


def test_objects_that_are_no_part_of_the_change_do_not_come_out(scene: Scene) -> None:
    base, head = simple(scene)
    stray = scene.raw.store("blob", b"what nobody looked at")
    verdict = scene.judged(scene.question(base, head), scene.bundle(head))
    packs.take_in(verdict.pack, scene.base_git)
    assert git.answer("cat-file", "-e", stray, at=scene.base_git, ok=(0, 1))[0] == 1


@pytest.mark.parametrize("trick", ["link", "pipe", "folder", "other", "shape", "twice"])
def test_a_verdict_that_is_not_ours_is_not_read(trick: str, scene: Scene) -> None:
    base, head = simple(scene)
    question = scene.question(base, head)
    scene.judged(question, scene.bundle(head))
    path = scene.folder / "work" / "verdict.json"
    said = path.read_text()
    path.unlink()
    if trick == "link":
        (scene.folder / "real").write_text(said)
        path.symlink_to(scene.folder / "real")
    elif trick == "pipe":
        subprocess.run(["mkfifo", str(path)], check=True)
    elif trick == "folder":
        path.mkdir()
    elif trick == "other":
        path.write_text(said.replace(head, base))
    elif trick == "shape":
        path.write_text(said.replace('"version": 1', '"version": 1, "token": ""'))
    else:
        path.write_text(said.replace('"version": 1', '"version": 1, "version": 1'))
    with pytest.raises(WorldError):
        scan._read(scene.folder / "work", question)
