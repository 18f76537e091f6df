"""Runs inside the peer's environment: one JSON line in, {"commands", "mode"}; one out, {"ms"} of one step.

Usage: peer_worker.py TRAJECTORY
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import yaml
from minisweagent.agents.default import DefaultAgent
from minisweagent.config import builtin_config_dir
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models.test_models import DeterministicModel, make_output

CONFIG = yaml.safe_load((builtin_config_dir / "mini.yaml").read_text())
LAST = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


class Thin(DeterministicModel):
    """Their model without one cost that no real model has: its list of answers is not copied with its configuration."""

    def __init__(self, outputs, **kwargs):
        super().__init__(outputs=[], **kwargs)
        self._outputs = outputs

    def query(self, *_, **__):
        self.current_index += 1
        return self._outputs[self.current_index]


class Timed(LocalEnvironment):
    """Their environment, noting when each command begins."""

    def execute(self, action, *args, **kwargs):
        self.__dict__.setdefault("began", []).append(time.perf_counter())
        return super().execute(action, *args, **kwargs)


def shell_ms(commands: list[str]) -> float:
    """A bare subprocess as their environment starts it: through a shell."""
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return (time.perf_counter() - begun) / len(commands) * 1000


def agent_ms(commands: list[str], mode: str, trajectory: Path) -> float:
    """Whole cycles of DefaultAgent, from the first command to the one after the last, as we measure ourselves."""
    outputs = [make_output("Next.", [{"command": one}], cost=0.0) for one in [*commands, LAST]]
    template = CONFIG["model"]["observation_template"]
    model = (DeterministicModel if mode == "stock" else Thin)(outputs=outputs, observation_template=template)
    environment = Timed()
    agent = DefaultAgent(
        model,
        environment,
        system_template=CONFIG["agent"]["system_template"],
        instance_template=CONFIG["agent"]["instance_template"],
        cost_limit=0.0,
        output_path=None if mode == "unsaved" else trajectory,
    )
    ended = agent.run("Run a command over and over.")
    assert ended["exit_status"] == "Submitted", ended
    count = len(commands)
    assert len(environment.began) == count + 1
    return (environment.began[count] - environment.began[0]) / count * 1000


def main() -> None:
    """Answer until there is no more to read."""
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["mode"] == "shell":
            ms = shell_ms(asked["commands"])
        else:
            ms = agent_ms(asked["commands"], asked["mode"], Path(sys.argv[1]))
        print(json.dumps({"ms": ms}), flush=True)


if __name__ == "__main__":
    main()
