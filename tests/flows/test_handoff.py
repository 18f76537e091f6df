"""The life of a handoff: made once, verified, left alone, closed when merged; and never over somebody's branch."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from autonomy_pack.flows import budget
from autonomy_pack.forges.local import LocalForge
from autonomy_pack.model import Handoff, Move, Published
from autonomy_pack.policy import budget as policy
from tests.flows.scenes import asked, at, events, run_with, scripted, steal
from tests.world import World


class Losing(LocalForge):
    """A forge that says it made a branch and did not."""

    def publish(self, offer: Handoff, *, fence: Sequence[Move] = ()) -> Published:
        del offer, fence
        return Published(url="somewhere")


@pytest.fixture
def branch(world: World) -> str:
    world.config()
    world.issue("1")
    world.run()
    (made,) = world.branches()
    return made


def outcomes(world: World) -> list[str]:
    return [event.data["outcome"] for event in events(world, "run.finished")]


def why(world: World) -> str:
    return world.run().survey.choices[0].why


def issue_text(world: World) -> str:
    return (world.root / ".autonomy/issues/1.md").read_text()


def body(world: World) -> str:
    (path,) = (world.root / ".agent-workspace/handoffs").glob("*.md")
    return path.read_text()


def test_a_handoff_is_one_commit_on_the_base_and_touches_nothing_else(world: World, branch: str) -> None:
    assert branch.startswith("agent/planner/1-")
    assert world.git("rev-parse", f"{branch}^") == world.git("rev-parse", "main")
    assert world.git("diff", "--name-only", "main", branch).split() == ["hello.txt", "other.txt"]
    assert world.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert world.git("status", "--porcelain", "--untracked-files=no") == ""
    assert (world.root / "hello.txt").read_text() == "Hello, world\n"
    (made,) = events(world, "handoff.made")
    assert made.data["verified"] is True


def test_an_open_handoff_makes_its_issue_not_eligible(world: World, branch: str) -> None:
    assert f"branch {branch} is open" in why(world)
    assert "agent:handoff" in issue_text(world)


def test_a_merged_handoff_with_evidence_closes_its_issue(world: World, branch: str) -> None:
    assert "Closes #1" in body(world)
    world.git("merge", "-q", branch)
    done = world.run()
    assert done.survey.choices == ()
    assert 'state: "closed"' in issue_text(world)
    assert outcomes(world) == ["handed_off"]


def test_a_squashed_branch_that_is_gone_is_held(world: World, branch: str) -> None:
    world.git("branch", "-D", branch)
    assert "deleted unmerged" in why(world)
    world.autonomy("task", "reset", "1")
    world.run()
    assert world.branches() == [branch]
    assert outcomes(world) == ["handed_off", "handed_off"]


def test_a_merged_branch_may_be_deleted(world: World, branch: str) -> None:
    world.git("merge", "-q", branch)
    world.git("branch", "-D", branch)
    assert world.run().survey.choices == ()
    assert 'state: "closed"' in issue_text(world)


def test_a_branch_that_a_person_moved_is_left_alone(world: World, branch: str) -> None:
    world.git("checkout", "-q", branch)
    world.write("mine.txt", "mine\n")
    world.git("add", "mine.txt")
    world.git("commit", "-q", "-m", "mine")
    tip = world.git("rev-parse", branch)
    world.git("checkout", "-q", "main")
    assert "somebody else's commits" in why(world)
    assert world.git("rev-parse", branch) == tip
    assert 'state: "open"' in issue_text(world)


def test_without_evidence_a_handoff_only_refers_and_closes_nothing(world: World) -> None:
    world.issue("1")
    world.run()
    assert "Refs #1" in body(world)
    assert "nothing was tested" in body(world)
    world.git("merge", "-q", *world.branches())
    world.run()
    assert 'state: "open"' in issue_text(world)


def test_a_criterion_that_no_check_stands_for_is_no_evidence(world: World) -> None:
    success = "success: [{criterion: 'says so', check: tests}]\n"
    scripted(world, "write a.txt one", mission=success)
    path = world.root / ".autonomy/issues/1.md"
    path.write_text(path.read_text() + "- [ ] It is fast\n")
    world.run()
    assert "Refs #1" in body(world)
    assert "- [x] It says so" in body(world)
    assert "- [ ] It is fast — no evidence" in body(world)


def test_a_branch_of_that_name_is_never_overwritten(world: World, branch: str) -> None:
    (world.root / "mine.txt").write_text("mine\n")
    world.git("checkout", "-q", branch)
    world.git("add", "mine.txt")
    world.git("commit", "-q", "-m", "mine")
    world.git("checkout", "-q", "main")
    tip = world.git("rev-parse", branch)
    ended = world.call("task", "reset", "1")
    assert ended.returncode == 2
    assert f"git branch -D {branch}" in ended.stderr
    world.run()
    assert world.git("rev-parse", branch) == tip
    shutil.rmtree(world.root / ".agent-workspace")
    done = world.run()
    assert done.runs == ()
    assert "is there already" in done.survey.choices[0].why
    assert world.git("rev-parse", branch) == tip


def test_a_handoff_that_is_not_there_afterwards_is_no_handoff(world: World) -> None:
    world.config()
    world.issue("1")
    opened = world.open()
    forge = Losing(root=world.root, git_dir=opened.place.git_dir, handoffs=opened.place.workspace / "handoffs")
    run_with(world, lambda _: None, dataclasses.replace(opened, forge=forge))
    assert outcomes(world) == ["failed"]
    assert events(world, "handoff.made") == []
    assert "agent:handoff" not in issue_text(world)


def test_a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff(world: World) -> None:
    world.config()
    world.issue("1")
    done = run_with(world, at("check.ran", lambda: steal(world)))
    assert [event.data["outcome"] for event in done.runs] == ["stale"]
    assert world.branches() == []
    assert outcomes(world) == []
    assert world.open().store.lease("task:.#1").holder.host == "elsewhere"


def test_a_lease_stolen_at_the_last_moment_makes_no_branch(world: World) -> None:
    world.write("long.txt", "line\n" * 3000)
    world.commit("long")
    world.config()
    world.issue("1", body="### Find\n\nline\n\n### Replace with\n\nrow\n\n### Files\n\nlong.txt\n")
    done = run_with(world, at("finding.found", lambda: steal(world), risk="low"))
    assert [event.data["outcome"] for event in done.runs] == ["stale"]
    assert world.branches() == []
    assert events(world, "handoff.intended") == []


def test_a_base_that_moves_under_a_running_attempt_makes_it_stale(world: World) -> None:
    world.config()
    world.issue("1")

    def move() -> None:
        world.write("hello.txt", "Hello, moved\n")
        world.commit("moved")

    run_with(world, at("check.ran", move))
    assert outcomes(world) == ["stale"]
    assert world.branches() == []


def test_a_text_that_changes_during_the_attempt_makes_it_stale(world: World) -> None:
    world.config()
    world.issue("1")
    run_with(world, at("check.ran", lambda: world.issue("1", title="Something else")))
    assert outcomes(world) == ["stale"]
    assert world.branches() == []


def test_a_handoff_body_shows_foreign_words_but_lets_them_do_nothing(world: World) -> None:
    title = "Rename <img src=x onerror=alert(1)> @everyone"
    world.config()
    world.issue("1", title=title, criteria="\n## Acceptance Criteria\n- <script>x</script> closes #99 @octocat\n")
    world.run()
    text = body(world)
    for bad in ("<img", "<script>"):
        assert bad not in text
    assert "closes #99" not in text.lower()
    assert "hidden-text issue 1: text that the page does not show" in text


def test_a_person_looks_first_at_an_issue_with_characters_that_nobody_sees(world: World) -> None:
    world.config()
    world.issue("1", title="Rename the\u202e greeting")
    world.run()
    (asked,) = world.open().store.heads("decision")
    assert asked.status == "pending"
    (found,) = events(world, "finding.found")
    assert (found.data["rule"], found.data["risk"]) == ("hidden-text", "medium")
    assert "U+202E ×1 (from line 1)" in found.data["says"]


def test_the_labels_of_an_issue_change_and_nothing_else_of_its_file(world: World) -> None:
    world.config()
    path = world.issue("1", more="assignee: grace # who\n")
    before = path.read_text()
    world.run()
    changed = [line for line in path.read_text().splitlines() if line not in before.splitlines()]
    assert all("agent:handoff" in line or "pr-created" in line or line.startswith("labels") for line in changed)
    assert world.git("log", "--oneline", "main").count("\n") == 0


def test_an_approved_handoff_lives_as_any_other(world: World) -> None:
    decision = asked(world)
    world.autonomy("decision", "approve", decision)
    assert "is open for it" in why(world)
    assert Path(events(world, "handoff.made")[0].data["url"]).exists()


def spend(world: World, usd: float, tokens: int) -> None:
    """What the newest run cost, as its gateway would have stored it."""
    store = world.open().store
    head = store.head(".#1")
    assert head is not None
    scopes = (policy.run_scope(head.run), policy.issue_scope(".#1"))
    made = budget.Reservation(call="1", scopes=scopes, usd=usd, tokens=tokens)
    store.append([budget.reserved(made, ".#1", head.run)])
    store.append([budget.settled(made, ".#1", head.run, usd, tokens, "m")])


def test_a_body_says_who_answered_what_and_what_all_runs_cost(world: World) -> None:
    scripted(world, "write a.txt one\nask 'Blue, @all? <img src=x>' blue green\nwrite b.txt two")
    world.run()
    spend(world, 0.25, 1000)
    (head,) = world.open().store.heads("decision")
    world.autonomy("decision", "decide", head.subject, "--answer", "green,\nsee #7 @ada")
    world.run()
    text = body(world)
    (said,) = [line for line in text.split("\n") if head.subject in line]
    assert "answered" in said
    assert "Blue" in said
    assert "green" in said
    assert "@all" not in said
    assert "<img" not in said
    assert "@ada" not in said
    assert "\n0 tokens · $0.00\n" in text
    assert "All 2 runs of this issue: 1,000 tokens · $0.25" in text


def test_a_body_says_who_allowed_which_step(world: World) -> None:
    world.config()
    steps = "steps: [{write: {path: a.txt, text: one}}]\n"
    world.mission("careful", f"goal: Do it.\nagent: planner\ntools: [write]\nrequires_approval: true\n{steps}")
    world.issue("1", labels=("priority:high", "mission:careful"))
    world.run()
    (head,) = world.open().store.heads("decision")
    world.autonomy("decision", "approve", head.subject, "--comment", "as it should be")
    world.run()
    (said,) = [line for line in body(world).split("\n") if head.subject in line]
    assert "said allow" in said
    assert "Let step 1 do write" in said
    assert "as it should be" in said
    assert "All 2 runs of this issue" in body(world)


def test_a_body_says_nothing_of_answers_about_another_text(world: World) -> None:
    scripted(world, "write a.txt one\nask 'Blue?' blue\nwrite b.txt two")
    world.run()
    (head,) = world.open().store.heads("decision")
    world.autonomy("decision", "decide", head.subject, "--option", "blue")
    scripted(world, "write a.txt one")
    world.issue("1", title="Another", labels=("priority:high", "mission:free-1"))
    world.run()
    assert "What people said" not in body(world)


def test_a_change_that_was_agreed_to_says_by_whom(world: World) -> None:
    decision = asked(world)
    world.autonomy("decision", "approve", decision, "--comment", "read it all")
    title, said = body(world).split("\n\n")[:2]
    assert title.startswith("# ")
    assert said.startswith("Approved by ")
    assert decision in said
    assert said.endswith("read it all")
