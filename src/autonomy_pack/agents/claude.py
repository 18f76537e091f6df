"""Claude Code: Anthropic's command-line agent, bare: no hooks, plugins, MCP servers or settings of the repository."""

from __future__ import annotations

from typing import Any

from autonomy_pack.agents import cli
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "anthropic"
model = "claude-sonnet-5"
needs_port = True
tells_end = True

_PROGRAM = "{folder}/node_modules/@anthropic-ai/claude-code-%s/claude"
package = Package(
    registry="npm",
    name="@anthropic-ai/claude-code",
    version="2.1.197",
    argv={
        "linux-x86_64": (_PROGRAM % "linux-x64",),
        "linux-aarch64": (_PROGRAM % "linux-arm64",),
        "darwin-x86_64": (_PROGRAM % "darwin-x64",),
        "darwin-arm64": (_PROGRAM % "darwin-arm64",),
    },
)

# Whatever is not in --tools does not exist for it, and whatever would ask a person is denied.
_FLAGS = ("-p", "--bare", "--output-format", "stream-json", "--verbose", "--permission-mode", "dontAsk")
_ALONE = ("--strict-mcp-config", "--setting-sources", "user", "--disable-slash-commands", "--no-session-persistence")
_USAGE = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
} | dict.fromkeys(("server_tool_use", "service_tier", "cache_creation", "inference_geo", "iterations", "speed"), "")
# A stream that was cut off is swallowed: exit code 0, no error, no reason to stop.
_GOOD_STOPS = ("end_turn", "stop_sequence")


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (strangers' text decides what it does)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One headless session; its settings lie below `brief.home`."""
    gate = cli.way(brief, "claude")
    tools = ",".join(["Read"] + ["Edit"] * ("edit" in cli.may(brief)) + ["Bash"] * ("run" in cli.may(brief)))
    turns = ("--max-turns", str(brief.mission.limits.turns)) if brief.mission.limits.turns else ()
    argv = (*cli.started(brief, "claude", package), *_FLAGS, *_ALONE, "--model", gate.model, *turns)
    env = {
        "CLAUDE_CONFIG_DIR": f"{brief.home}/claude",
        "ANTHROPIC_BASE_URL": gate.url,
        "ANTHROPIC_API_KEY": gate.token,
        "ANTHROPIC_DEFAULT_OPUS_MODEL": gate.model,
        "ANTHROPIC_DEFAULT_SONNET_MODEL": gate.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": gate.model,
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(gate.max_output),
        "CLAUDE_CODE_MAX_RETRIES": "0",  # the gateway retries; with its own it hangs for minutes
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    return cli.command(brief, (*argv, "--tools", tools, "--allowedTools", tools), env)


def read(line: bytes) -> Seen:
    """What it said, a tool that it used, or its result, the last line."""
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    if said.get("type") == "result":
        return _result(said)
    blocks = cli.listed(cli.inner(said, "message").get("content")) if said.get("type") == "assistant" else []
    return Seen(events=tuple(event for block in blocks for event in _block(block)))


def _block(block: dict[str, Any]) -> tuple[cli.Event, ...]:
    if block.get("type") == "tool_use":
        return cli.used(block.get("name"), block.get("input"))
    return cli.told(cli.text(block.get("text"))) if block.get("type") == "text" else ()


def _result(said: dict[str, Any]) -> Seen:
    counts, unknown = cli.counted(said.get("usage"), _USAGE)
    denied = tuple(cli.text(one.get("tool_name")) for one in cli.listed(said.get("permission_denials")))
    rest: dict[str, Any] = {
        "usage": cli.usage(counts, cached_in_input=False),
        "denied": tuple(dict.fromkeys(denied)),
        "session": cli.text(said.get("session_id")),
    }
    stop, subtype = said.get("stop_reason"), cli.text(said.get("subtype"))
    if said.get("is_error") is not False or subtype != "success":
        errors = said.get("errors")
        why = cli.text(said.get("result")) or (cli.text(errors[0]) if isinstance(errors, list) and errors else subtype)
        return cli.failed(why, events=unknown, **rest)
    if stop not in _GOOD_STOPS:
        return cli.failed(f"its last answer was cut off (stop reason {stop})", events=unknown, **rest)
    return Seen(events=unknown, verdict=Verdict(ok=True, why=cli.text(said.get("result")), **rest))
