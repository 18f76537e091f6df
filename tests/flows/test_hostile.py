"""What an attacker got through once: each way again, as a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from autonomy_pack.agents import paced
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import project, trust
from tests.flows.scenes import asked
from tests.world import World


def played(world: World, code: str) -> tuple[str, str]:
    """(outcome, why) of a run whose agent is that Python program."""
    world.config("max_issues: 1\n")
    world.mission("free", "goal: Do it.\nagent: command\n")
    world.issue("1", labels=("priority:high", "mission:free"))
    program = world.root.parent / "agent.py"
    program.write_text(code)
    (end,) = world.run(agent="command", argv=(sys.executable, str(program))).runs
    return end.data["outcome"], end.data["why"]


def test_a_tree_deeper_than_python_follows_is_judged_and_removed(world: World) -> None:
    code = "import os\nfor _ in range(1100):\n    os.mkdir('d')\n    os.chdir('d')\nopen('f', 'w').write('x')\n"
    assert played(world, code)[0] == "handed_off"


def test_a_sparse_file_is_refused_before_it_is_read(world: World) -> None:
    outcome, why = played(world, "open('big', 'wb').truncate(100 << 20)\n")
    assert (outcome, "more than 64 MiB" in why) == ("failed", True)


@pytest.mark.parametrize(
    "data",
    [{"step": 1, "tool_call": "text"}, {"step": "1", "tool_call": {}}, {"step": 1}],
    ids=["call", "step", "short"],
)
def test_an_event_of_the_wrong_form_is_only_something_said(data: dict[str, object]) -> None:
    seen = paced.read(json.dumps({"kind": "step.started", "data": data}).encode())
    assert [kind for kind, _ in seen.events] == ["agent.said"]
    assert not seen.waits


def test_a_repository_that_points_at_a_trusted_work_tree_is_not_trusted(world: World) -> None:
    world.config()
    other = World(world.root.parent / "other")
    other.git("config", "core.worktree", str(world.root))
    assert trust.is_trusted(project.find(world.root))
    assert not trust.is_trusted(project.find(other.root))


def test_an_error_never_moves_the_terminals_cursor(world: World) -> None:
    world.issue("1", labels=("evil\x1b[2A\x1b[J",))
    ended = world.call("run", "--issue", "1")
    assert ended.returncode == 2
    assert "evil" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_the_box_never_shows_everything_or_a_home() -> None:
    code = "import sys; sys.prefix = sys.base_prefix = PLACE; from autonomy_pack.sandboxes.launcher import toolchain; print(toolchain())"
    for place in ("/", os.environ["HOME"]):
        words = [sys.executable, "-c", code.replace("PLACE", repr(place))]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert repr(place) not in told


def test_records_that_came_with_the_main_checkout_are_refused_from_a_linked_one_too(world: World) -> None:
    world.git("worktree", "add", "-q", "../linked", "-b", "linked")
    world.write(".agent-workspace/autonomy.db", "a stranger's")
    world.git("add", "--force", ".agent-workspace")
    with pytest.raises(UsageError, match="belongs to the repository"):
        project.find(world.root.parent / "linked")


def test_programs_need_trust_also_where_nothing_governs(world: World) -> None:
    world.issue("1")
    done = world.run(agent="command", argv=("true",))
    assert done.runs == ()
    assert "not trusted" in done.survey.choices[0].why


def test_an_approval_that_cannot_be_completed_does_not_stop_the_others(world: World) -> None:
    decision = asked(world)
    world.git("branch", "agent")
    assert world.call("decision", "approve", decision).returncode == 4
    world.issue("9")
    world.git("branch", "-m", "agent", "other")
    world.git("tag", world.open().store.head(".#1").branch or "x", "main")
    world.run(issue="9")
    assert world.outcomes()[".#9"] == "handed_off"
