"""Every agent: one file that describes itself, a command with an environment of its own, a reader that never fails."""

import importlib
import json
import pkgutil
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy_pack import agents, schemas
from autonomy_pack.agents import AGENTS
from autonomy_pack.model import EVENT_FIELDS, Brief, Mission, Priority, Seen, Step, Task


def brief(*steps):
    task = Task(
        id=".#1",
        repo=".",
        issue="1",
        title="t",
        body="b",
        labels=(),
        priority=Priority.HIGH,
        lane="default",
        mission="m",
        agent="planner",
        acceptance=(),
        fields={},
        pin="p",
        created="",
    )
    mission = Mission(name="m", version=1, goal="g")
    return Brief(task=task, mission=mission, steps=steps, prompt="do it", work="/nowhere", argv=("true",))


WRITE = Step(tool="write", arguments={"path": "a", "text": "b"})
RUN = Step(tool="run", arguments=("make", "fmt"))


SHARED = {"cli", "paced"}  # what two agents have in common, no agent itself


def test_every_file_is_listed_and_every_name_is_its_files():
    files = {module.name for module in pkgutil.iter_modules(agents.__path__)} - SHARED
    assert set(AGENTS) == files
    assert all(agent is importlib.import_module(f"autonomy_pack.agents.{name}") for name, agent in AGENTS.items())


def test_config_and_missions_may_name_every_agent():
    for name in ("config", "mission"):
        pattern = schemas.schema(name)["properties"]["agent"]["pattern"]
        assert all(re.fullmatch(pattern, agent) for agent in AGENTS)


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_says_what_it_is_and_which_secrets_it_must_never_see(name):
    assert importlib.import_module(f"autonomy_pack.agents.{name}").__doc__
    assert all(isinstance(secret, str) for secret in AGENTS[name].secrets)


@pytest.mark.parametrize("name", AGENTS)
@settings(max_examples=60, deadline=None)
@given(
    line=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["kind", "data", "step"]), inner)
            ),
        ).map(lambda said: json.dumps(said).encode()),
    )
)
def test_whatever_an_agent_prints_is_read_and_gives_known_events_only(name, line):
    seen = AGENTS[name].read(line)
    assert isinstance(seen, Seen)
    for kind, data in seen.events:
        assert set(data) <= EVENT_FIELDS[kind]


def test_the_planner_runs_programs_only_with_a_run_step():
    assert not AGENTS["planner"].runs_programs(brief(WRITE))
    assert AGENTS["planner"].runs_programs(brief(WRITE, RUN))


def test_the_planners_command_is_paced_and_carries_the_plan_and_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    command = AGENTS["planner"].command(brief(WRITE, RUN))
    assert command.paced
    assert set(command.env) <= {"PATH", "LANG", "LC_ALL", "TZ"}
    assert json.loads(command.stdin) == {
        "steps": [
            {"tool": "write", "arguments": {"path": "a", "text": "b"}},
            {"tool": "run", "arguments": ["make", "fmt"]},
        ],
        "limits": {"steps": 50},
        "dry_run": False,
    }
    assert command.stdin.endswith(b"\n")


def test_the_planner_waits_only_after_announcing_a_step():
    started = {"kind": "step.started", "data": {"step": 1, "tool_call": {"name": "run", "arguments": []}}}
    finished = {"step": 1, "exit": 0, "duration": 0.1, "output": "", "output_sha256": None}
    read = AGENTS["planner"].read
    assert read(json.dumps(started).encode()) == Seen(events=(("step.started", started["data"]),), waits=True)
    assert not read(json.dumps({"kind": "step.finished", "data": finished}).encode()).waits
    lie = json.dumps({"kind": "handoff.made", "data": {"verified": True}}).encode()
    assert read(lie) == Seen(events=(("agent.said", {"text": lie.decode()}),))
