"""Whatever an agent does, its run ends with the right outcome, in time, and the repository is as it was."""

from __future__ import annotations

import json

import pytest

from tests.world import World

MISSION = "goal: Do it.\nagent: script\nconstraints: {script}\nlimits: {{steps: 60, minutes: {minutes}, stall_minutes: {stall}}}\n"
ENDLESS = ("stalled", "timed_out")

KINDS = {
    # behaviour: (script, outcome)
    "does nothing": ("nothing", "no_change"),
    "claims success and changes nothing": ("claim_success", "no_change"),
    "exits 0 before it begins": ("exit 0", "no_change"),
    "fails": ("exit 3", "failed"),
    "fails after a good change": ("write new.txt hello\nexit 1", "failed"),
    "crashes": ("crash", "failed"),
    "crashes after a change": ("write new.txt hello\ncrash", "failed"),
    "hangs and ignores signals": ("hang", "stalled"),
    "computes for ever": ("spin", "stalled"),
    "talks for ever": ("chatter", "timed_out"),
    "steps for ever": ("endless_steps", "failed"),
    "closes its output and goes on": ("close_output", "stalled"),
    "gives up in words": ("give_up", "no_change"),
    "floods its output": ("flood", "failed"),
    "prints a line of megabytes": ("write new.txt hello\nlong_line", "handed_off"),
    "ends in half a line": ("write new.txt hello\npartial_line", "handed_off"),
    "prints bytes that are no text": ("write new.txt hello\ngarbage", "handed_off"),
    "forges our own events": ("forge_events", "no_change"),
    "runs ahead without waiting": ("run_ahead", "handed_off"),
    "leaves a daemon": ("write new.txt hello\ndaemon", "handed_off"),
    "leaves a tree of processes": ("write new.txt hello\nfork_tree", "handed_off"),
    "commits by itself": ("commit", "handed_off"),
    "plants hooks": ("write new.txt hello\nplant_hooks", "blocked"),
    "hides a repository in a folder": ("nested_git", "handed_off"),
    "edits what decides over it": ("edit_protected", "blocked"),
    "tells git to ignore all": ("ignore_all", "no_change"),
    "links out of the folder": ("symlink_out", "blocked"),
    "deletes everything": ("delete_all", "failed"),
    "makes too many files": ("many_files", "blocked"),
    "fills the folder": ("fill", "blocked"),
    "makes devices and pipes": ("write new.txt hello\nspecial_files", "handed_off"),
    "makes files executable": ("odd_modes", "waiting"),
    "takes our permission to read": ("unreadable", "handed_off"),
    "makes names that are long or odd": ("long_names", "blocked"),
    "makes names that differ in case": ("same_names", "blocked"),
    "hides text from readers": ("hidden_text", "blocked"),
    "leaks a secret": ("leak_secret", "blocked"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_misbehaving_agent_is_judged_by_what_it_left(world: World, kind: str) -> None:
    script, outcome = KINDS[kind]
    before = (
        world.git("rev-parse", "HEAD"),
        world.git("status", "--porcelain"),
        world.git("config", "--list", "--local"),
    )
    world.config("checks: [{name: greets, run: [python3, -c, \"open('hello.txt')\"]}]\n")
    short = outcome in ENDLESS  # only what must be ended by a limit waits for one
    world.mission(
        "free",
        MISSION.format(
            script=json.dumps(script.splitlines()), minutes=0.08 if short else 1, stall=0.04 if short else 1
        ),
    )
    world.issue("1", labels=["priority:high", "mission:free"], body="")
    done = world.run()
    assert [event.data["outcome"] for event in done.runs] == [outcome], done.runs[0].data["why"]
    assert done.runs[0].data["why"]
    assert bool(world.branches()) == (outcome == "handed_off")
    after = world.git("rev-parse", "HEAD"), world.git("config", "--list", "--local")
    assert after == (before[0], before[2])
    assert world.open().store.leases() == []


def test_there_are_thirty_kinds_at_least() -> None:
    assert len(KINDS) >= 30
