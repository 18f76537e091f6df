"""Any program as an agent."""

from __future__ import annotations

import pytest

from autonomy_pack.agents import command
from autonomy_pack.edges import shell
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Mission, Priority, Task


def brief(*argv: str, work="/") -> Brief:
    task = Task(
        id=".#1", repo=".", issue="1", title="t", body="b", labels=(), priority=Priority.LOW, lane="default",
        mission="m", agent="command", acceptance=(), fields={}, pin="", created="",
    )  # fmt: skip
    mission = Mission(name="m", version=1, goal="g", agent="command")
    return Brief(task=task, mission=mission, steps=(), prompt="Mend it, please. é\n", work=str(work), argv=argv)


def test_the_prompt_is_its_input_and_its_lines_are_what_it_said(tmp_path):
    said = []
    given = command.command(brief("cat", work=tmp_path))
    ended = shell.run(
        given,
        seconds=30,
        stall_seconds=None,
        on_line=lambda line: said.extend(command.read(line).events),
        stop=lambda: "",
    )
    assert (ended.exit, said) == (0, [("agent.said", {"text": "Mend it, please. é"})])


def test_without_a_program_it_says_how_to_name_one():
    with pytest.raises(UsageError) as raised:
        command.command(brief())
    assert "--agent-command" in raised.value.fix


def test_it_gets_no_more_environment_than_it_needs():
    assert set(command.command(brief("true")).env) <= {"PATH", "HOME", "LANG", "LC_ALL", "TZ"}


@pytest.mark.parametrize("line", [b"x" * 9000, b"\xff" * 9000])
def test_a_long_line_is_cut(line):
    [(_, data)] = command.read(line).events
    assert len(data["text"]) == 4000


def test_it_never_waits_whatever_it_prints():
    assert not command.read(b'{"kind": "step.started", "data": {"step": 1, "tool_call": {}}}').waits
