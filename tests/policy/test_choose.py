import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy_pack.model import Check, Choice, Config, Head, Issue, Lane, Limits, Mission, Step
from autonomy_pack.policy import choose
from autonomy_pack.policy.budget import Asked, Least

NOW = "2026-03-01T00:00:00.000000Z"
WRITE = Step(tool="write", arguments={"path": "a", "text": "b"})
BODY = "## Acceptance Criteria\n- [ ] a\n"


def issue(id: str = "1", *labels: str, body: str = BODY, state: str = "open", created: str = "2026-01-01", **more):
    marked = labels or ("priority:high",)
    return Issue(id=id, title=f"t{id}", body=body, labels=marked, state=state, author="a", created=created, **more)


def head(id: str, status: str, **more) -> Head:
    pin = more.pop("pin", choose.text_pin(issue(id)))
    return Head(repo=".", subject=f".#{id}", type="task", status=status, pin=pin, run=f".#{id}/1", **more)


def facts(**more) -> choose.Facts:
    heads = {one.subject: one for one in more.pop("heads", ())}
    known = {
        "repo": ".",
        "config": Config(mission="fix", lanes={"default": Lane(), "fast": Lane(priority=0)}),
        "missions": {
            "fix": Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)),
            "bad": "bad.yml:3: broken",
        },
        "agents": ("planner", "script"),
        "why_no_programs": "",
        "heads": heads,
        "decisions": {},
        "handoffs": {},
        "now": NOW,
    }
    return choose.Facts(**{**known, **more})


def why(one: Issue, *others: Issue, **more) -> str:
    found = choose.choose([one, *others], facts(**more))
    return next(choice.why for choice in found if choice.id == one.id)


def order(*issues: Issue, **more) -> list[str]:
    return [choice.id for choice in choose.choose(issues, facts(**more)) if choice.eligible]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (issue("1"), "eligible"),
        (issue("1", "bug", "good first issue"), "no priority label; labels here: bug, good first issue"),
        (issue("1", "priority"), "no priority label; labels here: priority"),
        (issue("1", "xpriority:high"), "no priority label; labels here: xpriority:high"),
        (issue("1", "priority:huge"), "unknown label priority:huge; the priorities are critical, high, medium, low"),
        (issue("1", "priority:"), "unknown label priority:; the priorities are critical, high, medium, low"),
        (issue("1", "Priority:HIGH"), "eligible"),
        (issue("1", "priority:low", "autonomy:hold"), "held by label autonomy:hold"),
        (issue("1", "priority:low", "autonomy:stop"), "stopped by label autonomy:stop"),
        (issue("1", "priority:low", body="x"), "no Acceptance Criteria section"),
        (issue("1", "priority:low", "mission:fix", "mission:bad"), "more than one mission label; keep one"),
        (issue("1", "priority:low", "mission:nope"), "no mission named nope; `autonomy mission list` shows them"),
        (issue("1", "priority:low", "mission:bad"), "bad.yml:3: broken"),
        (issue("1", "priority:low", "lane:slow"), "unknown lane slow; the lanes are default, fast"),
        (issue("1", "priority:low", "agent:bob"), "unknown agent bob; the agents are planner, script"),
        (issue("1", "priority:low", "agent:handoff"), "eligible"),
        (issue("1", depends_on=("2",)), "depends on 2, which does not exist"),
    ],
)
def test_every_issue_gets_a_why(one: Issue, said: str) -> None:
    assert why(one) == said


def test_an_issue_waits_for_those_it_depends_on() -> None:
    assert why(issue("1", depends_on=("2",)), issue("2")) == "depends on 2, which is open"
    assert why(issue("1", depends_on=("2",)), issue("2", state="closed")) == "eligible"


def test_without_a_mission_label_or_default_an_issue_is_not_eligible() -> None:
    assert why(issue(), config=Config()) == "no mission label and no default mission in the configuration"


def test_closed_issues_are_not_listed() -> None:
    assert choose.choose([issue(state="closed")], facts()) == []


def test_priority_then_lane_then_age_then_natural_id_decide_the_order() -> None:
    issues = [
        issue("10", "priority:high"),
        issue("9", "priority:high"),
        issue("8", "priority:high", created="2026-01-03"),
        issue("7", "priority:high", "lane:fast", created="2026-01-04"),
        issue("6", "priority:low", "priority:critical", created="2026-02-01"),
        issue("5", "priority:low"),
    ]
    for seed in range(20):
        random.Random(seed).shuffle(issues)
        assert order(*issues) == ["6", "7", "9", "10", "8", "5"]


def test_low_priority_is_chosen_when_nothing_higher_is_eligible() -> None:
    assert order(issue("1", "priority:low"), issue("2", "bug")) == ["1"]


def test_all_are_judged_before_any_is_dropped() -> None:
    newer = [issue(str(number), "priority:high", body="x") for number in range(2, 50)]
    assert order(*newer, issue("1", "priority:high", created="2020-01-01")) == ["1"]


def test_an_issue_rises_one_level_for_each_week_it_waits() -> None:
    old = issue("1", "priority:low")
    waiting = Head(repo=".", subject=".#1", type="task", pin=choose.text_pin(old), since="2026-02-10T00:00:00.000000Z")
    assert order(issue("2", "priority:medium"), old) == ["2", "1"]
    assert order(issue("2", "priority:medium"), old, heads=[waiting]) == ["1", "2"]


def test_beyond_the_queue_nothing_is_chosen_and_nothing_is_lost() -> None:
    found = choose.choose([issue(str(n)) for n in range(1, 6)], facts(config=Config(mission="fix", queue_capacity=3)))
    assert [choice.eligible for choice in found] == [True, True, True, False, False]
    assert found[4].why == "queue full: 3 issues are before it (queue_capacity)"


@pytest.mark.parametrize(
    ("known", "handoff", "said"),
    [
        (head("1", "running"), "", "claimed by run .#1/1"),
        (head("1", "skipped", why="not now"), "", "skipped: not now"),
        (head("1", "blocked"), "", "blocked in run .#1/1; change the issue or `autonomy task reset`"),
        (head("1", "blocked", pin="old"), "", "eligible"),
        (head("1", "stale", attempts=1), "", "eligible"),
        (head("1", "failed", attempts=2), "", "no attempts left (2 of 2, last failed); change the issue or `autonomy task reset`"),
        (head("1", "failed", attempts=2, pin="old"), "", "eligible"),
        (head("1", "handed_off", branch="agent/b"), "open", "handed off: branch agent/b is open for it"),
        (head("1", "handed_off", branch="agent/b", pin="old"), "open", "handed off: branch agent/b is open for it"),
        (head("1", "handed_off", branch="agent/b"), "moved", "handed off: branch agent/b has somebody else's commits"),
        (head("1", "handed_off", branch="agent/b"), "merged", "handed off and merged; close it, or change it for another round"),
        (head("1", "handed_off", branch="agent/b", pin="old"), "merged", "eligible"),
        (head("1", "handed_off", branch="b"), "deleted", "held: its branch b was deleted unmerged; `autonomy task reset` to try again"),
        (head("1", "waiting"), "", "waiting for decision of run .#1/1"),
    ],
)  # fmt: skip
def test_what_happened_before_decides_too(known: Head, handoff: str, said: str) -> None:
    assert why(issue("1"), heads=[known], handoffs={"1": handoff}) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("pending", "waiting for decision apr_1"),
        ("approved", "waiting for decision apr_1"),
        ("denied", "apr_1 was denied; change the issue or `autonomy task reset`"),
    ],
)
def test_a_decision_holds_its_task(status: str, said: str) -> None:
    decision = Head(repo=".", subject="apr_1", type="decision", status=status, run=".#1/1")
    assert why(issue("1"), heads=[head("1", "waiting")], decisions={".#1/1": decision}) == said


def test_the_pin_covers_the_text_and_its_steering_and_not_the_labels_we_write() -> None:
    pin = choose.text_pin(issue("1", "priority:high", "mission:fix"))
    assert pin == choose.text_pin(issue("1", "mission:fix", "priority:high", "agent:handoff", "status:pr-created"))
    assert pin != choose.text_pin(issue("1", "priority:low", "mission:fix"))
    assert pin != choose.text_pin(issue("1", "priority:high", "mission:other"))
    assert pin != choose.text_pin(issue("1", "priority:high", "mission:fix", body=BODY + " "))


@given(st.lists(st.text(max_size=20), max_size=6), st.text(max_size=200))
def test_no_label_or_text_breaks_choosing(labels: list[str], body: str) -> None:
    found = choose.choose([issue("1", *labels, body=body)], facts())
    assert len(found) == 1
    assert isinstance(found[0], Choice)
    assert found[0].why
    assert found[0].eligible == (found[0].task is not None)


@pytest.mark.parametrize(
    ("mission", "labels", "config", "agent"),
    [
        (Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)), (), {}, "planner"),
        (Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)), ("agent:script",), {}, "script"),
        (Mission(name="fix", version=1, goal="g", agent="script"), (), {}, "script"),
        (Mission(name="fix", version=1, goal="g"), (), {"agent": "script"}, "script"),
        (Mission(name="fix", version=1, goal="g"), (), {}, None),
    ],
)
def test_the_agent_is_the_labels_else_the_missions_else_the_configurations(mission, labels, config, agent) -> None:
    known = {"missions": {"fix": mission}, "config": Config(mission="fix", **config)}
    (choice,) = choose.choose([issue("1", "priority:low", *labels)], facts(**known))
    assert (choice.agent if choice.eligible else None) == agent, choice.why


@pytest.mark.parametrize(
    ("mission", "labels", "checks", "eligible"),
    [
        (Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)), (), (), True),
        (Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)), ("agent:script",), (), False),
        (
            Mission(name="fix", version=1, goal="g", agent="planner", steps=(WRITE,)),
            (),
            (Check(name="t", argv=("t",)),),
            False,
        ),
        (
            Mission(name="fix", version=1, goal="g", agent="planner", steps=(Step(tool="run", arguments=("t",)),)),
            (),
            (),
            False,
        ),
        (Mission(name="fix", version=1, goal="g", agent="script"), (), (), False),
    ],
)
def test_where_no_program_may_run_only_the_planners_own_steps_are_eligible(mission, labels, checks, eligible) -> None:
    known = {"missions": {"fix": mission}, "config": Config(mission="fix", checks=checks), "why_no_programs": "no box"}
    (choice,) = choose.choose([issue("1", "priority:low", *labels)], facts(**known))
    assert choice.eligible == eligible
    assert eligible or choice.why == "mission fix or its checks run programs, and no box"


def asks(**more):
    """A mission whose agent asks a model, on a day on which that may cost a dollar."""
    missions = {"fix": Mission(name="fix", version=1, goal="g", agent="thinker", limits=Limits(usd=0.5))}
    config = Config(mission="fix", day_usd=1.0, issue_usd=2.0)
    known = {"agents": ("thinker",), "models": {"thinker": ""}, "missions": missions, "config": config}
    return {**known, **more}


def spent(scope: str, usd: float) -> Head:
    return Head(repo=".", subject=scope, type="budget", usd=usd)


def test_an_agent_with_a_model_is_not_chosen_where_none_can_be_asked():
    assert why(issue(), **asks()) == "eligible"
    assert "no key for anthropic" in why(issue(), **asks(models={"thinker": "there is no key for anthropic. Set it."}))
    none = {"fix": Mission(name="fix", version=1, goal="g", agent="thinker")}
    assert "mission fix allows no call of a model (limits.usd" in why(issue(), **asks(missions=none))
    assert why(issue(), **asks(missions=none, asked=Asked(usd=1.0))) == "eligible"
    said = why(issue(), **asks(asked=Asked(turns=0)))
    assert said.endswith("--max-turns 0 says that no model is called. Leave --max-turns out, or say more than 0.")
    assert "budget.run_usd: 0 allows no call" in why(issue(), **asks(config=Config(mission="fix", run_usd=0.0)))


@pytest.mark.parametrize("scope", ["day:2026-03-01", "issue:.#1"])
def test_a_budget_that_is_used_up_holds_an_issue_until_its_window_passes_or_it_is_raised(scope: str):
    full = {scope: spent(scope, 2.0)}
    assert why(issue(), **asks(budgets=full)).startswith("no call of a model fits: $2.00 of")
    raised = Config(mission="fix", day_usd=3.0, issue_usd=3.0)
    assert why(issue(), **asks(budgets=full, config=raised)) == "eligible"
    later = why(issue(), **asks(budgets=full, now="2026-03-02T00:00:00.000000Z"))
    assert (later == "eligible") == scope.startswith("day:")


def test_what_is_left_of_a_budget_must_hold_the_first_call():
    nearly = {"day:2026-03-01": spent("day:2026-03-01", 0.95)}
    assert why(issue(), **asks(budgets=nearly)) == "eligible"
    dear = asks(least=lambda agent, mission: Least(usd=0.1, tokens=9000))
    assert why(issue(), **dear) == "eligible"
    assert "a call may need $0.10 more (budget.day_usd)" in why(issue(), **dear, budgets=nearly)
    assert "a call may need $0.10 more (limits.usd)" in why(issue(), **dear, asked=Asked(usd=0.05))


def test_what_uses_up_no_attempt_is_tried_so_often_a_day():
    down = {"heads": [head("1", "stale", at=NOW, why="could not go on: no network")]}
    assert why(issue(), **asks(**down, hindered={".#1": 5})) == "eligible"
    held = why(issue(), **asks(**down, hindered={".#1": 6}))
    assert held == "begun 6 times today; tomorrow (UTC), or after `autonomy task reset`: could not go on: no network"


def test_an_issue_whose_budget_is_used_up_does_not_hold_the_planner_s_work_back():
    full = {"day:2026-03-01": spent("day:2026-03-01", 9.0)}
    assert why(issue(), budgets=full, config=Config(mission="fix", day_usd=1.0)) == "eligible"


def met(before: dict[str, float]):
    """Issue 1, whose last run met a budget today, and what bounded that run."""
    return {"heads": [head("1", "over_budget", at=NOW)], "bounds": {".#1/1": before}}


def test_a_run_that_met_a_budget_is_begun_again_tomorrow_or_with_more():
    over = met({"usd": 0.5, "issue_usd": 2.0, "day_usd": 1.0})
    assert "met a budget today" in why(issue(), **asks(**over))
    assert why(issue(), **asks(**over, asked=Asked(usd=0.75))) == "eligible"
    assert why(issue(), **asks(**over, now="2026-03-02T00:00:00.000000Z")) == "eligible"
    other = [head("1", "over_budget", at=NOW, pin="other")]
    assert why(issue(), **asks(heads=other, bounds=over["bounds"])) == "eligible"


@pytest.mark.parametrize("raised", [{"day_usd": 1.5}, {"issue_usd": 3.0}, {"repo_usd": None}, {"repo_usd": 9.5}])
def test_a_raised_budget_frees_at_once_what_it_held(raised):
    budgets = {"day_usd": 1.0, "issue_usd": 2.0, "repo_usd": 9.0}
    over = met({"usd": 0.5, **budgets})
    assert "met a budget today" in why(issue(), **asks(**over, config=Config(mission="fix", **budgets)))
    assert why(issue(), **asks(**over, config=Config(mission="fix", **(budgets | raised)))) == "eligible"
