"""A person's word about a task: again, or not."""

from __future__ import annotations

import pytest

from autonomy_pack.errors import UsageError
from autonomy_pack.flows import tasks
from tests.flows.scenes import events, scripted, steal
from tests.world import World


def test_a_skipped_task_is_left_until_it_is_reset(world: World) -> None:
    scripted(world, "exit 3")
    world.run()
    world.autonomy("task", "skip", "1", "--reason", "not worth it")
    done = world.run()
    assert done.runs == ()
    assert "skipped: not worth it" in done.survey.choices[0].why
    world.autonomy("task", "reset", ".#1")
    assert len(world.run().runs) == 1


@pytest.mark.parametrize("verb", ["reset", "skip"])
def test_a_task_that_was_never_seen_is_an_error(world: World, verb: str) -> None:
    ended = world.call("task", verb, "7")
    assert ended.returncode == 2
    assert "never seen" in ended.stderr


def test_a_task_that_is_being_worked_on_is_not_reset(world: World) -> None:
    scripted(world, "exit 3")
    world.run()
    steal(world)
    with pytest.raises(UsageError, match="being worked on"):
        tasks.reset(world.open(), "1", "")
    assert events(world, "task.reset") == []


def test_a_reset_says_who_and_why(world: World) -> None:
    scripted(world, "exit 3")
    world.run()
    world.autonomy("task", "reset", "1", "--reason", "fixed\nthe\u202e thing")
    (event,) = events(world, "task.reset")
    assert event.actor.startswith("person:")
    assert "\n" not in event.data["why"]
    assert world.open().store.leases() == []
