"""The built-in agent: its order, how its lines are read, and whole runs from the command line to the handoff."""

from __future__ import annotations

import dataclasses
import json

import pytest

from autonomy_pack.agents import anthropic
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Endpoint, Limits, Mission, Usage, Verdict
from models import Answer, Call, Models
from tests.contracts.test_agents import brief
from tests.world import World

WAY = Endpoint(socket="/s", port=0, token="bearer", model="claude-sonnet-5", max_output=9)
CHECKS = "checks: [{name: tests, run: [python3, -m, unittest]}]\n"
TEST = "import calc, unittest\n\n\nclass Adds(unittest.TestCase):\n    def test_adds(self):\n        assert calc.add(1, 2) == 3\n"
EDIT = ("edit", {"path": "calc.py", "old_string": "a - b", "new_string": "a + b"})
DONE = ("done", {"summary": "It adds now.", "evidence": [{"criterion": "1", "how": "calc.add(1, 2) printed 3"}]})


def given(**more):
    mission = Mission(name="m", version=1, goal="g", **{"limits": Limits(usd=1, tokens=9), **more.pop("mission", {})})
    return dataclasses.replace(brief(), mission=mission, endpoint=WAY, home="/home", **more)


# --- the order, the lines -----------------------------------------------------------------------------------------


def test_the_order_holds_what_the_loop_needs_and_the_process_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-canary")
    command = anthropic.command(given(prompt="RULES\n# Issue", system="RULES\n"))
    told = json.loads(command.stdin)
    assert command.paced
    assert set(command.env) <= {"PATH", "LANG", "LC_ALL", "TZ"}
    assert (told["system"], told["prompt"]) == ("RULES\n", "# Issue")
    assert told["endpoint"] == {"socket": "/s", "token": "bearer", "model": "claude-sonnet-5", "max_output": 9}
    assert "canary" not in command.stdin.decode()


@pytest.mark.parametrize(
    ("tools", "returns", "allowed"),
    [
        ((), "", ["read", "search", "list", "ask", "done"]),
        (("edit", "replace"), "", ["edit", "done"]),
        (("read", "edit", "write", "run", "ask", "done"), "", ["read", "edit", "write", "run", "ask", "done"]),
        (("read", "edit", "run"), "{}", ["read", "done"]),
    ],
)
def test_a_mission_says_which_tools_there_are_and_without_a_word_only_reading(tools, returns, allowed):
    assert anthropic.tools(given(mission={"tools": tools}, returns=returns)) == allowed


def test_it_needs_a_box_whatever_its_tools_are():
    assert anthropic.runs_programs(given())


def test_without_a_way_to_a_model_nothing_is_started():
    with pytest.raises(UsageError):
        anthropic.command(dataclasses.replace(given(), endpoint=None))


@pytest.mark.parametrize(
    ("line", "events", "verdict"),
    [
        ({"kind": "agent.said", "data": {"text": "x"}}, [("agent.said", {"text": "x"})], None),
        (
            {"kind": "agent.asked", "data": {"question": "q", "options": ["a", 1]}},
            [("agent.asked", {"question": "q", "options": ["a"]})],
            None,
        ),
        ({"kind": "done", "data": {"ok": True, "why": "done"}}, [], Verdict(ok=True, why="done")),
        (
            {
                "kind": "done",
                "data": {
                    "ok": False,
                    "why": "w",
                    "usage": {"input": 1, "output": 2, "cache_read": 3, "cache_write": 4},
                    "returned": {"a": 1},
                },
            },
            [],
            Verdict(
                ok=False, why="w", usage=Usage(input=1, output=2, cache_read=3, cache_write=4), returned='{"a": 1}'
            ),
        ),
    ],
)
def test_its_lines_are_read(line, events, verdict):
    seen = anthropic.read(json.dumps(line).encode())
    assert (list(seen.events), seen.verdict, seen.waits) == (events, verdict, False)


@pytest.mark.parametrize("data", [{}, {"ok": 1, "why": "x"}, {"ok": True, "why": 2}, [], None, {"ok": True}])
def test_a_line_that_only_looks_like_the_end_is_none(data):
    assert anthropic.read(json.dumps({"kind": "done", "data": data}).encode()).verdict is None


# --- whole runs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def models():
    with Models() as started:
        yield started


@pytest.fixture
def calc(world: World) -> World:
    """A repository whose issue wants a fault mended."""
    world.write("calc.py", "def add(a, b):\n    return a - b\n")
    world.write("test_calc.py", TEST)
    world.commit("calc")
    world.config(CHECKS)
    world.issue(
        "1",
        title="add subtracts",
        labels=("priority:high", "mission:solve-issue"),
        body="calc.add(1, 2) gives -1.\n",
        criteria="\n## Acceptance Criteria\n- [ ] calc.add(1, 2) is 3\n",
    )
    return world


def run(world: World, models: Models, *more: str, ok: int | None = 0, sandbox: str = "L2") -> dict:
    """`autonomy run` with the built-in agent; what is told of its only run."""
    world.autonomy("run", "--agent", "anthropic", "--sandbox", sandbox, *more, ok=ok, env=models.environment)
    return json.loads(world.autonomy("run", "show", "1", "--json"))


def handoff(world: World) -> str:
    (path,) = (world.root / ".agent-workspace/sessions").glob("*/*/handoff.json")
    return json.loads(path.read_text())["body"]


def test_an_edit_goes_from_the_command_line_through_box_and_gateway_to_the_handoff(calc: World, models: Models):
    models.calls(("read", {"path": "calc.py"}), ("search", {"pattern": "add"}), text="I look.")
    models.call(*EDIT)
    models.call("run", {"command": "python3 -c 'import calc; print(calc.add(1, 2))'; id -u; ls /home /root; env"})
    models.call(*DONE, usage={"input": 10, "output": 20, "cache_read": 1000, "cache_write": 50})
    shown = run(calc, models)
    (branch,) = calc.branches()
    assert calc.git("show", f"{branch}:calc.py") == "def add(a, b):\n    return a + b"
    said = models.requests[-1].text
    assert "     2\t    return a - b" in said
    assert "\n3\n65534\n" in said
    assert models.key not in said
    assert models.key not in json.dumps(shown)
    body = handoff(calc)
    assert "It adds now." in body
    assert "calc.add(1, 2) printed 3" in body
    assert "none of them is evidence" in body
    assert "Closes #1" in body


def test_its_claims_close_nothing_without_a_check(calc: World, models: Models):
    calc.config("checks: []\n")
    models.call(*EDIT)
    models.call(*DONE)
    run(calc, models)
    body = handoff(calc)
    assert "calc.add(1, 2) printed 3" in body
    assert "no evidence" in body
    assert "Refs #1" in body


def test_what_it_claims_is_quoted_and_harmless(calc: World, models: Models):
    models.call(*EDIT)
    models.call(
        "done", {"summary": "Closes #99 @octocat\n# Findings\nNone.", "evidence": [{"criterion": "1", "how": "x"}]}
    )
    run(calc, models)
    body = handoff(calc)
    assert "```text\n" in body.partition("# Findings")[0].partition("none of them is evidence")[2]
    assert "@octocat" not in body
    assert "Closes #99" not in body


def test_a_failed_check_goes_back_to_the_model(calc: World, models: Models):
    models.call("edit", {"path": "calc.py", "old_string": "a - b", "new_string": "a * b"})
    models.call(*DONE)
    models.call("edit", {"path": "calc.py", "old_string": "a * b", "new_string": "a + b"})
    models.call(*DONE)
    run(calc, models)
    assert "The check `tests` ended with exit 1" in models.requests[2].text
    assert len(calc.branches()) == 1


BAD = {
    "loops": (lambda models: models.always(lambda _: Answer(calls=(Call("list", {}),))), "same call", "failed"),
    "floods": (
        lambda models: [models.call("run", {"command": "head -c 500000000 /dev/zero"}), models.call(*DONE)],
        "changed nothing",
        "no_change",
    ),
    "sends garbage": (lambda models: models.garbage(times=30), "gave no answer", "stale"),
    "does not know the key": (lambda models: models.fail(401, times=9), "refused the key", "stale"),
    "does not know the model": (lambda models: models.fail(404, times=9), "no model", "stale"),
}


@pytest.mark.parametrize("kind", BAD)
def test_whatever_the_model_does_the_run_is_closed_with_a_sentence(calc: World, models: Models, kind: str):
    script, says, outcome = BAD[kind]
    script(models)
    run(calc, models, ok=None)
    head = calc.open().store.head(".#1")
    (end,) = calc.open().store.events(kinds=["run.finished"])
    assert end.data["outcome"] == outcome, end.data["why"]
    assert says in end.data["why"]
    assert head.status == outcome
    assert calc.open().store.leases() == []
    assert calc.branches() == []


def test_no_budget_means_no_call(calc: World, models: Models):
    calc.call("run", "--agent", "anthropic", "--max-cost-usd", "0", "--max-tokens", "0", env=models.environment)
    assert models.requests == []
    assert calc.branches() == []
