"""GitHub Copilot CLI, offline and with a model of one's own: it never signs in, and speaks to the gateway alone."""

from __future__ import annotations

from autonomy_pack.agents import cli
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "openai_chat"
model = "gpt-5.4"
needs_port = True
tells_end = True

_PROGRAM = "{folder}/node_modules/@github/copilot-%s/copilot"
package = Package(
    registry="npm",
    name="@github/copilot",
    version="1.0.102",
    argv={
        "linux-x86_64": (_PROGRAM % "linux-x64",),
        "linux-aarch64": (_PROGRAM % "linux-arm64",),
        "darwin-x86_64": (_PROGRAM % "darwin-x64",),
        "darwin-arm64": (_PROGRAM % "darwin-arm64",),
    },
)

_FLAGS = ("--output-format", "json", "--silent", "--no-color", "--no-ask-user", "--allow-all-tools")
_ALONE = ("--no-custom-instructions", "--disable-builtin-mcps", "--no-auto-update")
_DENIED = {"edit": ("--deny-tool", "write"), "run": ("--deny-tool", "shell")}


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (strangers' text decides what it does)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One prompt on standard input. UsageError without a gateway: with GitHub's own models it would need a token of a
    person, which must never be where strangers' text is read."""
    gate = cli.way(brief, "copilot")
    denied = [word for tool, words in _DENIED.items() if tool not in cli.may(brief) for word in words]
    cli.settle(brief, {"copilot/README": "The settings of this run are its arguments.\n"})
    env = {
        "COPILOT_HOME": f"{brief.home}/copilot",
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_BASE_URL": f"{gate.url}/v1",
        "COPILOT_PROVIDER_API_KEY": gate.token,
        "COPILOT_MODEL": gate.model,
    }
    argv = (*cli.started(brief, "copilot", package), *_FLAGS, *_ALONE, *denied, "--model", gate.model)
    return cli.command(brief, argv, env)


def read(line: bytes) -> Seen:
    """What it said, a tool that it used, or its result, the last line. Its process has been seen to end with 0 where
    the result said otherwise."""
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    data = cli.inner(said, "data")
    match said.get("type"):
        case "assistant.message":
            return Seen(events=cli.told(cli.text(data.get("content"))))
        case "tool.execution_start":
            return Seen(events=cli.used(data.get("toolName"), data.get("arguments")))
        case "session.error":
            return cli.failed(cli.text(data.get("message")))
        case "result":
            session, code = cli.text(said.get("sessionId")), said.get("exitCode")
            if code != 0 or isinstance(code, bool):
                return cli.failed(f"its result has exit code {code}", session=session)
            return Seen(verdict=Verdict(ok=True, session=session))
    return Seen()
