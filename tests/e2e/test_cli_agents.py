"""The real command-line agents, installed by their locks, from `autonomy run` to the branch of the handoff: offline,
in the box, against the stand-in for model providers. Large (`make test.agents`), so not a part of `make test`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from autonomy_pack.flows import box, install_agent
from autonomy_pack.model import Config
from models import Answer, Call, Models
from tests.sandboxes import canaries
from tests.world import World

ROOT = Path(__file__).parents[2]
AGENTS = ("claude", "codex", "mini")
pytestmark = [pytest.mark.agents, pytest.mark.xdist_group("agents")]
BOX = box.choose(Config(), None)

BROKEN = "def add(a, b):\n    return a - b\n"
FIXED = "def add(a, b):\n    return a + b\n"
CHECK = "checks: [{name: tests, run: [python3, -B, check.py]}]\n"
MISSION = """goal: Make the tests pass.
agent: {agent}
tools: [read, edit, run]
limits: {{usd: 5, tokens: 1000000, minutes: 3, stall_minutes: 2, steps: 20}}
"""
SED = "sed -i 's/a - b/a + b/' calc.py"
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


@pytest.fixture
def ready(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A repository with a bug, and the agents' programs, installed once below build/."""
    cache = tmp_path / "cache" / "autonomy"
    cache.mkdir(parents=True)
    kept = ROOT / "build" / "cache" / "autonomy" / "agents"
    kept.mkdir(parents=True, exist_ok=True)
    (cache / "agents").symlink_to(kept)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    world.write("calc.py", BROKEN)
    world.write("check.py", "import calc\n\nassert calc.add(1, 2) == 3\n")
    world.commit("a bug")
    world.config(CHECK)
    return world


def asked_of(world: World, agent: str) -> None:
    install_agent.install(agent, BOX)
    world.mission("fix", MISSION.format(agent=agent))
    world.issue("1", title="add subtracts", labels=("priority:high", "mission:fix"), body="add(1, 2) gives -1.\n")


def edit_of_claude(models: Models) -> None:
    """Read, then edit by the path that the agent was told it works in."""

    def path(request):
        return re.search(r"CWD: (\S+)", request.text)[1] + "/calc.py"

    models.answer(lambda request: Answer(text="Let me see.", calls=(Call("Read", {"file_path": path(request)}),)))
    models.answer(
        lambda request: Answer(
            calls=(Call("Edit", {"file_path": path(request), "old_string": "a - b", "new_string": "a + b"}),)
        )
    )


def shell_of(agent: str, models: Models, command: str) -> None:
    if agent == "claude":
        models.call("Bash", {"command": command, "description": "look"})
    else:
        name, key = {"codex": ("exec_command", "cmd"), "mini": ("bash", "command")}[agent]
        models.call(name, {key: command, **({"yield_time_ms": 30000} if agent == "codex" else {})})


def end_of(agent: str, models: Models) -> None:
    if agent == "mini":
        models.call("bash", {"command": SUBMIT})
    models.say("The tests pass now.")


@pytest.mark.parametrize("agent", AGENTS)
def test_a_scripted_edit_becomes_a_branch_with_what_it_cost(ready: World, agent: str) -> None:
    asked_of(ready, agent)
    with Models() as models:
        edit_of_claude(models) if agent == "claude" else shell_of(agent, models, SED)
        end_of(agent, models)
        told = ready.call("run", env=dict(models.environment))
    assert told.returncode == 0, told.stdout + told.stderr
    assert len(ready.branches()) == 1, told.stdout + told.stderr
    (branch,) = ready.branches()
    assert branch.startswith(f"agent/{agent}/1-")
    assert ready.git("show", f"{branch}:calc.py") == FIXED.strip()
    assert ready.git("diff", "--name-only", "main", branch) == "calc.py"  # nothing of the agent's own is in it
    (finished,) = ready.open().store.events(kinds=["run.finished"])
    assert finished.data["usd"] > 0
    assert finished.data["tokens"] > 100
    assert all(request.authorized for request in models.requests if request.protocol)


@pytest.mark.parametrize("agent", AGENTS)
def test_no_key_and_no_token_is_to_be_found_from_inside(ready: World, tmp_path: Path, agent: str) -> None:
    shutil.copy(canaries.SEARCH, ready.root)
    ready.commit("the search")
    asked_of(ready, agent)
    planted = canaries.plant(tmp_path / "planted").environment
    del planted["HOME"]
    with Models(key=f"sk-ant-api03-{canaries.word()}") as models:
        shell_of(agent, models, f"python3 {canaries.SEARCH.name} found.json")
        shell_of(agent, models, SED)
        end_of(agent, models)
        told = ready.call("run", env={**planted, **models.environment})
        heard = "\n".join(request.text for request in models.requests)
    assert told.returncode == 0, told.stdout + told.stderr
    (branch,) = ready.branches()
    canaries.nothing_found(ready.git("show", f"{branch}:found.json"))
    assert models.key not in heard


@pytest.mark.parametrize("agent", AGENTS)
def test_a_wrong_key_ends_the_run_with_the_next_step(ready: World, agent: str) -> None:
    asked_of(ready, agent)
    with Models() as models:
        names = {name: "sk-wrong-key-0000" for name in models.environment if name.endswith("_KEY")}
        told = ready.call("run", env={**models.environment, **names})
    assert told.returncode == 4, told.stdout + told.stderr
    (finished,) = ready.open().store.events(kinds=["run.finished"])
    assert finished.data["outcome"] == "stale"  # no attempt is used up
    assert "the provider refused the key (401). Check " in finished.data["why"]
    assert ready.branches() == []
