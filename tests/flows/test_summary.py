"""The summary of a session, and what of old sessions is kept."""

from __future__ import annotations

from pathlib import Path

from tests.flows.scenes import asked, bump, events, later, run_with, scripted
from tests.world import World


def sessions(world: World) -> set[str]:
    return {path.name for path in (world.root / ".agent-workspace/sessions").iterdir()}


def test_every_issue_is_in_the_summary_with_its_outcome_or_its_why(world: World) -> None:
    scripted(world, "leak_secret")
    bump(world, id="2")
    world.issue("3", labels=())
    world.write(".autonomy/issues/4.md", "no front matter\n")
    text = Path(world.run().summary).read_text()
    assert "| blocked |" in text
    assert "`autonomy run recover 1`" in text
    assert "waiting" in text
    assert "`autonomy decision view apr_" in text
    assert "#3 Rename the greeting: no priority label" in text
    assert "4.md" in text
    assert "a person chose to run without a box" in text


def test_a_session_without_work_has_a_summary_too(world: World) -> None:
    done = world.run()
    assert done.exit_code == 0
    assert "Nothing was attempted" in Path(done.summary).read_text()
    assert events(world, "session.finished")[0].data["counts"] == {}


def test_a_hostile_title_does_nothing_in_the_summary(world: World) -> None:
    world.issue("1", title="a | b <b>x</b> ![x](http://x.invalid) @octocat \u202e end", labels=())
    world.issue("2", title="a | b <b>x</b> \u202e end")
    text = Path(world.run().summary).read_text()
    assert "<b>" not in text
    assert "\u202e" not in text
    (row,) = [line for line in text.splitlines() if line.startswith("| #2")]
    assert row.replace("\\|", "").count("|") == 7


def test_old_sessions_go_and_what_still_waits_stays(world: World) -> None:
    decision = asked(world)
    (waiting,) = sessions(world)
    scripted(world, "write a.txt one", id="2")
    handed = world.run().id
    scripted(world, "leak_secret", id="3")
    blocked = world.run().id
    run_with(world, lambda _: None, later(world.open(), 29 * 24))
    assert {waiting, handed, blocked} <= sessions(world)
    soon = later(world.open(), 31 * 24)
    world.git("branch", "-q", "keep")
    decisions_left = soon.store.head(decision)
    assert decisions_left
    from autonomy_pack.flows import summary

    summary.tidy(soon)
    assert waiting in sessions(world)
    assert blocked in sessions(world)
    assert handed not in sessions(world)
    world.autonomy("run", "recover", "3")


def test_retention_is_the_configurations(world: World) -> None:
    world.config("retention: {sessions: 1d}\n")
    old = world.run().id
    run_with(world, lambda _: None, later(world.open(), 25))
    assert old not in sessions(world)
