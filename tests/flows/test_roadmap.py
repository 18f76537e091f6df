"""A roadmap: proposals for people, as one issue that starts nothing or as one file through the guards."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.flows.scenes import events
from tests.world import World

ITEM = {"title": "Test the parser", "why": "No test names parse().", "acceptance": ["It has tests"], "priority": "high"}
BARE = ("--sandbox", "none")


def proposing(world: World, *items: object, more: Sequence[str] = ()) -> None:
    """The repository's own mission, whose double gives these items back."""
    world.config()
    script = json.dumps([*more, f"give_back '{json.dumps({'items': list(items)})}'"])
    world.mission("roadmap", f"goal: Propose.\nagent: script\nreturns: roadmap\nconstraints: {script}\n")


def generate(world: World, *words: str, ok: int = 0) -> str:
    return world.autonomy("roadmap", "generate", *BARE, *words, ok=ok)


def test_what_is_proposed_becomes_one_issue_without_any_label(world: World) -> None:
    proposing(world, ITEM, {**ITEM, "title": "@everyone closes #3", "priority": "low"})
    world.issue("7")
    assert "issue 8, 2 proposals" in generate(world)
    issue = world.open().forge.issue("8")
    assert issue is not None
    assert issue.labels == ()
    assert "## 1. Test the parser" in issue.body
    assert "@everyone" not in issue.body
    (told,) = [one for one in json.loads(world.autonomy("issue", "list", "--json")) if one["id"] == "8"]
    assert not told["eligible"]
    assert world.branches() == []


def test_called_again_it_changes_its_own_issue_while_that_is_open(world: World) -> None:
    proposing(world, ITEM)
    generate(world)
    proposing(world, {**ITEM, "title": "Something else"})
    assert "issue 1, 1 proposals" in generate(world)
    issue = world.open().forge.issue("1")
    assert issue is not None
    assert "Something else" in issue.body
    world.open().forge.close_issue("1")
    assert "issue 2, 1 proposals" in generate(world)


def test_somebody_elses_issue_of_the_same_title_is_never_taken(world: World) -> None:
    world.issue("1", title="Roadmap: proposals", labels=(), body="mine\n")
    proposing(world, ITEM)
    assert "issue 2" in generate(world)
    issue = world.open().forge.issue("1")
    assert issue is not None
    assert "mine" in issue.body


def test_a_file_goes_through_guards_and_checks_as_every_change(world: World) -> None:
    proposing(world, ITEM, more=["write hello.txt changed"])
    generate(world, "--into", "docs/ROADMAP.md")
    (branch,) = world.branches()
    assert world.git("diff", "--name-only", f"main...{branch}") == "docs/ROADMAP.md"
    assert events(world, "check.ran")


def test_a_protected_file_is_refused_by_the_guards(world: World) -> None:
    proposing(world, ITEM)
    generate(world, "--into", ".github/autonomy/agents/x.md", ok=1)
    assert world.branches() == []


@pytest.mark.parametrize("into", ["../x.md", "/etc/x.md", "notes.txt", ".git/x.md"])
def test_a_place_outside_is_wrong_usage(world: World, into: str) -> None:
    proposing(world, ITEM)
    generate(world, "--into", into, ok=2)


def test_an_agent_that_returns_garbage_opens_nothing(world: World) -> None:
    proposing(world, {"title": "x"})
    generate(world, ok=4)
    assert world.open().forge.issues() == ([], [])


def test_without_a_model_the_open_issues_are_listed_and_it_says_so(world: World) -> None:
    world.config()
    world.issue("1", labels=("priority:low", "mission:replace-text"), title="Second")
    world.issue("2", labels=("priority:critical", "mission:replace-text"), title="First")
    said = generate(world)
    assert "No agent with a model judged anything" in said
    assert said.index("First") < said.index("Second")
    assert "Nothing was written." in said


@pytest.mark.parametrize("into", ["issue", "docs/ROADMAP.md"])
def test_without_a_model_nothing_can_be_written_anywhere_and_that_is_wrong_usage(world: World, into: str) -> None:
    world.config()
    ended = world.call("roadmap", "generate", "--into", into, "--sandbox", "none")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"nothing was written to {into}" in ended.stderr
    assert "--agent" in ended.stderr


def test_a_dry_run_asks_nobody_and_writes_nothing(world: World) -> None:
    proposing(world, ITEM)
    told = json.loads(generate(world, "--dry-run", "--json"))
    assert told == {"agent": "script", "mission": "roadmap", "into": "issue", "dry_run": True}
    assert world.open().forge.issues() == ([], [])


def test_under_a_stop_nothing_is_asked(world: World) -> None:
    proposing(world, ITEM)
    world.autonomy("stop")
    generate(world, ok=5)
    assert world.open().forge.issues() == ([], [])


def test_any_program_gives_its_proposals_back_in_the_file_that_it_is_told(world: World) -> None:
    proposing(world, ITEM)
    text = json.dumps({"items": [ITEM]})
    program = world.write("propose.sh", f"cat >/dev/null\nprintf %s '{text}' >\"$AUTONOMY_RETURNED\"\n")
    said = generate(world, "--agent", "command", "--agent-command", f"sh {program}")
    assert "issue 1, 1 proposals" in said
