"""mini-swe-agent: a loop of one hundred lines around a shell; how it ended is told in its trajectory only."""

from __future__ import annotations

import json
import re

from autonomy_pack.agents import cli
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "openai_chat"
model = "gpt-5.4"
needs_port = True
tells_end = True

# -P: the repository's own modules are never imported in place of its; -S: nor are those of our environment.
package = Package(
    registry="pypi",
    name="mini-swe-agent",
    version="2.4.6",
    argv={"any": ("{python}", "-S", "-P", "-m", "minisweagent.run.mini")},
)

_TRAJECTORY = "trajectory.json"
# A line of `info` in the trajectory, which is indented by two: deeper ones are of single messages.
_STATUS = re.compile(rb' {4}"exit_status": "([A-Za-z]{1,80})",?')
_COMMAND_SECONDS = 300


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (all it does is run programs)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One task; giving any settings drops the standard ones, so they are named, by the path they were installed to."""
    gate = cli.way(brief, "mini")
    cli.need(brief, "mini", "run", "does everything through a shell")
    limits = brief.mission.limits
    settings = {
        "run": {"task": brief.prompt},
        "agent": {
            "mode": "yolo",
            "confirm_exit": False,
            "step_limit": limits.steps,
            "cost_limit": 0,  # the gateway's budget is the one that holds
            "wall_time_limit_seconds": int(limits.minutes * 60),
        },
        "environment": {"timeout": min(_COMMAND_SECONDS, max(1, int(limits.stall_minutes * 60 * 0.8)))},
        "model": {"model_kwargs": {"api_base": f"{gate.url}/v1", "max_tokens": gate.max_output}},
    }
    cli.settle(brief, {"task.yaml": json.dumps(settings)})  # JSON is YAML
    standard = f"{brief.program}/site/minisweagent/config/mini.yaml"
    argv = (*cli.started(brief, "mini", package), "-c", standard, "-c", f"{brief.home}/task.yaml", "-y")
    env = {
        "OPENAI_API_KEY": gate.token,
        "PYTHONPATH": f"{brief.program}/site",
        "PYTHONUNBUFFERED": "1",
        "MSWEA_CONFIGURED": "true",  # without it a dialog begins
        "MSWEA_SILENT_STARTUP": "1",
        "MSWEA_GLOBAL_CONFIG_DIR": brief.home,
        "MSWEA_COST_TRACKING": "ignore_errors",
        "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": "1",  # the gateway retries
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    trajectory = f"{brief.home}/{_TRAJECTORY}"
    return cli.command(
        brief, (*argv, "--exit-immediately", "-m", f"openai/{gate.model}", "-o", trajectory), env, after=trajectory
    )


def read(line: bytes) -> Seen:
    """A line of its talk, or of its trajectory, which is read after its end: it ends with 0 for every status."""
    status = _STATUS.fullmatch(line.rstrip())
    if status is None:
        return Seen() if line.startswith(b"  ") else cli.raw(line)
    word = status[1].decode()
    if word == "Submitted":
        return Seen(verdict=Verdict(ok=True))
    return Seen(verdict=Verdict(ok=False, why=f"it ended with status {word}"))
