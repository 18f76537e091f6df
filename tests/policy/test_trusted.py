from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.model import Config, Head, Issue, Labeling, Mission, Pull, Step
from autonomy_pack.policy import choose, trusted

ADA, EVE, BOT = 1, 2, trusted.ACTIONS_ID
PERMISSIONS = {str(ADA): "write", str(EVE): "read", str(BOT): "admin"}
BODY = "## Acceptance Criteria\n- [ ] a\n"


def at(second: int) -> str:
    return (datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=second)).isoformat().replace("+00:00", ".000000Z")


def by(label: str, *, actor: str = "ada", id: int = ADA, second: int = 100, event: str = "", app: str = "") -> Labeling:
    return Labeling(label=label, actor=actor, actor_id=id, at=at(second), event=event, app=app)


def issue(*labelings: Labeling, labels: tuple[str, ...] | None = None, **more) -> Issue:
    names = labels if labels is not None else tuple(dict.fromkeys(one.label for one in labelings))
    known = {"id": "1", "title": "t", "body": BODY, "state": "open", "author": "eve", "created": at(0)}
    return Issue(**{**known, "labels": names, "labelings": labelings, **more})


def why(one: Issue, *apps: str) -> str:
    return trusted.why_not(one, PERMISSIONS, apps)


HIGH = "priority:high"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (issue(by(HIGH)), ""),
        (issue(by(HIGH), edited=at(99)), ""),
        (issue(by(HIGH, actor="eve", id=EVE)), "priority:high was set by eve, who may not write here; a person with write must relabel it"),
        (issue(by(HIGH, actor="mallory", id=99)), "priority:high was set by mallory, who may not write here; a person with write must relabel it"),
        (issue(by(HIGH, actor="", id=0)), "priority:high was set by an account that is gone, who may not write here; a person with write must relabel it"),
        (issue(by(HIGH, actor="github-actions[bot]", id=BOT)), "priority:high was set by a workflow; a person with write must relabel it"),
        (issue(by(HIGH, actor="github-actions", id=7)), "priority:high was set by a workflow; a person with write must relabel it"),
        (issue(by(HIGH, app="triage")), "priority:high was set by ada through the App triage, which `apps` does not list; relabel it"),
        (issue(by(HIGH), edited=at(101)), "title or body was edited after priority:high was set; read it again, then relabel it"),
        (issue(by(HIGH), edited=at(100)), "title or body was edited after priority:high was set; read it again, then relabel it"),
        (issue(by(HIGH), edited="soon"), "title or body was edited after priority:high was set; read it again, then relabel it"),
        (issue(labels=(HIGH,)), "nobody knows who set priority:high; relabel it"),
        (issue(labels=(HIGH,), labelings=None), "nobody knows who set priority:high; relabel it"),
        (issue(by(HIGH), labels=(HIGH, "mission:fix")), "nobody knows who set mission:fix; relabel it"),
        (issue(by("Priority:High"), labels=(HIGH,)), ""),
        (issue(by(HIGH), by("bug, but odd", actor="eve", id=EVE), by("🚀:x", actor="eve", id=EVE)), ""),
        (issue(by(HIGH), by("agent:validated", actor="github-actions[bot]", id=BOT)), ""),
    ],
)  # fmt: skip
def test_each_steering_label_needs_an_event_of_its_own_by_somebody_who_may_write(one: Issue, said: str) -> None:
    assert why(one) == said


@pytest.mark.parametrize(
    "label", ["mission:fix", "agent:planner", "lane:fast", "Agent:Planner", "lane:a, b", "mission:🚀"]
)
def test_a_strangers_label_of_any_steering_family_is_not_trusted(label: str) -> None:
    assert why(issue(by(HIGH), by(label))) == ""
    assert why(issue(by(HIGH), by(label, actor="eve", id=EVE))).startswith(f"{label} was set by eve")
    assert "edited after" in why(issue(by(HIGH, second=300), by(label), edited=at(200)))


def test_an_app_on_the_list_labels_for_a_person_with_write_and_for_nobody_else() -> None:
    assert why(issue(by(HIGH, app="triage")), "triage") == ""
    assert "may not write" in why(issue(by(HIGH, actor="triage[bot]", id=50, app="triage")), "triage")
    assert "workflow" in why(
        issue(by(HIGH, actor="github-actions[bot]", id=BOT, app="github-actions")), "github-actions"
    )


def test_the_name_alone_is_nobody_the_number_decides() -> None:
    assert "may not write" in why(issue(by(HIGH, actor="ada", id=77)))


def test_after_unlabel_and_relabel_only_the_last_labeling_counts() -> None:
    old, new = by(HIGH, event="9"), by(HIGH, second=200, event="10")
    assert why(issue(old, new, edited=at(150))) == ""
    assert trusted.event_of(issue(old, new), HIGH) == "10" == trusted.event_of(issue(new, old), HIGH)
    assert "eve" in why(issue(old, by(HIGH, actor="eve", id=EVE, second=200)))
    same_second = by(HIGH, actor="eve", id=EVE, event="10")
    assert "eve" in why(issue(old, same_second))


@given(
    st.lists(st.tuples(st.sampled_from([ADA, EVE, BOT, 0]), st.integers(1, 9), st.sampled_from(["", "app"]))),
    st.integers(0, 9),
)
def test_trusted_means_that_every_last_labeling_is_a_writers_and_later_than_the_text(events, edited: int) -> None:
    labels = [HIGH, "mission:fix", "lane:fast"]
    made = [
        by(labels[n % 3], id=who, second=second, app=app, event=str(n)) for n, (who, second, app) in enumerate(events)
    ]
    one = issue(*made, edited=at(edited) if edited else "")
    last = {}
    for labeling in made:
        kept = last.get(labeling.label)
        if kept is None or (labeling.at, int(labeling.event)) > (kept.at, int(kept.event)):
            last[labeling.label] = labeling
    fine = all(l.actor_id == ADA and not l.app and (not edited or at(edited) < l.at) for l in last.values())  # noqa: E741
    assert (why(one) == "") == fine


# --- as one more reason why not, in choosing


def facts(**more) -> choose.Facts:
    write = Step(tool="write", arguments={"path": "a", "text": "b"})
    known = {
        "repo": "o/n",
        "config": Config(mission="fix", apps=("triage",)),
        "missions": {"fix": Mission(name="fix", version=1, goal="g", agent="planner", steps=(write,))},
        "agents": ("planner", "script"),
        "why_no_programs": "",
        "heads": {},
        "decisions": {},
        "handoffs": {},
        "now": at(1000),
        "permissions": PERMISSIONS,
    }
    return choose.Facts(**{**known, **more})


def chosen(one: Issue, **more) -> str:
    return choose.choose([one], facts(**more))[0].why


def test_an_issue_that_is_not_trusted_is_not_eligible_and_says_so() -> None:
    assert chosen(issue(by(HIGH))) == "eligible"
    assert chosen(issue(by(HIGH, app="triage"))) == "eligible"
    assert chosen(issue(by(HIGH, id=EVE, actor="eve"))).startswith("not trusted: priority:high was set by eve")


def test_missing_permissions_or_labelings_are_never_trust() -> None:
    assert chosen(issue(by(HIGH)), permissions=None).startswith("not trusted")
    assert chosen(issue(labels=(HIGH,), labelings=None)).startswith("not trusted")
    assert chosen(issue(labels=(HIGH,), labelings=None), permissions=None) == "eligible"


OURS = "agent/planner/1-12345678-t1"


def pull(state: str, **more) -> Pull:
    known = {"number": 7, "url": "u", "branch": "b", "head": "h", "base": "main", "author_id": ADA, "closes": True}
    return Pull(state=state, **{**known, **more})


def test_no_second_pull_request_is_made_for_an_issue() -> None:
    assert chosen(issue(by(HIGH), pulls=(pull("open"),))) == "pull request 7 is open for it"
    assert chosen(issue(by(HIGH), pulls=(pull("open", closes=False, branch=OURS),))) == "pull request 7 is open for it"
    assert chosen(issue(by(HIGH), pulls=(pull("open", same_repository=False),))) == "pull request 7 is open for it"
    assert chosen(issue(by(HIGH), pulls=(pull("closed"),))) == "eligible"
    made = issue(by(HIGH), by("Status:PR-created", actor="github-actions[bot]", id=BOT))
    assert chosen(made) == "a pull request was made of it; for another round remove the label status:pr-created"


@pytest.mark.parametrize(
    "more",
    [{"closes": False}, {"author_id": EVE}, {"author_id": 999}, {"author_id": 0, "branch": OURS}],
    ids=["a mention", "may not write", "nobody knows", "our branch's name in a fork"],
)
def test_what_strangers_say_in_forks_stops_no_issue(more) -> None:
    assert chosen(issue(by(HIGH), pulls=(pull("open", **{"same_repository": False, **more}),))) == "eligible"


def test_what_only_mentions_an_issue_does_not_stop_it() -> None:
    assert (
        chosen(issue(by(HIGH), pulls=(pull("open", closes=False, branch="agent/planner/2-12345678-x"),))) == "eligible"
    )


def test_after_its_pull_request_was_closed_an_issue_waits_for_a_new_label() -> None:
    closed = pull("closed", branch=OURS, closed=at(500))
    assert (
        chosen(issue(by(HIGH), pulls=(closed,)))
        == "pull request 7 was closed; set the priority label anew to try again"
    )
    assert chosen(issue(by(HIGH, second=500), pulls=(closed,))).startswith("pull request 7 was closed")
    assert chosen(issue(by(HIGH, second=501), pulls=(closed,))) == "eligible"
    again = pull("closed", number=8, branch=OURS, closed=at(600))
    assert chosen(issue(by(HIGH, second=501), pulls=(closed, again))).startswith("pull request 8 was closed")
    assert chosen(issue(by(HIGH), pulls=(pull("closed", branch=OURS, merged=True, closed=at(500)),))) == "eligible"
    assert chosen(issue(by(HIGH), pulls=(pull("closed", branch=OURS, same_repository=False),))) == "eligible"


def test_a_new_label_after_the_closing_is_enough_for_another_round() -> None:
    made = by("status:pr-created", actor="github-actions[bot]", id=BOT)
    one = issue(by(HIGH, second=501), made, pulls=(pull("closed", branch=OURS, closed=at(500)),))
    for status in ("handed_off", "held"):
        head = Head(repo=".", subject="o/n#1", type="task", status=status, run="o/n#1@1/1", pin=choose.text_pin(one))
        assert chosen(one, heads={"o/n#1": head}, handoffs={"1": "deleted"}) == "eligible"


@pytest.mark.parametrize(("claims", "attempts", "over"), [(5, 2, False), (6, 2, True), (9, 3, True), (2, 1, False)])
def test_one_labelling_is_claimed_so_often_whatever_the_outcomes(claims: int, attempts: int, over: bool) -> None:
    config = Config(mission="fix", attempts=attempts)
    head = Head(repo=".", subject="o/n#1", type="task", status="stale", run=f"o/n#1@5/{claims}")
    known = facts(heads={"o/n#1": head}, config=config)
    said = choose.reconsider(issue(by(HIGH, event="5")), known).why
    assert said.endswith("set the priority label anew") == over
    assert choose.reconsider(issue(by(HIGH, event="6")), known).why == "eligible"
    assert choose.is_spent("o/n#1", known) == over


def test_a_task_is_keyed_on_the_event_of_the_label_that_made_it_eligible() -> None:
    one = issue(by("priority:low", event="4"), by(HIGH, event="5"), by("lane:default", event="6"))
    assert choose.choose([one], facts())[0].task.event == "5"


def test_without_its_text_an_issue_is_judged_by_labels_events_and_history_alone() -> None:
    unread = issue(by(HIGH, event="5"), body="no criteria at all")
    choice = choose.reconsider(unread, facts())
    assert (choice.eligible, choice.task.event, choice.task.acceptance) == (True, "5", ())
    assert choice.task.pin == choose.text_pin(unread)
    assert choose.reconsider(issue(by(HIGH), state="closed"), facts()).why == "it is not open any more"
    assert choose.reconsider(issue(by(HIGH, id=EVE)), facts()).why.startswith("not trusted")
    held = {"o/n#1": Head(repo=".", subject="o/n#1", type="task", status="running", run="o/n#1@5/1")}
    assert choose.reconsider(unread, facts(heads=held)).why == "claimed by run o/n#1@5/1"


def test_what_an_issue_depends_on_is_done_when_only_open_ones_were_read() -> None:
    one = issue(by(HIGH), depends_on=("2",))
    assert chosen(one) == "depends on 2, which does not exist"
    assert chosen(one, only_open=True) == "eligible"
