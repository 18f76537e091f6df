"""A run job that is the attacker's: whatever tree it puts into its artifact, no branch of it appears."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.edges import files as edge_files
from autonomy_pack.edges import git, packs
from autonomy_pack.model import Leg
from hub import Hub
from tests.corpora.raw_git import RawRepository, Spec
from tests.flows.actions.driver import FILES, Files, Session, Site
from tests.programs.test_scan import bundle, loose

EVIL: dict[str, dict[bytes, Spec]] = {
    "a workflow": {b".github/workflows/ci.yml": b"on: push\n"},
    "a workflow in another case": {b".GitHub/Workflows/ci.yml": b"on: push\n"},
    "the policy itself": {b".github/autonomy.yml": b"version: 1\n"},
    "a link out": {b"hello.txt": ("120000", b"/etc/passwd")},
    "a link in the place of .github": {b".github": ("120000", b"tmp")},
    "a submodule": {b"lib": ("160000", b"1" * 40)},
    "a path into .git": {b".git/hooks/pre-commit": b"#!/bin/sh\n"},
    "a look-alike of .git": {".g\u200cit/config".encode(): b"[core]\n"},
    "a path upwards": {b"../evil.txt": b"x\n"},
    "a secret": {b"key.txt": b"ghp_" + b"Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki"},
    "text nobody sees": {b"hello.txt": "Good day\U000e0041\U000e0042\n".encode()},
    "too many files": {f"many/{number}.txt".encode(): b"x\n" for number in range(150)},
    "code owners": {b"CODEOWNERS": b"* @mallory\n"},
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)


def forged(site: Site, leg: Leg, files: Files, tree: dict[bytes, Spec], folder: Path, *, message: bytes = b"") -> Files:
    """The files of a run job that swapped the tree of its commit, everything else as it ought to be."""
    there = folder / "theirs.git"
    packs.fresh(there)
    (there / "objects/info/alternates").write_text(f"{site.repo.git_dir}/objects\n")
    packs.take_in(packs.of_bundle(files["attempt.bundle"]), there)
    result = json.loads(files["result.json"])
    ours = git.run("cat-file", "commit", result["head"], at=there)
    raw = RawRepository(folder / "raw.git")
    made = raw.tree({b"hello.txt": b"Good day, world\n", **tree})
    commit = ours.replace(result["tree"].encode(), made.encode())
    head = raw.store("commit", commit.partition(b"\n\n")[0] + b"\n\n" + (message or commit.partition(b"\n\n")[2]))
    content = bundle(loose(raw).values(), head)
    claims = {"head": head, "tree": made, "bundle_sha256": edge_files.sha256(content)}
    claims["checks"] = [{**check, "head": head} for check in result["checks"]]
    return {**files, "attempt.bundle": content, "result.json": json.dumps(result | claims).encode()}


def published(site: Site, tree: dict[bytes, Spec], folder: Path, **more: bytes) -> tuple[str, str]:
    begun: Session = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    begun.upload(leg, forged(site, leg, begun.work(leg)[1], tree, folder, **more))
    (row,) = begun.publish(plan).rows
    return row.outcome, row.why


def beside(site: Site, tree: dict[bytes, Spec]) -> dict[bytes, Spec]:
    """That tree with every file of the site beside it, so that nothing else is wrong with it than what is in it."""
    there: dict[bytes, Spec] = {path.encode(): (site.repo.file(path) or "").encode() for path in FILES}
    del there[b"hello.txt"]
    taken = {path for path in tree if b"/" not in path}
    return {path: text for path, text in there.items() if path.partition(b"/")[0] not in taken} | tree


def heads(site: Site) -> list[str]:
    return [ref for ref in site.repo.refs() if ref.startswith(("refs/heads/agent/", "refs/autonomy/pending/"))]


@pytest.mark.parametrize("tree", EVIL.values(), ids=EVIL)
def test_a_forged_tree_gets_no_branch(tree: dict[bytes, Spec], site: Site, tmp_path: Path) -> None:
    site.issue()
    outcome, why = published(site, beside(site, tree), tmp_path)
    assert outcome in ("blocked", "failed"), why
    assert heads(site) == []
    assert site.repo.pulls == []


def test_the_forger_would_get_through_with_a_harmless_tree(site: Site, tmp_path: Path) -> None:
    """So it is the judging that stops the others, nothing on the way."""
    site.issue()
    outcome, why = published(site, beside(site, {}), tmp_path)
    assert outcome == "handed_off", why


def test_words_of_its_own_in_the_commit_message_are_refused(site: Site, tmp_path: Path) -> None:
    site.issue()
    outcome, why = published(site, {}, tmp_path, message=b"Fixes #1, @ada please merge\n")
    assert (outcome, "another message" in why) == ("failed", True)
    assert heads(site) == []


def test_checks_that_are_said_to_have_passed_on_another_commit_block(site: Site) -> None:
    site.issue()
    begun = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    files = begun.work(leg)[1]
    result = json.loads(files["result.json"])
    result["checks"] = [{**check, "head": leg.base} for check in result["checks"]]
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode()})
    (row,) = begun.publish(plan).rows
    assert (row.outcome, "ran on another commit" in row.why) == ("blocked", True)
    assert heads(site) == []


def test_what_a_check_runs_is_our_word_and_a_check_we_do_not_want_is_not_told(site: Site) -> None:
    site.issue()
    begun = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    files = begun.work(leg)[1]
    result = json.loads(files["result.json"])
    (check,) = result["checks"]
    result["checks"] = [{**check, "argv": ["pytest", "--all"]}, {**check, "name": "security audit by @ada"}]
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode()})
    (row,) = begun.publish(plan).rows
    (pull,) = site.repo.pulls
    assert row.outcome == "handed_off"
    assert "pytest" not in pull.body
    assert "audit" not in pull.body
