"""A pull request of ours whose CI is red is mended from a clone: on top of it, judged as every change, bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autonomy_pack.edges import objects
from autonomy_pack.flows import guard
from autonomy_pack.model import Risk, Rules
from hub import Hub, Repo
from hub.picture import picture
from tests.flows.actions.driver import REPO, Site
from tests.flows.test_run_on_github import Clone
from tests.world import World

CHECKED = "checks: [{name: tests, run: [grep, -rq, '--include=*.txt', Good day, .]}]\n"
MISSION = "version: 1\nname: ci-repair\ngoal: Mend what CI complains of.\nagent: script\nconstraints: {script}\n"
FAILED = "2026-01-02T03:04:05.6Z E  AssertionError\n2026-01-02T03:04:05.7Z ==== 1 failed, 3 passed in 0.02s ====\n"


class Broken:
    """A clone of acme/site with one open pull request of ours."""

    def __init__(self, hub: Hub, folder: Path, *script: str) -> None:
        lines = json.dumps(list(script or ("write fixed.txt yes",)))
        files = {".github/autonomy/missions/ci-repair.yml": MISSION.format(script=lines)}
        self.clone = Clone(Site(hub, folder, files), folder / "clone")
        assert self.clone.autonomy("trust").returncode == 0
        self.issue = self.clone.site.issue()
        ended = self.clone.run()
        assert ended.returncode == 0, ended.stdout + ended.stderr
        (pull,) = self.clone.site.repo.pulls
        self.number, self.branch = pull.number, pull.pull.head
        self.first = self.tip

    @property
    def repo(self) -> Repo:
        return self.clone.site.repo

    @property
    def tip(self) -> str:
        return self.repo.head(self.branch)

    def ci(self, log: str = FAILED, conclusion: str = "failure", head: str = "") -> None:
        """CI of the newest commit ended."""
        run = self.repo.start_run(
            "ci.yml", event="push", branch=self.branch, head=head or self.tip, status="completed", conclusion=conclusion
        )
        run.jobs = [{"id": 9000 + run.id, "name": "test", "conclusion": conclusion, "log": log}]

    def repair(self, *words: str, ok: int = 0) -> str:
        ended = self.clone.autonomy("pr", "repair", str(self.number), "--sandbox", "none", *words)
        assert ended.returncode == ok, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


def test_a_red_pull_request_gets_one_commit_on_top(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    said = there.repair()
    assert "tests – ==== 1 failed" in said
    made = there.repo.git.commit(there.tip)
    assert list(made.parents) == [there.first]
    assert f"Autonomy-Repair: {REPO}#{there.number}@" in made.message
    assert there.repo.file("fixed.txt", there.branch) == "yes\n"
    assert "Good day" in there.repo.file("hello.txt", there.branch)
    assert len(there.repo.pulls) == 1


def test_the_next_repair_goes_on_from_the_last_and_there_are_as_many_as_attempts(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path, "write again.txt now", "write fixed.txt yes")
    there.ci()
    there.repair()
    second = there.tip
    there.ci()
    assert "no_change" in there.repair()
    assert there.tip == second
    there.ci()
    assert "it was tried 2 times (attempts: 2)" in there.repair(ok=1)
    assert there.tip == second


def test_nothing_is_pushed_over_a_person(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    theirs = there.repo.commit({"mine.txt": "m\n"}, branch=there.branch, by="ada")
    there.ci()
    assert f"somebody pushed to it: it is at {theirs[:7]}" in there.repair(ok=2)
    assert there.tip == theirs


@pytest.mark.parametrize(
    ("log", "kind", "step"),
    [
        ("##[error]The runner has received a shutdown signal.\n", "infrastructure", "Re-run failed jobs"),
        ("##[error]Resource not accessible by integration\n", "permissions", "the permission or the secret"),
    ],
)
def test_what_no_code_mends_is_told_and_not_tried(hub: Hub, tmp_path: Path, log: str, kind: str, step: str) -> None:
    there = Broken(hub, tmp_path)
    there.ci(log)
    said = there.repair(ok=1)
    assert kind in said
    assert step in said
    assert there.tip == there.first


@pytest.mark.parametrize(
    ("conclusion", "why", "code"),
    [
        ("success", "nothing failed", 0),
        ("action_required", "wait for a person to approve them", 3),
        ("", "no workflow ran", 0),
    ],
)
def test_without_red_ci_nothing_is_done(hub: Hub, tmp_path: Path, conclusion: str, why: str, code: int) -> None:
    there = Broken(hub, tmp_path)
    if conclusion:
        there.ci(conclusion=conclusion)
    assert why in there.repair(ok=code)
    assert there.tip == there.first


def test_a_closed_pull_request_or_a_persons_own_is_left_alone(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.repo.commit({"b.txt": "b\n"}, branch="agent/planner/7-0123abcd-mine", by="ada")
    other = there.repo.open_pull(head="agent/planner/7-0123abcd-mine", title="feat(agent): x", body="x", by="ada")
    ended = there.clone.autonomy("pr", "repair", str(other.number))
    assert ended.returncode == 2
    assert "nothing is recorded here of having made it" in ended.stderr
    there.ci()
    there.repo.issues[there.number].state = "closed"
    assert "it is not open" in there.repair(ok=2)
    assert there.clone.autonomy("pr", "repair", "777").returncode == 2


@pytest.mark.parametrize("deed", ["write .github/workflows/ci.yml off", "exit 1", "crash"])
def test_a_repair_that_is_blocked_or_fails_pushes_nothing(hub: Hub, tmp_path: Path, deed: str) -> None:
    there = Broken(hub, tmp_path, deed)
    there.ci()
    there.repair(ok=1 if "workflows" in deed else 4)
    assert there.tip == there.first
    assert len(there.repo.pulls) == 1


def test_a_repair_is_judged_by_what_it_takes_from_the_commit_before_it_too(world: World) -> None:
    base = world.commit("base")
    world.write("tests/test_new.py", "def test_it():\n    assert False\n")
    tip = world.commit("ours")
    (world.root / "tests" / "test_new.py").unlink()
    world.write("fixed.txt", "yes\n")
    head = world.commit("repair")
    git_dir = world.root / ".git"
    whole, last = (objects.read_change(git_dir, one, head) for one in (base, tip))
    read, rules = objects.reader(git_dir), Rules(each_commit=True)
    assert not [one for one in guard.examine(whole, read, rules).findings if one.rule == "tests"]
    found = guard.examine_repair(whole, last, read, Rules()).findings
    assert {one.risk for one in found if one.rule == "tests"} == {Risk.MEDIUM}
    assert not [one for one in found if one.rule == "shape"]


def test_a_dry_run_tells_and_writes_nothing(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    before = picture(there.repo)
    told = json.loads(there.repair("--dry-run", "--json"))
    assert told["failures"][0]["kind"] == "tests"
    assert told["agent"] == "script"
    assert picture(there.repo) == before


def test_what_ci_printed_is_shown_harmless_and_without_secrets(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    secret = "ghp_" + "a1B2" * 9
    there.ci(f"E  \x1b]0;owned\x07 {secret} @everyone\n==== 1 failed in 0.1s ==== {secret}\n")
    said = there.repair("--dry-run")
    assert secret not in said
    assert "\x1b" not in said
