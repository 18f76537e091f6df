"""`autonomy guard check`: what it prints, how it ends, and that missing evidence is never clean."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autonomy_pack.edges import objects
from autonomy_pack.errors import Stopped, UsageError, WorldError
from autonomy_pack.flows import guard
from autonomy_pack.model import Change, FileChange, Risk, Rules
from tests.corpora.raw_git import RawRepository

PASSWORD = b'password = "hunter2-Xq9vT2mL"\n'


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "autonomy_pack", "guard", "check", *map(str, args)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> RawRepository:
    return RawRepository(tmp_path / "repo.git")


def test_a_clean_change_ends_with_0_and_says_what_was_skipped(repository: RawRepository) -> None:
    base, head = repository.change({b"a.txt": b"1\n"}, {b"a.txt": b"2\n"})
    ended = run("--repo", repository.git_dir, "--base", base, "--head", head, "--json")
    assert ended.returncode == 0, ended.stderr
    data = json.loads(ended.stdout)
    skipped = [
        {"guard": "checks_passed", "why": "no checks belong to this question: only the change itself was judged"}
    ]
    assert data == {"base": base, "head": head, "clean": True, "findings": [], "skipped": skipped}


def test_a_finding_ends_with_1_and_is_printed_for_people_and_programs(repository: RawRepository) -> None:
    base, head = repository.change({b"a.txt": b"1\n"}, {b"a.txt": b"1\n" + PASSWORD})
    ended = run("--repo", repository.git_dir, "--base", base, "--head", head, "--json")
    data = json.loads(ended.stdout)
    assert (ended.returncode, data["clean"]) == (1, False)
    (finding,) = data["findings"]
    assert set(finding) == {"rule", "risk", "says", "fix", "where"}
    assert (finding["rule"], finding["risk"], finding["where"]) == ("secrets", "high", "a.txt:2")
    people = run("--repo", repository.git_dir, "--base", base, "--head", head)
    assert people.returncode == 1
    assert "hunter2" not in people.stdout + ended.stdout
    assert "not clean" in people.stdout


def test_a_low_finding_leaves_a_change_clean(repository: RawRepository) -> None:
    base, head = repository.change({}, {b"a.txt": b"x\n" * 2500})
    judged = guard.check(repository.git_dir, base, head)
    assert [finding.risk for finding in judged.examination.findings] == [Risk.LOW]
    assert judged.clean


@pytest.mark.parametrize("end", ["base", "head"])
def test_a_missing_commit_ends_with_2(end: str, repository: RawRepository) -> None:
    base, head = repository.change({b"a": b"1\n"}, {b"a": b"2\n"})
    given = {"base": base, "head": head} | {end: "1" * 40}
    ended = run("--repo", repository.git_dir, "--base", given["base"], "--head", given["head"], "--json")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "git fetch" in ended.stderr


@pytest.mark.parametrize(
    "bad", ["", "--output=/tmp/x", "-x", "HEAD^{tree}", "a b", "a\nb", "nope", ":a", "a..b", "\ud800"]
)
def test_what_names_no_commit_is_refused(bad: str, repository: RawRepository) -> None:
    base, _ = repository.change({b"a": b"1\n"}, {b"a": b"2\n"})
    with pytest.raises(UsageError):
        guard.check(repository.git_dir, base, bad)


def test_what_is_no_repository_ends_with_2(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        assert run("--repo", place, "--base", "HEAD~1", "--head", "HEAD").returncode == 2
    assert run("--repo", tmp_path, "--base", "HEAD~1").returncode == 2


def test_a_shallow_clone_without_the_base_is_never_clean(tmp_path: Path) -> None:
    origin = RawRepository(tmp_path / "origin.git")
    base, head = origin.change({b"a.txt": b"1\n"}, {b"a.txt": b"1\n" + PASSWORD})
    subprocess.run(["git", "-C", origin.git_dir, "update-ref", "refs/heads/main", head], check=True)
    subprocess.run(["git", "-C", origin.git_dir, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{origin.git_dir}", clone], check=True)
    for named in (base, "HEAD~1", "HEAD^"):
        ended = run("--repo", clone, "--base", named, "--head", "HEAD", "--json")
        assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
        assert "--unshallow" in ended.stderr


def test_names_of_branches_and_a_folder_inside_a_clone_will_do(tmp_path: Path) -> None:
    origin = RawRepository(tmp_path / "origin.git")
    base, head = origin.change({b"sub/a": b"1\n"}, {b"sub/a": b"2\n"})
    subprocess.run(["git", "-C", origin.git_dir, "update-ref", "refs/heads/main", head], check=True)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "-b", "main", origin.git_dir, clone], check=True)
    judged = guard.check(clone / "sub", "main~1", "main")
    assert (judged.base, judged.head, judged.clean) == (base, head, True)


def test_the_configuration_is_the_bases_and_only_tightens(repository: RawRepository) -> None:
    config = b"version: 1\nprotected: [a.txt]\nask_from: low\n"
    loose = b"version: 1\n"
    base, head = repository.change(
        {b".github/autonomy.yml": config}, {b".github/autonomy.yml": loose, b"a.txt": b"1\n"}
    )
    judged = guard.check(repository.git_dir, base, head)
    assert [finding.where for finding in judged.examination.findings] == [".github/autonomy.yml", "a.txt"]
    assert judged.ask_from == Risk.LOW


def test_a_configuration_cannot_loosen_what_is_asked_about(repository: RawRepository) -> None:
    before = {b".github/autonomy.yml": b"version: 1\nask_from: critical\n"}
    base, head = repository.change(before, before | {b"requirements.txt": b"click\n"})
    with pytest.raises(UsageError, match="ask_from"):
        guard.check(repository.git_dir, base, head)


def test_a_broken_configuration_is_not_clean(repository: RawRepository) -> None:
    before = {b".github/autonomy.yml": b"version: [1\n"}
    base, head = repository.change(before, before | {b"a.txt": b"1\n"})
    with pytest.raises(UsageError, match=r"autonomy\.yml"):
        guard.check(repository.git_dir, base, head)


def test_a_guard_that_cannot_tell_is_a_high_finding() -> None:
    def gone(oid: str) -> bytes:
        raise WorldError(f"object {oid} is gone", "Fetch it.")

    def broken(oid: str) -> bytes:
        raise KeyError(oid)

    link = FileChange(path="x", status="A", old_mode="000000", mode="120000", old_oid="0" * 40, oid="1" * 40, size=3)
    change = Change(base="b" * 40, head="a" * 40, tree="c" * 40, files=(link,), parents=("b" * 40,))
    for read, said in ((gone, "is gone"), (broken, "KeyError")):
        found = [f for f in guard.examine(change, read, Rules()).findings if f.rule in ("symlinks", "names", "secrets")]
        assert {finding.rule for finding in found} == {"symlinks", "names", "secrets"}
        assert all(finding.risk == Risk.HIGH and said in finding.says for finding in found)


def test_findings_are_told_riskiest_first_on_one_harmless_line(repository: RawRepository) -> None:
    evil = "docs/@all\u202e ghp_Zx4kQ9vT2mLr7PwB1nYc6JdH8sFgA3eUo5Ki <img src=x>\n.md".encode()
    base, head = repository.change({}, {evil: b"x\n", b"requirements.txt": b"x\n"})
    found = guard.check(repository.git_dir, base, head).examination.findings
    assert [finding.risk for finding in found] == sorted((finding.risk for finding in found), reverse=True)
    said = "".join(finding.says + finding.where + finding.fix for finding in found)
    assert not any(text in said for text in ("\n", "\u202e", "ghp_Zx", "<img", "/@all"))


def test_guards_look_before_each_file_at_whether_they_may_go_on(repository: RawRepository) -> None:
    base, head = repository.change({}, {b"%d.txt" % number: b"x\n" for number in range(50)})
    change, looks = objects.read_change(repository.git_dir, base, head), []

    def heed() -> None:
        looks.append(1)
        if len(looks) == 30:
            raise Stopped("stopped by a person", "Resume.")

    with pytest.raises(Stopped):
        guard.examine(change, objects.reader(repository.git_dir), Rules(), heed)
    assert len(looks) == 30
