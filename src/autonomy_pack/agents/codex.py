"""Codex: OpenAI's command-line agent, without the user's or the repository's settings, rules, hooks and servers."""

from __future__ import annotations

import json
from typing import Any

from autonomy_pack.agents import cli
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "openai_responses"
model = "gpt-5.3-codex"
needs_port = True
tells_end = True

_PROGRAM = "{folder}/node_modules/@openai/codex-%s/vendor/%s/bin/codex"
package = Package(
    registry="npm",
    name="@openai/codex",
    version="0.169.0",
    argv={
        "linux-x86_64": (_PROGRAM % ("linux-x64", "x86_64-unknown-linux-musl"),),
        "linux-aarch64": (_PROGRAM % ("linux-arm64", "aarch64-unknown-linux-musl"),),
        "darwin-x86_64": (_PROGRAM % ("darwin-x64", "x86_64-apple-darwin"),),
        "darwin-arm64": (_PROGRAM % ("darwin-arm64", "aarch64-apple-darwin"),),
    },
)

_FLAGS = ("exec", "--json", "--color", "never", "--skip-git-repo-check", "--ignore-user-config", "--ignore-rules")
# The box is ours; its own would need namespaces that the box does not give.
_UNBOXED = ("-s", "danger-full-access")
_OFF = (
    "plugins",
    "multi_agent",
    "hooks",
    "apps",
    "goals",
    "skill_search",
    "shell_snapshot",
    "image_generation",
    "enable_request_compression",
)
_SETTINGS = {
    "check_for_update_on_startup": False,
    "analytics.enabled": False,
    "project_doc_max_bytes": 0,
    "web_search": "disabled",
    "model_provider": "gateway",
    "model_providers.gateway.name": "gateway",
    "model_providers.gateway.env_key": "AUTONOMY_GATEWAY_TOKEN",
    "model_providers.gateway.wire_api": "responses",
    "model_providers.gateway.request_max_retries": 0,  # the gateway retries
    "model_providers.gateway.stream_max_retries": 0,
} | {f"features.{name}": False for name in _OFF}
_USAGE = {
    "input_tokens": "input",
    "cached_input_tokens": "cache_read",
    "cache_write_input_tokens": "cache_write",
    "output_tokens": "output",
    "reasoning_output_tokens": "",  # counted in the output
}


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (strangers' text decides what it does)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One `codex exec`; its home is a folder below `brief.home`."""
    gate = cli.way(brief, "codex")
    cli.need(brief, "codex", "run", "reads and edits through a shell")
    cli.settle(brief, {"codex/README": "The settings of this run are its arguments.\n"})  # it wants the folder
    settings = _SETTINGS | {"model_providers.gateway.base_url": f"{gate.url}/v1"}
    given = [word for name, to in settings.items() for word in ("-c", f"{name}={json.dumps(to)}")]
    program = cli.started(brief, "codex", package)
    argv = (*program, "-a", "never", *_FLAGS, *_UNBOXED, "-C", brief.work, "-m", gate.model, *given, "-")
    return cli.command(brief, argv, {"CODEX_HOME": f"{brief.home}/codex", "AUTONOMY_GATEWAY_TOKEN": gate.token})


def read(line: bytes) -> Seen:
    """What it said, a tool that it used, or how its turn ended."""
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    match said.get("type"):
        case "turn.completed":
            counts, unknown = cli.counted(said.get("usage"), _USAGE)
            return Seen(events=unknown, verdict=Verdict(ok=True, usage=cli.usage(counts, cached_in_input=True)))
        case "turn.failed":
            return cli.failed(cli.text(cli.inner(said, "error").get("message")))
        case "error":
            return cli.failed(cli.text(said.get("message")))
        case "item.started" | "item.completed" as kind:
            return Seen(events=_item(kind, cli.inner(said, "item")))
    return Seen()


def _item(kind: str, item: Any) -> tuple[cli.Event, ...]:
    what = item.get("type")
    if kind == "item.started" and what in ("command_execution", "mcp_tool_call", "web_search"):
        return cli.used(what, item.get("command") or item.get("tool") or item.get("query"))
    if kind == "item.started":
        return ()
    if what == "file_change":
        return cli.used(what, item.get("changes"))
    return cli.told(cli.text(item.get("text")) or cli.text(item.get("message")))
