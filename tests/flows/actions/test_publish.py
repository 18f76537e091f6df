"""Publishing: what holds is handed off once; whatever moved, was swapped or was forged is not."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.flows import box
from autonomy_pack.flows.actions import publish
from autonomy_pack.model import Config, Leg, Plan
from autonomy_pack.schemas import schema
from hub import Fault, Hub
from tests.flows.actions.driver import LOOP, REPO, Files, Session, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Hub() as hub:
        yield Site(hub, tmp_path)
        assert hub.violations == []


def ready(site: Site, **wanted: Any) -> tuple[Session, Plan]:
    """A run whose legs are done and uploaded; only publish is left."""
    begun = site.begin()
    plan = begun.select(**wanted)
    for leg in plan.legs:
        begun.upload(leg, begun.work(leg)[1])
    return begun, plan


def branches(site: Site) -> list[str]:
    return [ref for ref in site.repo.refs("refs/heads/") if ref != "refs/heads/main"]


def only(done: publish.Session) -> tuple[str, str]:
    (row,) = done.rows
    return row.outcome, row.why


def test_a_labelled_issue_becomes_one_pull_request_with_all_that_belongs_to_it(site: Site) -> None:
    number = site.issue()
    done = site.session()
    assert done.outcomes == {str(number): "handed_off"}
    assert (done.published and done.published.exit_code) == 0
    (pull,) = site.repo.pulls
    head = site.repo.pull_head(pull)
    message = site.repo.git.git("show", "-s", head)
    assert "Autonomy-Run: acme/site#1@" in str(message)
    assert "Autonomy-Policy: " in str(message)
    assert pull.title == "feat(agent): Rename the greeting (#1)"
    assert "Closes #1 · agent planner" in pull.body
    assert "as reported by the run job" in pull.body
    assert site.labels(pull.number) == ["agent:handoff"]
    assert site.labels(number) == ["mission:replace-text", "priority:high", "status:pr-created"]
    (comment,) = site.repo.comments(number)
    assert comment.body.startswith(f"**Handed off** · pull request #{pull.number}")
    assert [(one.name, one.head) for one in site.repo.checks] == [("autonomy/handoff", head)]


def test_publish_uses_no_more_than_its_permissions_and_never_approves_or_merges(site: Site) -> None:
    site.issue()
    site.session()
    used = site.hub.used.of("publish")
    assert used == {
        "contents": "write",
        "issues": "write",
        "pull-requests": "write",
        "checks": "write",
        "actions": "read",
    }
    assert set(site.hub.used.of("run").values()) == {"read"}
    lines = [one.line for one in site.hub.journal]
    assert [line for line in lines if "/merge" in line or "/reviews" in line or "enable" in line] == []


def test_the_session_leaves_its_summary_and_the_run_as_its_events_tell_it(site: Site, tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    site.issue()
    done = site.session()
    (summary,) = tmp_path.rglob("AUTONOMOUS_SESSION_*.md")
    assert done.published is not None
    assert summary.read_text() == done.published.summary
    (record,) = [json.loads(path.read_text()) for path in tmp_path.rglob("publish-*/*/run.json")]
    Draft202012Validator(schema("run")).validate(record | {"events": []})
    kinds = [event["kind"] for event in record["events"]]
    assert kinds == [
        "task.seen",
        "task.claimed",
        "run.started",
        "change.made",
        "check.ran",
        "handoff.intended",
        "handoff.made",
        "comment.made",
        "run.finished",
    ]


def test_a_branch_that_the_api_does_not_know_yet_is_still_ours(site: Site) -> None:
    number = site.issue()
    site.hub.faults.add(Fault("stale_read", "GET .*/git/ref/heads/agent/", times=3, job="publish"))
    assert site.session().outcomes == {str(number): "handed_off"}
    assert len(site.repo.pulls) == 1


def test_a_second_session_does_nothing_more(site: Site) -> None:
    site.issue()
    site.session()
    before = site.state()
    assert site.session().plan.legs == ()
    assert site.state() == before


# --- what is read anew, each of which alone refuses


def _close(site: Site, number: int) -> None:
    site.repo.close(number, "ada")


def _hold(site: Site, number: int) -> None:
    site.repo.label(number, "autonomy:hold", "ada")


def _edit(site: Site, number: int) -> None:
    site.repo.edit(
        number, "ada", body="### Find\n\nHello\n\n### Replace with\n\nBye\n\n## Acceptance Criteria\n- [ ] x\n"
    )


def _rename(site: Site, number: int) -> None:
    site.repo.edit(number, "ada", title="Something else")


def _unlabel(site: Site, number: int) -> None:
    site.repo.unlabel(number, "priority:high", "ada")


def _relabel(site: Site, number: int) -> None:
    site.repo.unlabel(number, "priority:high", "ada")
    site.repo.label(number, "priority:high", "ada")


def _labeller_left(site: Site, number: int) -> None:
    site.repo.permit("ada", "read")


def _delete(site: Site, number: int) -> None:
    site.repo.delete_issue(number)


def _policy(site: Site, number: int) -> None:
    site.repo.commit({".github/autonomy.yml": "version: 1\nprotected: ['*.txt']\n"})


def _history(site: Site, number: int) -> None:
    words = ["git", "-c", "user.name=T", "-c", "user.email=t@t.invalid", "-C", str(site.repo.git_dir), "commit-tree"]
    made = subprocess.run([*words, "refs/heads/main^{tree}", "-m", "another"], check=True, capture_output=True)
    site.repo.git.git("update-ref", "refs/heads/main", made.stdout.decode().strip())


def _branch(site: Site, number: int) -> None:
    site.repo.commit({"x.txt": "x\n"}, branch=_planned[0].branch)


def _pull(site: Site, number: int) -> None:
    site.repo.commit({"x.txt": "x\n"}, branch=_planned[0].branch)
    made = site.repo.open_pull(head=_planned[0].branch, title="theirs", body="", by="ada")
    site.repo.close(made.number, "ada")
    site.repo.git.git("update-ref", "-d", f"refs/heads/{_planned[0].branch}")


_planned: list[Leg] = []
MOVED: dict[str, tuple[Callable[[Site, int], None], str]] = {
    "the issue is closed": (_close, "not open"),
    "the issue is held": (_hold, "autonomy:hold"),
    "the body changed": (_edit, "edited after|text of issue"),
    "the title changed": (_rename, "edited after|text of issue"),
    "the label is gone": (_unlabel, "no priority label"),
    "the label was set anew": (_relabel, "set anew"),
    "who labelled it may not write any more": (_labeller_left, "may not write"),
    "the issue is deleted": (_delete, "gone"),
    "what governs changed": (_policy, "governs changed"),
    "the base is gone from the default branch": (_history, "no longer contains|governs"),
    "a branch of that name is there": (_branch, "never overwritten"),
    "a pull request of it was closed": (_pull, "there already"),
}


@pytest.mark.parametrize(("moves", "why"), MOVED.values(), ids=MOVED)
def test_whatever_moved_since_the_plan_ends_the_attempt_as_stale(
    moves: Callable[[Site, int], None], why: str, site: Site
) -> None:
    number = site.issue()
    begun, plan = ready(site)
    _planned[:] = plan.legs
    moves(site, number)
    before = branches(site)
    outcome, told = only(begun.publish(plan))
    assert outcome == "stale", told
    assert re.search(why, told)
    assert branches(site) == before
    assert [one for one in site.repo.pulls if one.state == "open"] == []


def _stop_file(site: Site, number: int) -> None:
    site.repo.commit({".agent-workspace/STOP": ""})


def _disabled(site: Site, number: int) -> None:
    site.repo.workflow(LOOP).state = "disabled_manually"


def _stop_label(site: Site, number: int) -> None:
    site.repo.label(number, "autonomy:stop", "ada")


@pytest.mark.parametrize("stop", [_stop_file, _disabled, _stop_label])
def test_under_a_stop_nothing_is_written_at_all(stop: Callable[[Site, int], None], site: Site) -> None:
    number = site.issue()
    begun, plan = ready(site)
    stop(site, number)
    seen = len(site.hub.journal)
    done = begun.publish(plan)
    assert (only(done)[0], done.exit_code) == ("stopped", 5)
    assert [one.line for one in site.hub.journal[seen:] if one.writes and "graphql" not in one.path] == []


def test_after_a_stop_that_came_in_the_middle_no_write_follows_and_the_rest_is_done_later(site: Site) -> None:
    number = site.issue()
    begun, plan = ready(site)
    barrier = site.hub.hold(r"POST /repos/acme/site/pulls$", job="publish")
    done: list[publish.Session] = []
    working = threading.Thread(target=lambda: done.append(begun.publish(plan)))
    working.start()
    assert barrier.reached()
    site.repo.commit({".agent-workspace/STOP": ""})
    barrier.release()
    working.join(60)
    assert only(done[0])[0] == "stopped"
    lines = [one.line for one in site.hub.journal if one.agent.endswith("job/publish")]
    after = lines[lines.index("POST /repos/acme/site/pulls") + 1 :]
    assert [line for line in after if line.startswith(("POST /repos", "PATCH", "PUT", "DELETE"))] == []
    site.repo.commit({".agent-workspace/STOP": None})
    begun.rerun()
    assert only(begun.publish(plan))[0] == "handed_off"
    assert len(site.repo.pulls) == 1
    assert len(site.repo.comments(number)) == 1


# --- what the run job left


def _nothing(begun: Session, leg: Leg, files: Files) -> None:
    begun.site.repo.artifacts.all.clear()


def _twice(begun: Session, leg: Leg, files: Files) -> None:
    mine = begun.site.repo.artifacts.all[0]
    begun.site.repo.artifacts.add(begun.run.id, mine.name, mine.data)


def _junk(begun: Session, leg: Leg, files: Files) -> None:
    begun.site.repo.artifacts.all[0].data = b"PK junk"


def _one_more(begun: Session, leg: Leg, files: Files) -> None:
    begun.upload(leg, {**files, "run.sh": b"#!/bin/sh\n"})


def _other_bundle(begun: Session, leg: Leg, files: Files) -> None:
    begun.upload(leg, {**files, "attempt.bundle": files["attempt.bundle"] + b"\n"})


def _other_attempt(begun: Session, leg: Leg, files: Files) -> None:
    result = json.loads(files["result.json"]) | {"attempt": leg.attempt + 1}
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode()})


def _two_readings(begun: Session, leg: Leg, files: Files) -> None:
    text = files["result.json"].replace(b'"version": 1,', b'"version": 1, "outcome": "no_change",')
    begun.upload(leg, {**files, "result.json": text})


def _other_head(begun: Session, leg: Leg, files: Files) -> None:
    result = json.loads(files["result.json"]) | {"head": leg.base}
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode()})


def _other_tree(begun: Session, leg: Leg, files: Files) -> None:
    result = json.loads(files["result.json"]) | {"tree": "1" * 40}
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode()})


def _no_change(begun: Session, leg: Leg, files: Files) -> None:
    result = json.loads(files["result.json"]) | {"bundle_sha256": "", "head": "", "tree": ""}
    begun.upload(leg, {**files, "result.json": json.dumps(result).encode(), "attempt.bundle": b""})


@pytest.mark.parametrize(
    "trick",
    [
        _nothing,
        _twice,
        _junk,
        _one_more,
        _other_bundle,
        _other_attempt,
        _two_readings,
        _other_head,
        _other_tree,
        _no_change,
    ],
)
def test_an_artifact_that_is_not_what_a_run_job_writes_is_refused(
    trick: Callable[[Session, Leg, Files], None], site: Site
) -> None:
    site.issue()
    begun = site.begin()
    plan = begun.select()
    (leg,) = plan.legs
    files = begun.work(leg)[1]
    begun.upload(leg, files)
    trick(begun, leg, files)
    outcome, why = only(begun.publish(plan))
    assert outcome == "failed", why
    assert branches(site) == []


def test_a_leg_that_takes_the_place_of_another_is_refused_and_the_other_goes_on(site: Site) -> None:
    first, second = site.issue(), site.issue(files="said.txt", find="all", by="you", title="Say it to you")
    begun, plan = ready(site)
    legs = {leg.issue: leg for leg in plan.legs}
    place = next(one for one in site.repo.artifacts.all if one.name.startswith(f"attempt-{first}-"))
    other = next(one for one in site.repo.artifacts.all if one.name.startswith(f"attempt-{second}-"))
    place.data = other.data
    done = begun.publish(plan)
    assert {row.issue: row.outcome for row in done.rows} == {str(first): "failed", str(second): "handed_off"}
    assert done.exit_code == 4
    assert len(legs) == 2
    assert len(site.repo.pulls) == 1


def test_a_plan_of_another_run_is_refused(site: Site) -> None:
    from autonomy_pack.errors import UsageError

    site.issue()
    begun, plan = ready(site)
    with pytest.raises(UsageError, match="another run"):
        begun.publish(dataclasses.replace(plan, run_id=plan.run_id + 1))


def test_without_a_box_nothing_is_published_and_the_fix_is_told(site: Site) -> None:
    number = site.issue()
    begun, plan = ready(site)
    begun.publish_box = box.choose(Config(), "none")
    outcome, why = only(begun.publish(plan))
    assert outcome == "blocked"
    assert "no box" in why
    assert branches(site) == []
    assert "status:blocked" in site.labels(number)


def test_a_lease_that_somebody_took_over_publishes_nothing(site: Site) -> None:
    number = site.issue()
    begun, plan = ready(site)
    begun.finish()
    other = site.begin()
    assert [leg.issue for leg in other.select().legs] == [str(number)]
    begun.run.status = "in_progress"
    outcome, why = only(begun.publish(plan))
    assert (outcome, "not ours" in why) == ("stale", True)
    assert branches(site) == []


def test_what_changed_nothing_or_failed_is_told_and_counted(site: Site) -> None:
    number = site.issue(find="nowhere to be found")
    done = site.session()
    assert done.published is not None
    assert done.outcomes[str(number)] in ("no_change", "failed")
    assert site.repo.pulls == []
    assert len(site.repo.comments(number)) == 1
    assert "status:agent-assigned" not in site.labels(number)


def test_a_draft_with_reviewers_where_the_policy_says_so(tmp_path: Path) -> None:
    with Hub() as hub:
        text = "version: 1\nhandoff: {draft: true, reviewers: [ada, nobody-here]}\n"
        site = Site(hub, tmp_path, {".github/autonomy.yml": text})
        site.issue()
        done = site.session()
        assert done.published is not None
        (pull,) = site.repo.pulls
        assert pull.pull.draft
        assert REPO in done.published.summary


def test_where_only_signed_commits_are_taken_github_signs_the_same_tree(site: Site) -> None:
    number = site.issue()
    site.repo.protect("agent/*", required_signatures=True)
    site.repo.protect("agent/*/*", required_signatures=True)
    done = site.session()
    assert done.outcomes == {str(number): "handed_off"}, done.published
    (pull,) = site.repo.pulls
    head = site.repo.pull_head(pull)
    (result,) = done.results.values()
    assert head != result.head
    assert result.tree in str(site.repo.git.git("rev-parse", f"{head}^{{tree}}"))
    assert "Autonomy-Policy: " in str(site.repo.git.git("show", "-s", head))
