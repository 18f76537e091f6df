"""aider: edits files it is shown and runs nothing; judged by its log of calls and by the change it leaves."""

from __future__ import annotations

from contextlib import suppress

from autonomy_pack.agents import cli
from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import PackError
from autonomy_pack.model import Brief, Command, Package, Seen, Verdict

secrets: tuple[str, ...] = cli.SECRETS
protocol = "openai_chat"
model = "gpt-5.4"
needs_port = True
tells_end = True

# -P: the repository's own modules are never imported in place of its; -S: nor are those of our environment.
package = Package(
    registry="pypi",
    name="aider-chat",
    version="0.86.2",
    argv={"any": ("{python}", "-S", "-P", "-m", "aider")},
)

_FLAGS = (
    *("--yes-always", "--no-pretty", "--no-stream", "--no-git", "--no-auto-commits", "--no-dirty-commits"),
    *("--no-gitignore", "--no-check-update", "--no-show-release-notes", "--no-show-model-warnings"),
    *("--no-detect-urls", "--no-suggest-shell-commands", "--no-analytics", "--edit-format", "diff"),
)
_FILES = {
    "--message-file": "task.md",
    "--analytics-log": "calls.jsonl",
    "--input-history-file": "inputs",
    "--chat-history-file": "chat.md",
    "--llm-history-file": "history",
    "--env-file": "none.env",
}
_PRICES = ".aider/caches/model_prices_and_context_window.json"
_DONE = "Completed --message-file"
_MOST_FILES, _MOST_BYTES = 40, 256 * 1024


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (its settings could name some, and strangers' text is read)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """One message about the files that the prompt names, begun in an empty folder: a repository's .aider.conf.yml
    could name programs to run."""
    gate = cli.way(brief, "aider")
    cli.need(brief, "aider", "edit", "does nothing but edit")
    # A table of prices is there, and new, so it does not try to fetch one.
    cli.settle(brief, {"task.md": brief.prompt, "empty/README": "Nothing is here.\n", _PRICES: '{"none": {}}'})
    argv = [*cli.started(brief, "aider", package), *_FLAGS]
    argv += [word for flag, name in _FILES.items() for word in (flag, f"{brief.home}/{name}")]
    argv += ["--model", f"openai/{gate.model}", "--weak-model", f"openai/{gate.model}"]
    argv += ["--openai-api-base", f"{gate.url}/v1", *(f"{brief.work}/{path}" for path in _shown(brief))]
    env = {
        "OPENAI_API_KEY": gate.token,
        "PYTHONPATH": f"{brief.program}/site",
        "PYTHONUNBUFFERED": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    calls = f"{brief.home}/{_FILES['--analytics-log']}"
    return cli.command(brief, tuple(argv), env, cwd=f"{brief.home}/empty", after=calls)


def _shown(brief: Brief) -> list[str]:
    """The text files that the prompt names; when it names none, the first 40 of the tree, 256 KiB in all."""
    work = Confined(brief.work)
    paths = list(work.below())
    named = [path for path in paths if path in brief.prompt]
    shown, size = [], 0
    for path in (named or paths)[:_MOST_FILES]:
        content = b"\0"
        with suppress(PackError):
            content = work.read(path)
        if b"\0" not in content and size + len(content) <= _MOST_BYTES:
            shown.append(path)
            size += len(content)
    return shown


def read(line: bytes) -> Seen:
    """A line of its talk, or of its log of calls, which is read after its end: it ends with 0 whatever became of them.

    Each call tells its own tokens, never a sum; the gateway's count is the one that holds.
    """
    said = cli.document(line)
    if said is None:
        return cli.raw(line)
    match said.get("event"):
        case "message_send":
            return Seen(verdict=Verdict(ok=True))
        case "message_send_exception":
            why = cli.text(cli.inner(said, "properties").get("exception"))
            return cli.failed(why or "its call of the model failed")
        case "exit":
            reason = cli.text(cli.inner(said, "properties").get("reason"))
            return Seen() if reason == _DONE else cli.failed(reason)
    return Seen()
