"""Gemini CLI: Google's command-line agent; it begins in an empty folder, so that nothing of the repository's settings
is loaded, and has the work as a further folder."""

from __future__ import annotations

import json
from typing import Any

from autonomy_pack.agents import cli
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "gemini"
model = "gemini-2.5-pro"
needs_port = True
tells_end = True

package = Package(
    registry="npm",
    name="@google/gemini-cli",
    version="0.61.0",
    argv={"any": ("node", "{folder}/node_modules/@google/gemini-cli/bundle/gemini.js")},
)

_READING = ("list_directory", "read_file", "read_many_files", "glob", "grep_search", "search_file_content")
_TOOLS = {"edit": ("replace", "write_file"), "run": ("run_shell_command",)}
_SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"enableAutoUpdate": False, "retryFetchErrors": False, "maxAttempts": 1},
    "skills": {"enabled": False},
    "hooksConfig": {"enabled": False},
}
_USAGE = {"input": "input", "output_tokens": "output", "cached": "cache_read"} | dict.fromkeys(
    ("total_tokens", "input_tokens", "duration_ms", "tool_calls", "models"), ""
)


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (strangers' text decides what it does)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One headless session; `--skip-trust` trusts the empty folder that it begins in, and that alone."""
    gate = cli.way(brief, "gemini")
    tools = [*_READING, *(name for one in sorted(cli.may(brief)) for name in _TOOLS[one])]
    turns = {"model": {"maxSessionTurns": brief.mission.limits.turns}} if brief.mission.limits.turns else {}
    settings = {**_SETTINGS, "tools": {"core": tools}, **turns}
    cli.settle(brief, {".gemini/settings.json": json.dumps(settings), "empty/README": "Nothing is here.\n"})
    argv = (*cli.started(brief, "gemini", package), "-o", "stream-json", "--approval-mode", "yolo", "--skip-trust")
    env = {"GEMINI_CLI_HOME": brief.home, "GOOGLE_GEMINI_BASE_URL": gate.url, "GEMINI_API_KEY": gate.token}
    return cli.command(
        brief, (*argv, "-m", gate.model, "--include-directories", brief.work), env, cwd=f"{brief.home}/empty"
    )


def read(line: bytes) -> Seen:
    """What it said, a tool that it used, or its result, the last line. Its errors go to standard error, with exit
    codes of its own: 41 no key, 42 bad input, 44 sandbox, 52 settings, 53 turns, 54 tool, 55 untrusted folder."""
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    match said.get("type"):
        case "message" if said.get("role") == "assistant":
            return Seen(events=cli.told(cli.text(said.get("content"))))
        case "tool_use":
            return Seen(events=cli.used(said.get("tool_name"), said.get("parameters")))
        case "error":
            return Seen(events=cli.told(cli.text(said.get("message"))))
        case "result":
            return _result(said)
    return Seen()


def _result(said: dict[str, Any]) -> Seen:
    counts, unknown = cli.counted(said.get("stats"), _USAGE)
    usage = cli.usage(counts, cached_in_input=False)
    if said.get("status") != "success":
        why = cli.text(cli.inner(said, "error").get("message")) or cli.text(said.get("status"))
        return cli.failed(why, events=unknown, usage=usage)
    return Seen(events=unknown, verdict=Verdict(ok=True, usage=usage))
