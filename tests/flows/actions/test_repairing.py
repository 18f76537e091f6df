"""A pull request of ours whose workflows failed is mended by three jobs: one commit on top, by the guards of a handoff."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.edges import files as edge_files
from autonomy_pack.errors import Stopped, UsageError
from autonomy_pack.flows.actions import grounds, plans, publish, repairing
from autonomy_pack.flows.actions.claiming import Selected
from autonomy_pack.flows.actions.repairing import Wanted
from autonomy_pack.model import Leg, Plan
from hub import Fault, Hub, Repo
from hub.picture import picture
from tests.flows.actions import driver
from tests.flows.actions.driver import REPO, Done, Files, Session, Site

WORKFLOW = driver.WORKFLOW.with_name("autonomy-ci-repair.yml")
MISSION = "version: 1\nname: ci-repair\ngoal: Mend what CI complains of.\nagent: script\nconstraints: {script}\n"
FAILED = "2026-01-02T03:04:05.6Z E  AssertionError\n2026-01-02T03:04:05.7Z ==== 1 failed, 3 passed in 0.02s ====\n"
LOST = "2026-01-02T03:04:05.6Z ##[error]The hosted runner encountered an error while running your job.\n"


class Mending(Session):
    """One run of the repair, job by job."""

    def token(self, job: str) -> str:
        """GITHUB_TOKEN of a job, with the permissions that the repair declares."""
        del job
        return self.site.hub.job_token(REPO, WORKFLOW.read_text(), run_id=self.run.id, attempt=self.run.attempt)

    def select(self, **wanted: Any) -> Plan:
        """The job `select`."""
        return plans.from_json(plans.to_json(self.selected(**wanted).plan))

    def selected(self, *, dry_run: bool = False, **wanted: Any) -> Selected:
        """What it says besides its plan."""
        with self.job("select") as (github, store, workflow):
            return repairing.claim(github, store, workflow, Wanted(**wanted), dry_run=dry_run)


class Broken:
    """acme/site with one open pull request that the loop handed off, and the repository's own mission for repairs."""

    def __init__(self, hub: Hub, folder: Path, *script: str, config: str = "") -> None:
        lines = json.dumps(list(script or ("write fixed.txt yes",)))
        governs = f"version: 1\nlanes: {{default: {{slots: 4}}}}\n{driver.CHECKED}{config}"
        files = {
            ".github/autonomy/missions/ci-repair.yml": MISSION.format(script=lines),
            ".github/autonomy.yml": governs,
        }
        self.site, self.folder, self.rounds = Site(hub, folder / "loop", files), folder, 0
        self.issue = self.site.issue()
        assert self.site.session().outcomes == {str(self.issue): "handed_off"}
        (pull,) = self.repo.pulls
        self.number, self.branch = pull.number, pull.pull.head
        self.first = self.tip

    @property
    def repo(self) -> Repo:
        return self.site.repo

    @property
    def tip(self) -> str:
        return self.repo.head(self.branch)

    def ci(self, log: str = FAILED, conclusion: str = "failure") -> None:
        """CI of the newest commit ended."""
        words = {"event": "push", "branch": self.branch, "head": self.tip, "status": "completed"}
        run = self.repo.start_run("ci.yml", conclusion=conclusion, **words)
        run.jobs = [{"id": 9000 + run.id, "name": "test", "conclusion": conclusion, "log": log}]

    @contextmanager
    def begun(self) -> Iterator[Mending]:
        """A run of the repair, which is over afterwards."""
        self.rounds += 1
        begun = Mending(self.site, self.repo.start_run(driver.LOOP), self.folder / f"mend-{self.rounds}")
        try:
            yield begun
        finally:
            begun.finish()

    def mend(self, **more: Any) -> Done:
        """One run of the repair, from its first job to its last."""
        with self.begun() as begun:
            return begun.all(**more)

    def why_not(self, **wanted: Any) -> str:
        """What the summary of select says when nothing is claimed."""
        with self.begun() as begun:
            found = begun.selected(**wanted)
        assert found.plan.legs == ()
        return found.summary

    def outcome(self, **more: Any) -> tuple[str, str]:
        """How the one leg ended, and why."""
        done = self.mend(**more)
        assert done.published, done.error
        (row,) = done.published.rows
        return row.outcome, row.why


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made
        assert made.violations == []


def test_a_red_pull_request_gets_one_commit_on_top(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    assert there.outcome() == ("handed_off", f"branch {there.branch}")
    made = there.repo.git.commit(there.tip)
    assert list(made.parents) == [there.first]
    assert f"Autonomy-Repair: {REPO}#{there.number}@" in made.message
    assert there.repo.file("fixed.txt", there.branch) == "yes\n"
    assert "Good day" in there.repo.file("hello.txt", there.branch)
    assert len(there.repo.pulls) == 1
    assert any(one.head == there.tip and one.name == "autonomy/handoff" for one in there.repo.checks)
    assert "status:agent-assigned" not in there.site.labels(there.number)


def test_it_is_told_at_the_pull_request(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    there.outcome()
    said = there.repo.comments(there.number)[-1].body
    assert said.startswith("**Handed off**")
    assert "wait for its workflows" in said
    assert len(there.repo.comments(there.issue)) == 1


def test_a_mended_pull_request_that_is_red_again_is_mended_again_until_no_attempt_is_left(
    hub: Hub, tmp_path: Path
) -> None:
    there = Broken(hub, tmp_path, "write attempt.txt $RANDOM", config="attempts: 2\n")
    there.ci()
    assert there.outcome()[0] == "handed_off"
    assert "no workflow ran" in there.why_not()
    there.ci()
    # The same script changes nothing the second time.
    assert there.outcome()[0] == "no_change"
    assert "it was tried 2 times" in there.why_not()


def test_what_a_person_pushed_to_is_theirs(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.repo.commit({"hello.txt": "Good day, mine\n"}, branch=there.branch, by="ada")
    there.ci()
    assert "somebody pushed to it" in there.why_not()


def test_a_push_while_the_agent_works_is_never_overwritten(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()

    def push(_: object, files: Files) -> Files:
        there.repo.commit({"hello.txt": "Good day, mine\n"}, branch=there.branch, by="ada")
        return files

    outcome, why = there.outcome(change=push)
    assert (outcome, "somebody pushed" in why) == ("stale", True)
    assert there.repo.file("hello.txt", there.branch) == "Good day, mine\n"
    assert list(there.repo.git.commit(there.tip).parents) == [there.first]


def test_a_push_in_the_last_moment_is_never_overwritten(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    with there.begun() as begun:
        plan = begun.select()
        (leg,) = plan.legs
        begun.upload(leg, begun.work(leg)[1])
        barrier = hub.hold(r"GET /repos/acme/site/actions/artifacts/\d+/zip", job="publish")
        said: list[publish.Session] = []
        working = threading.Thread(target=lambda: said.append(begun.publish(plan)))
        working.start()
        assert barrier.reached()
        mine = there.repo.commit({"hello.txt": "Good day, mine\n"}, branch=there.branch, by="ada")
        barrier.release()
        working.join(120)
    assert [row.outcome for row in said[0].rows] == ["stale"]
    assert there.tip == mine


def test_a_closed_pull_request_is_none(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    there.repo.issues[there.number].state = "closed"
    assert "Nothing" in there.why_not()


def test_a_pull_request_that_is_closed_while_the_agent_works_gets_nothing(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()

    def close(_: object, files: Files) -> Files:
        there.repo.issues[there.number].state = "closed"
        return files

    outcome, why = there.outcome(change=close)
    assert (outcome, "not open" in why) == ("stale", True)
    assert there.tip == there.first


def test_pull_requests_of_people_and_of_forks_are_none_of_ours(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.repo.commit({"theirs.txt": "x\n"}, branch="feature", by="ada")
    theirs = there.repo.open_pull(head="feature", title="Mine", body="", by="ada")
    fork = hub.repo("mallory/site", files={"hello.txt": "Hello\n"}, fork=True)
    fork.commit({"hello.txt": "x\n"}, branch=there.branch, by="mallory")
    forked = there.repo.open_pull(head=there.branch, title="feat(agent): x", by="mallory", head_repo=fork)
    said = there.why_not()
    assert f"issues/{theirs.number})" not in said
    assert f"issues/{forked.number})" not in said
    with there.begun() as begun, pytest.raises(UsageError, match="not one of ours"):
        begun.selected(pull=str(theirs.number))


def test_a_branch_that_only_looks_like_ours_is_ignored(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    forged = f"agent/planner/{there.issue}-00000000-rename"
    there.repo.commit({"theirs.txt": "x\n"}, branch=forged, by="ada")
    number = there.repo.open_pull(head=forged, title="feat(agent): x", body="", by="ada").number
    with there.begun() as begun, pytest.raises(UsageError, match="nothing is recorded here"):
        begun.selected(pull=str(number))


def test_without_our_check_run_a_commit_is_not_gone_on_from(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    there.repo.checks.clear()
    assert "no check run autonomy/handoff" in there.why_not()


def test_what_is_not_red_is_left_alone(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    assert "no workflow ran on its newest commit" in there.why_not()
    there.ci(conclusion="success")
    assert "nothing failed" in there.why_not()


def test_a_failure_that_no_code_mends_asks_no_agent_and_is_told_to_people(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci(log=LOST)
    outcome, why = there.outcome()
    assert outcome == "blocked"
    assert "Re-run failed jobs" in why
    assert there.tip == there.first
    assert "dispatch this workflow with its number" in there.why_not()
    there.ci()
    assert there.outcome(pull=str(there.number))[0] == "handed_off"


def test_a_repair_that_takes_a_check_away_is_not_pushed(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path, "write .github/workflows/ci.yml on:push")
    there.ci()
    outcome, why = there.outcome()
    assert outcome == "blocked", why
    assert there.tip == there.first


def test_a_repair_that_a_person_would_have_to_agree_to_is_left_to_them(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path, "write requirements.txt ruff==0.15.0")
    there.ci()
    outcome, why = there.outcome()
    assert (outcome, "a person has to agree" in why) == ("blocked", True)
    assert there.tip == there.first
    assert "gh run download" in there.repo.comments(there.number)[-1].body


def test_a_stop_is_heeded_before_anything_is_claimed(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.repo.commit({".agent-workspace/STOP": ""}, by="ada")
    before = picture(there.repo)
    with there.begun() as begun, pytest.raises(Stopped):
        begun.selected()
    assert picture(there.repo) == before


def test_a_stop_while_the_agent_works_pushes_nothing(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()

    def stop(_: object, files: Files) -> Files:
        there.repo.commit({".agent-workspace/STOP": ""}, by="ada")
        return files

    assert there.outcome(change=stop)[0] == "stopped"
    assert there.tip == there.first


def test_an_issue_that_was_edited_is_not_worked_on(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    there.repo.issues[there.issue].title = "Something else"
    assert "changed since" in there.why_not()


def test_two_runs_at_once_mend_it_once(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    with there.begun() as first, there.begun() as second:
        assert len(first.select().legs) == 1
        assert second.select().legs == ()


def test_publishing_once_more_changes_nothing(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    with there.begun() as begun:
        plan = begun.select()
        (leg,) = plan.legs
        _, files = begun.work(leg)
        begun.upload(leg, files)
        assert begun.publish(plan).exit_code == 0
        before = picture(there.repo)
        begun.rerun()
        again = begun.publish(plan)
    assert [row.outcome for row in again.rows] == ["handed_off"]
    assert picture(there.repo) == before


def test_what_a_dead_run_pushed_is_finished_by_the_next(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    with there.begun() as begun:
        plan = begun.select()
        (leg,) = plan.legs
        _, files = begun.work(leg)
        begun.upload(leg, files)
        hub.faults.add(Fault("500", r"POST /repos/acme/site/check-runs", times=1000))
        begun.publish(plan)
        hub.faults.clear()
    assert there.tip != there.first
    with there.begun() as begun:
        plan = begun.select()
        assert [leg.resume for leg in plan.legs] == [True]
        done = begun.publish(plan)
    assert [row.outcome for row in done.rows] == ["handed_off"]
    assert list(there.repo.git.commit(there.tip).parents) == [there.first]
    assert [one.head for one in there.repo.checks][-1] == there.tip


def test_a_dry_run_claims_nothing(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    before = picture(there.repo)
    with there.begun() as begun:
        assert len(begun.selected(dry_run=True).plan.legs) == 1
    assert picture(there.repo) == before


def elsewhere(there: Broken, leg: Leg, files: Files) -> Files:
    """What a run job claims whose commit leaves out the one that is to be mended, and stands on its base."""
    git_dir, bundle = there.folder / "elsewhere.git", there.folder / "made.bundle"
    bundle.write_bytes(files["attempt.bundle"])

    def git(*words: str, stdin: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", "--git-dir", str(git_dir), *words], input=stdin, check=True, capture_output=True
        ).stdout

    subprocess.run(["git", "clone", "-q", "--bare", str(there.repo.git_dir), str(git_dir)], check=True)
    git("fetch", "-q", str(bundle), "+refs/*:refs/made/*")
    result = json.loads(files["result.json"])
    commit = git("cat-file", "commit", result["head"]).replace(leg.tip.encode(), leg.base.encode(), 1)
    head = git("hash-object", "-t", "commit", "-w", "--stdin", stdin=commit).decode().strip()
    git("update-ref", "refs/attempt/result", head)
    git("bundle", "create", "-q", str(bundle), "refs/attempt/result", f"^{leg.base}")
    result |= {"head": head, "bundle_sha256": edge_files.sha256(bundle.read_bytes())}
    result["checks"] = [one | {"head": head} for one in result["checks"]]
    return {**files, "attempt.bundle": bundle.read_bytes(), "result.json": json.dumps(result).encode()}


def test_a_commit_that_leaves_out_what_it_mends_is_refused(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    outcome, why = there.outcome(change=lambda leg, files: elsewhere(there, leg, files))
    assert (outcome, "another parent" in why) == ("failed", True), why
    assert there.tip == there.first


def test_a_forged_lease_does_not_choose_what_the_change_is_compared_with(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path)
    there.ci()
    with there.begun() as begun:
        plan = begun.select()
        (leg,) = plan.legs
        begun.upload(leg, begun.work(leg)[1])
        hub.faults.add(Fault("500", r"POST /repos/acme/site/check-runs", times=1000))
        begun.publish(plan)
        hub.faults.clear()
        with begun.job("publish") as (_, store, _):
            key = grounds.key_of(leg, REPO)
            lease = store.lease(key)
            assert lease
            kept = store.said(key)
            newer = there.repo.commit({"other.txt": "Good day, more\n"}, by="ada")
            move = store.move(lease, {**kept, "leg": {**kept["leg"], "base": newer}})
            assert store.remote.push([move])
    with there.begun() as begun:
        plan = begun.select()
        (row,) = begun.publish(plan).rows
    assert (row.outcome, "is not made from" in row.why) == ("blocked", True), row.why


def test_how_a_publish_ends_is_told_by_its_exit_code(hub: Hub, tmp_path: Path) -> None:
    there = Broken(hub, tmp_path, "fail 3")
    there.ci()
    done = there.mend()
    assert isinstance(done.published, publish.Session)
    assert done.published.exit_code == 4
