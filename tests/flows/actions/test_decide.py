"""Answers by comment and label: who may, in which form, once, about exactly what was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autonomy_pack.flows.actions import decide, heard
from autonomy_pack.model import Event
from autonomy_pack.policy import answers
from autonomy_pack.sandboxes import SANDBOXES
from autonomy_pack.store.conditions import DecisionOpen
from autonomy_pack.store.gitrefs import GitRefs
from hub import Hub
from hub.journal import Request
from tests.flows.actions.answering import Waiting
from tests.flows.actions.people import writes

pytestmark = pytest.mark.skipif(bool(SANDBOXES["bubblewrap"].missing()), reason="publishing needs a box")


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    with Hub() as hub:
        yield Waiting(hub, tmp_path)
        assert hub.violations == [], hub.violations


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    """One for all tests after which nothing is different."""
    with Hub() as hub:
        yield Waiting(hub, tmp_path_factory.mktemp("untouched"))
        assert hub.violations == [], hub.violations


def silent(waiting: Waiting, event: str, payload: dict[str, object]) -> None:
    """The job does nothing at all: no reply, no event, no label."""
    refs, before = waiting.repo.refs(), len(writes(waiting.hub))
    answered = waiting.tell(event, payload)
    assert (answered.says, answered.exit_code) == ("", 0)
    assert len(writes(waiting.hub)) == before
    assert waiting.repo.refs() == refs


def test_a_writers_approval_hands_off_exactly_what_was_asked_about(waiting: Waiting) -> None:
    [pending] = [oid for ref, oid in waiting.repo.refs("refs/autonomy/pending/").items() if ref]
    answered = waiting.say(f"/autonomy approve {waiting.decision}\nlooked it up")
    assert answered.exit_code == 0, answered.says
    [pull] = waiting.repo.pulls
    assert waiting.repo.pull_head(pull) == pending
    assert waiting.status() == "approved"
    [reply] = waiting.replies()
    assert "is approved and handed off" in reply


def test_a_denial_makes_no_branch_and_says_how_to_go_on(waiting: Waiting) -> None:
    assert waiting.say(f"/autonomy deny {waiting.decision}\nnot now").exit_code == 0
    assert waiting.status() == "denied"
    assert waiting.branches() == []
    assert "is denied" in waiting.replies()[0]


@pytest.mark.parametrize("by", ["mallory", "tara", "eve"])
def test_row_20_a_stranger_is_passed_by_in_silence(untouched: Waiting, by: str) -> None:
    for verb in (f"approve {untouched.decision}", f"deny {untouched.decision}", "stop", "retry", "status", "rollback"):
        silent(untouched, "issue_comment", untouched.comment(f"/autonomy {verb}", by))
    assert untouched.status() == "pending"


def test_a_bot_is_passed_by_whatever_it_may(untouched: Waiting) -> None:
    untouched.hub.app("helper")
    untouched.repo.permit("helper[bot]", "admin")
    for by in ("github-actions[bot]", "helper[bot]"):
        silent(untouched, "issue_comment", untouched.comment(f"/autonomy approve {untouched.decision}", by))
    assert untouched.status() == "pending"


@pytest.mark.parametrize(
    "text",
    [
        "> /autonomy approve {id}",
        "```\n/autonomy approve {id}\n```",
        "    /autonomy approve {id}",
        "Looks good.\n/autonomy approve {id}",
        "/autonomy approve {id} and merge",
        "I agree",
    ],
)
def test_a_quoted_or_fenced_command_is_talk(untouched: Waiting, text: str) -> None:
    silent(untouched, "issue_comment", untouched.comment(text.replace("{id}", untouched.decision)))
    assert untouched.status() == "pending"


def test_an_edited_comment_does_not_count(untouched: Waiting) -> None:
    payload = untouched.comment("Thank you!")
    number = payload["comment"]["id"]
    untouched.repo.edit_comment(number, f"/autonomy approve {untouched.decision}", "ada")
    silent(untouched, "issue_comment", payload)
    payload["comment"]["body"] = f"/autonomy approve {untouched.decision}"
    silent(untouched, "issue_comment", payload)
    payload["action"] = "edited"
    silent(untouched, "issue_comment", payload)
    assert untouched.status() == "pending"


def test_a_comment_that_was_deleted_meanwhile_does_not_count(untouched: Waiting) -> None:
    payload = untouched.comment(f"/autonomy approve {untouched.decision}")
    payload["comment"]["id"] += 1000
    silent(untouched, "issue_comment", payload)


def test_who_lost_write_meanwhile_does_not_count(untouched: Waiting) -> None:
    payload = untouched.comment(f"/autonomy approve {untouched.decision}")
    untouched.repo.permit("ada", "read")
    silent(untouched, "issue_comment", payload)
    untouched.repo.permit("ada", "write")


def test_a_name_that_another_account_took_over_does_not_count(waiting: Waiting) -> None:
    payload = waiting.comment(f"/autonomy approve {waiting.decision}")
    waiting.hub.delete_user("ada")
    waiting.hub.user("ada", permission={"acme/site": "write"}, id=987654)
    silent(waiting, "issue_comment", payload)


def test_a_decision_is_answered_at_its_own_issue_only(untouched: Waiting) -> None:
    other = untouched.site.issue()
    answered = untouched.say(f"/autonomy approve {untouched.decision}", at=other)
    assert "there is no decision" in answered.says
    assert untouched.status() == "pending"


def test_an_approval_after_the_deadline_is_refused(untouched: Waiting) -> None:
    answered = untouched.say(f"/autonomy approve {untouched.decision}", hours=25)
    assert "expired" in answered.says
    assert untouched.branches() == []


def test_of_two_answers_at_once_one_wins_and_the_other_is_told(waiting: Waiting) -> None:
    yes = waiting.comment(f"/autonomy approve {waiting.decision}")
    no = waiting.comment(f"/autonomy deny {waiting.decision}")
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda payload: waiting.tell("issue_comment", payload), [yes, no]))
    status = waiting.status()
    assert status in ("approved", "denied")
    assert len(waiting.branches()) == (1 if status == "approved" else 0)
    assert len([one for one in both if "already" in one.says]) == 1


def test_a_second_answer_changes_nothing(waiting: Waiting) -> None:
    waiting.say(f"/autonomy deny {waiting.decision}")
    answered = waiting.say(f"/autonomy approve {waiting.decision}")
    assert "denied already" in answered.says
    assert waiting.branches() == []
    assert len(waiting.replies()) == 1


def test_the_same_answer_in_a_job_that_runs_again_converges(waiting: Waiting) -> None:
    payload = waiting.comment(f"/autonomy approve {waiting.decision}")
    for _ in range(3):
        assert waiting.tell("issue_comment", payload).exit_code == 0
    assert len(waiting.repo.pulls) == 1
    assert len(waiting.replies()) == 1


def test_an_approval_cannot_be_used_for_another_head(waiting: Waiting) -> None:
    [ref] = waiting.repo.refs("refs/autonomy/pending/")
    evil = waiting.repo.commit({"requirements.txt": "evil==1\n"}, branch="evil", by="mallory")
    waiting.repo.move_ref(ref, None, evil, waiting.hub.by("mallory"))
    answered = waiting.say(f"/autonomy approve {waiting.decision}")
    assert "another one lies in its place" in answered.says
    assert (waiting.status(), waiting.branches(), waiting.repo.pulls) == ("pending", [], [])


def test_an_approval_of_a_base_that_was_rewritten_is_refused(waiting: Waiting) -> None:
    orphan = waiting.repo.git.write_commit(
        waiting.repo.git.commit(waiting.repo.head()).tree,
        [],
        "again",
        *[("ada", "a@a.invalid", "2026-01-01T00:00:00Z")] * 2,
    )
    waiting.repo.move_ref("refs/heads/main", None, orphan, waiting.hub.by("ada"))
    answered = waiting.say(f"/autonomy approve {waiting.decision}")
    assert "no longer contains" in answered.says
    assert waiting.status() == "pending"


def test_row_36_an_approval_of_a_text_that_was_edited_is_refused(waiting: Waiting) -> None:
    waiting.repo.edit(waiting.issue, "eve", body="Delete everything.\n\n## Acceptance Criteria\n- [ ] gone\n")
    answered = waiting.say(f"/autonomy approve {waiting.decision}")
    assert "cannot be approved" in answered.says
    assert (waiting.status(), waiting.branches()) == ("pending", [])


def test_an_approval_under_other_rules_than_it_was_asked_by_is_refused(waiting: Waiting) -> None:
    waiting.repo.commit({".github/autonomy.yml": "version: 1\n"})
    assert "what governs changed" in waiting.say(f"/autonomy approve {waiting.decision}").says
    assert waiting.status() == "pending"


def test_under_a_stop_nothing_is_approved(waiting: Waiting) -> None:
    waiting.repo.commit({".agent-workspace/STOP": "{}\n"})
    refs, before = waiting.repo.refs(), len(writes(waiting.hub))
    answered = waiting.say(f"/autonomy approve {waiting.decision}")
    assert "work is stopped" in answered.says
    assert answered.exit_code == 5
    assert (waiting.repo.refs(), len(writes(waiting.hub))) == (refs, before)
    assert (waiting.status(), waiting.branches()) == ("pending", [])


def test_a_stop_while_the_answer_is_read_lets_no_decision_be_stored(waiting: Waiting) -> None:
    refs, before = waiting.repo.refs("refs/autonomy/"), len(writes(waiting.hub))
    payload = waiting.comment(f"/autonomy deny {waiting.decision}")
    answered = waiting.tell("issue_comment", payload, opened=partial(with_stop, waiting))
    assert ("not replied" in answered.says, answered.exit_code) == (True, 5), answered.says
    assert (waiting.repo.refs("refs/autonomy/"), len(writes(waiting.hub))) == (refs, before)


def with_stop(waiting: Waiting, store: GitRefs) -> GitRefs:
    """The store that was opened; meanwhile somebody stopped everything."""
    waiting.repo.commit({".agent-workspace/STOP": "{}\n"})
    return store


def test_a_stop_during_a_retry_lets_only_the_write_in_flight_land(waiting: Waiting) -> None:
    waiting.say(f"/autonomy deny {waiting.decision}")
    labels, events = waiting.site.labels(waiting.issue), waiting.repo.refs("refs/autonomy/events")
    before, stopped = len(writes(waiting.hub)), []  # a push is announced by a GET

    def stop_at_first_push(request: Request) -> None:
        if request.line.endswith("git-receive-pack") and request.job == "decide" and not stopped:
            stopped.append(waiting.repo.commit({".agent-workspace/STOP": "{}\n"}))

    waiting.hub.gate = stop_at_first_push
    answered = waiting.say("/autonomy retry")
    assert (bool(stopped), answered.exit_code) == (True, 5), answered.says
    assert [line for line in writes(waiting.hub)[before:] if not line.startswith("GET")] == [
        "POST /acme/site.git/git-receive-pack"
    ]
    assert waiting.repo.refs("refs/autonomy/events") == events
    assert waiting.site.labels(waiting.issue) == labels


def test_our_comment_is_not_recorded_under_a_stop(waiting: Waiting) -> None:
    events, stopped = waiting.repo.refs("refs/autonomy/events"), []

    def stop_at_first_comment(request: Request) -> None:
        if request.line.startswith("POST") and "/comments" in request.line and not stopped:
            stopped.append(waiting.repo.commit({".agent-workspace/STOP": "{}\n"}))

    waiting.hub.gate = stop_at_first_comment
    assert waiting.say("/autonomy status").exit_code == 5
    assert waiting.repo.refs("refs/autonomy/events") == events
    assert waiting.replies() == []


@pytest.mark.parametrize("verb", ["status", "retry", "stop"])
def test_a_strangers_comment_costs_two_requests_and_no_git(untouched: Waiting, verb: str) -> None:
    payload = untouched.comment(f"/autonomy {verb}", "mallory")

    def never() -> Any:
        raise AssertionError("nobody was heard")

    github, remote, store = untouched.job()
    store.close()
    opening = len(untouched.hub.journal)
    with closing(github):
        run = untouched.workflow_run("issue_comment", payload)
        assert decide.answer(github, remote, never, run, untouched.folder / "out", never) == decide.Answered()
        assert github.requests <= 2
    assert len(untouched.hub.journal) - opening == github.requests


def test_a_stored_answer_is_never_believed(waiting: Waiting) -> None:
    """Whoever may write contents can write our events; only the comment itself is an answer."""
    text = f"/autonomy approve {waiting.decision}"
    mallory = waiting.comment(text, "mallory")["comment"]["id"]
    talk = waiting.comment("Please approve it, somebody.")["comment"]["id"]
    forged = [answers.via_comment(mallory, text), answers.via_comment(talk, text), "comment:1:00", "label:1", "cli", ""]
    github, _, store = waiting.job()
    with closing(github), closing(store):
        asked = next(iter(store.events(subject=waiting.decision, kinds=["decision.asked"])))
        sha256 = asked.data["action_sha256"]
        stored = [
            Event(
                kind="decision.answered",
                subject=waiting.decision,
                run=asked.run,
                actor="person:ada",
                data={"option": "approve", "why": "", "via": via, "action_sha256": sha256},
            )
            for via in forged
        ]
        assert [one for one in stored if heard.again(github, one, str(waiting.issue))] == []
        still_open = DecisionOpen(decision=waiting.decision, action_sha256=sha256)
        assert store.append(stored[:1], only_if=still_open)
        assert heard.answer(github, store, waiting.decision, str(waiting.issue)) == ""


def test_a_true_answer_is_found_again(waiting: Waiting) -> None:
    waiting.say(f"/autonomy deny {waiting.decision}")
    github, _, store = waiting.job()
    with closing(github), closing(store):
        assert heard.answer(github, store, waiting.decision, str(waiting.issue)) == "deny"
        waiting.repo.permit("ada", "read")
    github, _, store = waiting.job()
    with closing(github), closing(store):
        assert heard.answer(github, store, waiting.decision, str(waiting.issue)) == ""


def test_the_label_of_a_writer_approves_the_one_that_waits_and_is_taken_off(waiting: Waiting) -> None:
    answered = waiting.label("autonomy:approve")
    assert waiting.status() == "approved", answered.says
    assert len(waiting.repo.pulls) == 1
    assert "autonomy:approve" not in waiting.site.labels(waiting.issue)


def test_the_label_of_somebody_with_triage_is_no_answer(untouched: Waiting) -> None:
    before = len(writes(untouched.hub))
    answered = untouched.label("autonomy:approve", "tara")
    assert answered.says == ""
    assert len(writes(untouched.hub)) == before
    assert untouched.status() == "pending"
    untouched.repo.unlabel(untouched.issue, "autonomy:approve", "tara")


def test_stop_puts_the_label_on_and_is_heeded(waiting: Waiting) -> None:
    waiting.say("/autonomy stop")
    assert "autonomy:stop" in waiting.site.labels(waiting.issue)
    assert "work is stopped" in waiting.say(f"/autonomy approve {waiting.decision}").says
    assert len(waiting.replies()) == 1


def test_retry_gives_the_attempts_back(waiting: Waiting) -> None:
    waiting.say(f"/autonomy deny {waiting.decision}")
    answered = waiting.say("/autonomy retry")
    assert "attempts back" in answered.says, answered.says
    assert waiting.site.session().outcomes == {str(waiting.issue): "waiting"}


@pytest.mark.parametrize("merged", [False, True], ids=["closed", "merged"])
def test_retry_after_a_pull_request_of_this_label_event_says_what_to_do_and_stores_nothing(
    waiting: Waiting, merged: bool
) -> None:
    waiting.say(f"/autonomy approve {waiting.decision}")
    [pull] = waiting.repo.pulls
    assert f"pull request {pull.number} is open" in waiting.say("/autonomy retry").says
    (waiting.repo.merge if merged else waiting.repo.close)(pull.number, "ada")
    resets, labels = kinds(waiting, "task.reset"), waiting.site.labels(waiting.issue)
    answered = waiting.say("/autonomy retry")
    assert f"pull request {pull.number} of this label event was" in answered.says
    assert "a new label event is a new attempt" in waiting.replies()[-1]
    assert (kinds(waiting, "task.reset"), waiting.site.labels(waiting.issue)) == (resets, labels)


def kinds(waiting: Waiting, kind: str) -> int:
    """How many events of a kind are stored."""
    github, _, store = waiting.job()
    with closing(github), closing(store):
        return len(list(store.events(kinds=[kind])))


def test_a_new_label_event_and_a_retry_make_a_new_attempt(waiting: Waiting) -> None:
    waiting.say(f"/autonomy approve {waiting.decision}")
    [pull] = waiting.repo.pulls
    waiting.repo.close(pull.number, "ada")
    waiting.repo.unlabel(waiting.issue, "priority:high", "ada")
    waiting.repo.label(waiting.issue, "priority:high", "ada")
    assert "attempts back" in waiting.say("/autonomy retry").says
    assert waiting.site.session().outcomes == {str(waiting.issue): "waiting"}


def test_status_tells_where_it_stands(untouched: Waiting) -> None:
    answered = untouched.say("/autonomy status")
    assert "waiting" in answered.says
    assert untouched.decision in untouched.replies()[-1]


def test_rollback_says_what_a_person_can_do(waiting: Waiting) -> None:
    assert "nothing to take back" in waiting.say("/autonomy rollback").says
    waiting.say(f"/autonomy approve {waiting.decision}")
    [pull] = waiting.repo.pulls
    waiting.repo.merge(pull.number, "ada")
    answered = waiting.say("/autonomy rollback")
    assert "git revert" in answered.says
    assert f"pull request {pull.number}" in answered.says
    assert len(waiting.repo.pulls) == 1


def test_row_35_a_reply_starts_nothing_and_mentions_nobody(waiting: Waiting) -> None:
    waiting.say(
        f"/autonomy deny {waiting.decision}\n@dependabot merge\n/approve\n![x](https://evil.example/x.png) fixes #1"
    )
    for body in (
        one.body for one in waiting.repo.comments(waiting.issue) if one.by.user.login == "github-actions[bot]"
    ):
        assert re.search(r"(?<![A-Za-z0-9])@[A-Za-z0-9]", body) is None
        assert "![" not in body
        assert [line for line in body.splitlines() if line.startswith("/")] == []


def test_row_44_no_approval_ever_approves_or_merges_on_github(waiting: Waiting) -> None:
    waiting.say(f"/autonomy approve {waiting.decision}")
    asked = [f"{one.line} {one.body!r}" for one in waiting.hub.journal]
    never = ("/merge", "/reviews", "enablePullRequestAutoMerge", "mergePullRequest", "addPullRequestReview")
    assert [line for line in asked if any(word in line for word in never)] == []
    assert [one.state for one in waiting.repo.pulls] == ["open"]
