"""opencode: an open agent for many models, with one provider, the gateway, and no settings of the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

from autonomy_pack.agents import cli
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "openai_chat"
model = "gpt-5.4"
needs_port = True
tells_end = True

package = Package(
    registry="npm",
    name="opencode-linux-x64",  # the program itself; opencode-ai only chooses among such
    version="1.18.33",
    argv={"linux-x86_64": ("{folder}/node_modules/opencode-linux-x64/bin/opencode",)},
)

_OFF = (
    "OPENCODE_PURE",
    "OPENCODE_DISABLE_AUTOUPDATE",
    "OPENCODE_DISABLE_CLAUDE_CODE",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS",
    "OPENCODE_DISABLE_EXTERNAL_SKILLS",
    "OPENCODE_DISABLE_LSP_DOWNLOAD",
    "OPENCODE_DISABLE_MODELS_FETCH",
    "OPENCODE_DISABLE_PROJECT_CONFIG",
    "OPENCODE_DISABLE_SHARE",
)
_FOLDERS = ("CONFIG", "DATA", "CACHE", "STATE")
_CONTEXT = 200_000


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (strangers' text decides what it does)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One `opencode run`, its whole configuration in its environment.

    UsageError where the repository has a folder `.opencode`: its plugins are started whatever is switched off.
    """
    gate = cli.way(brief, "opencode")
    if os.path.lexists(Path(brief.work) / ".opencode"):
        raise UsageError(
            "the repository has a folder .opencode, whose plugins opencode starts by itself and cannot be kept from",
            "Choose another agent here, or take the folder out of the repository.",
        )
    cli.settle(brief, {"config/README": "The settings of this run are in its environment.\n"})
    env = {
        "OPENCODE_CONFIG_CONTENT": json.dumps(_configuration(gate.url, gate.token, gate.model, gate.max_output)),
        "OPENCODE_PERMISSION": json.dumps(_permission(brief)),
        **dict.fromkeys(_OFF, "true"),
        **{f"XDG_{name}_HOME": f"{brief.home}/{name.lower()}" for name in _FOLDERS},
    }
    argv = (*cli.started(brief, "opencode", package), "run", "--format", "json", "--auto", "--title", "autonomy")
    return cli.command(brief, (*argv, "-m", f"gateway/{gate.model}"), env)


def _configuration(url: str, token: str, name: str, most: int) -> dict[str, object]:
    options = {"baseURL": f"{url}/v1", "apiKey": token}
    models = {name: {"tool_call": True, "limit": {"context": _CONTEXT, "output": most}}}
    return {
        "provider": {"gateway": {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}},
        "enabled_providers": ["gateway"],
        "model": f"gateway/{name}",
        "small_model": f"gateway/{name}",
        "share": "disabled",
        "autoupdate": False,
        "snapshot": False,
    }


def _permission(brief: Brief) -> dict[str, str]:
    allowed = cli.may(brief)
    tools = {"edit": "edit", "bash": "run"}
    told = {name: "allow" if tool in allowed else "deny" for name, tool in tools.items()}
    return {**told, "webfetch": "deny", "websearch": "deny", "external_directory": "deny", "doom_loop": "deny"}


def read(line: bytes) -> Seen:
    """What it said, a tool that it used, or the end of a step: the last one ends for the reason "stop".

    Each step tells its own tokens and cost, never a sum; the gateway's count is the one that holds.
    """
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    part = cli.inner(said, "part")
    match said.get("type"):
        case "text":
            return Seen(events=cli.told(cli.text(part.get("text"))))
        case "tool_use":
            return Seen(events=cli.used(part.get("tool"), cli.inner(part, "state").get("input")))
        case "error":
            error = cli.inner(said, "error")
            message = cli.text(cli.inner(error, "data").get("message")) or cli.text(error.get("name"))
            return cli.failed(message, session=cli.text(said.get("sessionID")))
        case "step_finish":
            reason, session = cli.text(part.get("reason")), cli.text(said.get("sessionID"))
            if reason == "stop":
                return Seen(verdict=Verdict(ok=True, session=session))
            return cli.failed(f"its last step ended with reason {reason or 'unknown'}", session=session)
    return Seen()
