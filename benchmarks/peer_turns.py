"""Runs inside the peer's environment: one run of mini-swe-agent against a provider at an address.

Usage: peer_turns.py URL KEY TRAJECTORY
"""

import sys
from pathlib import Path

import yaml
from minisweagent.agents.default import DefaultAgent
from minisweagent.config import builtin_config_dir
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models import get_model

CONFIG = yaml.safe_load((builtin_config_dir / "mini.yaml").read_text())


def main() -> None:
    """Run it until it submits."""
    url, key, trajectory = sys.argv[1:]
    model = get_model(
        "anthropic/claude-sonnet-5",
        {
            "model_kwargs": {"api_base": url, "api_key": key},
            "observation_template": CONFIG["model"]["observation_template"],
            "cost_tracking": "ignore_errors",
        },
    )
    agent = DefaultAgent(
        model,
        LocalEnvironment(),
        system_template=CONFIG["agent"]["system_template"],
        instance_template=CONFIG["agent"]["instance_template"],
        cost_limit=0.0,
        output_path=Path(trajectory),
    )
    ended = agent.run("Run a command over and over.")
    assert ended["exit_status"] == "Submitted", ended


if __name__ == "__main__":
    main()
