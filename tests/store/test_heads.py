"""The fold from events to heads, without any database."""

import pytest

from autonomy_pack.model import COUNTED_OUTCOMES, EVENT_FIELDS, Event, Head, Outcome
from autonomy_pack.store.heads import fold, subjects_of

AT = "2026-01-02T03:04:05.678901Z"
LATER = "2026-01-09T03:04:05.678901Z"


def event(kind, subject=".#7", run="", at=AT, **data):
    fields = dict.fromkeys(EVENT_FIELDS[kind], "") | data
    return Event(kind=kind, subject=subject, run=run, data=fields, seq=1, at=at)


def seen(pin="p", at=AT, **data):
    return event("task.seen", at=at, **{"priority": 1, "pin": pin, "eligible": True} | data)


def finished(outcome, run=".#7/1", usd=0.0, tokens=0):
    return event("run.finished", run=run, outcome=outcome, why="w", usd=usd, tokens=tokens)


def folded(*events, head=None):
    for one in events:
        [subject] = subjects_of(one)[:1] or [one.subject]
        head = fold(head, one, subject)
    return head


def test_a_seen_task_is_queued_when_eligible_and_only_seen_when_not():
    assert folded(seen(title="T", lane="l", why="y")).status == "queued"
    assert folded(seen(eligible=False)).status == "seen"
    assert folded(seen(eligible=False), seen(at=LATER)).since == LATER
    assert folded(seen(priority=None)).priority is None


def test_seeing_the_same_text_again_keeps_how_far_it_came_and_since_when_it_waits():
    head = folded(seen(), seen(at=LATER, why="new"))
    assert (head.since, head.why) == (AT, "new")
    for outcome in Outcome:
        kept = folded(seen(), finished(outcome), seen(at=LATER))
        assert (kept.status, kept.since) == (outcome, AT)


def test_a_changed_text_begins_anew():
    head = folded(seen(), finished("failed"), finished("failed"), seen("q", at=LATER))
    assert (head.status, head.attempts, head.since, head.pin) == ("queued", 0, LATER, "q")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_some_outcomes_use_up_an_attempt(outcome):
    assert folded(seen(), finished(outcome)).attempts == (outcome in COUNTED_OUTCOMES)


def test_a_run_sums_up_on_its_task():
    head = folded(seen(), finished("failed", usd=0.5, tokens=3), finished("failed", usd=0.25, tokens=4))
    assert (head.usd, head.tokens) == (0.75, 7)


@pytest.mark.parametrize("said", [-1, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_amount_settles_nothing_and_reserves_nothing(said):
    spent = event("spend.reserved", run=".#7/1", usd=0.5, tokens=3, scopes=["repo"])
    repo = fold(fold(None, spent, "repo"), spent, "repo")
    for amounts in ({"usd": said, "tokens": 1}, {"usd": 0.1, "tokens": said}):
        settled = event("spend.settled", scopes=["repo"], **amounts, reserved_usd=0.5, reserved_tokens=3)
        after = fold(repo, settled, "repo")
        assert (after.usd, after.tokens) == (1.0, 6)
        with pytest.raises(ValueError, match=str(said)):
            fold(repo, event("spend.reserved", scopes=["repo"], **amounts), "repo")


def test_spending_moves_every_budget_it_counts_for_and_never_below_nothing():
    spent = event("spend.reserved", run=".#7/1", usd=0.5, tokens=3, scopes=["repo", "day:2026-01-02", "repo"])
    assert subjects_of(spent) == ("repo", "day:2026-01-02")
    repo = folded(spent, spent)
    assert (repo.type, repo.subject, repo.run, repo.usd, repo.tokens) == ("budget", "repo", ".#7/1", 1.0, 6)
    more = {"usd": 0.1, "tokens": 1, "reserved_usd": 9.0, "reserved_tokens": 9}
    assert folded(event("spend.settled", scopes=["repo"], **more), head=repo).usd == 0.0


def test_a_claimed_task_runs_and_a_handed_off_one_has_its_branch():
    head = folded(seen(), event("task.claimed", run=".#7/1"))
    assert (head.status, head.run) == ("running", ".#7/1")
    head = folded(event("handoff.intended", branch="b", head="c0ffee"), head=head)
    assert (head.status, head.branch, head.commit) == ("running", "b", "c0ffee")
    assert folded(event("handoff.made"), head=head).status == "handed_off"


def test_a_dead_run_finished_by_its_successor_does_not_end_the_successor_s_run():
    head = folded(seen(), event("task.claimed", run=".#7/1"), event("task.claimed", run=".#7/2"))
    head = folded(finished("stale", run=".#7/1", usd=1.0), head=head)
    assert (head.status, head.run, head.usd) == ("running", ".#7/2", 1.0)


def test_reset_gives_a_task_its_attempts_back_and_skip_takes_it_out():
    head = folded(seen(), event("handoff.intended", branch="b", head="c"), finished("failed"), event("task.reset"))
    assert (head.status, head.attempts, head.branch, head.commit) == ("queued", 0, "", "")
    assert folded(event("task.skipped", why="no"), head=head).status == "skipped"
    assert folded(event("task.skipped"), seen(), head=head).status == "skipped"


def test_a_decision_is_pending_until_its_first_answer():
    asked = event("decision.asked", "d1", question="Q?", deadline=LATER, action_sha256="a")
    head = folded(asked)
    assert (head.type, head.status, head.title, head.deadline) == ("decision", "pending", "Q?", LATER)
    for option, status in (("approve", "approved"), ("deny", "denied"), ("later", "answered")):
        answer = event("decision.answered", "d1", option=option)
        assert folded(answer, event("decision.answered", "d1", option="approve"), asked, head=head).status == status


def test_controls_and_sessions_have_heads_of_their_own():
    assert folded(event("control.set", "control:all", state="stopped", why="w")).status == "stopped"
    head = folded(event("session.started", "session:s", mode="supervised"))
    assert (head.type, head.status) == ("session", "running")
    assert folded(event("session.finished", "session:s"), head=head).status == "finished"


def test_what_happens_inside_a_run_moves_its_task_only_on():
    for kind in ("change.made", "check.ran", "finding.found"):
        assert folded(event(kind)) is None
        head = folded(seen(), event(kind, at=LATER))
        assert (head.kind, head.at, head.status) == (kind, LATER, "queued")


@pytest.mark.parametrize("kind", ["store.migrated", "alert.raised", "step.started", "agent.said"])
def test_some_events_move_no_head(kind):
    assert subjects_of(event(kind)) == ()
    head = Head(repo=".", subject=".#7", type="task")
    assert fold(head, event(kind), ".#7") == head
