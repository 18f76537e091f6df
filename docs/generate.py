"""Writes the pages of docs/reference that the code itself tells: commands.md, events.md and fleet-faults.md.

Run it after changing a command, an event or a fault: `.venv/bin/python docs/generate.py`. A test keeps the pages equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from autonomy_pack import schemas
from autonomy_pack.commands import ALIASES, COMMANDS, autonomy
from autonomy_pack.model import EVENT_FIELDS
from autonomy_pack.policy.fleet.faults import CATALOGUE

REFERENCE = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/generate.py; do not edit. -->\n"

# kind → (where it is kept, its key, what it says). A kind that is missing here, or too many, fails the test.
_STORE, _TRANSCRIPT = "store", "transcript"
ABOUT: Mapping[str, tuple[str, str, str]] = {
    "task.seen": (_STORE, "seen/TASK/PIN", "An eligible issue was seen with this text for the first time."),
    "task.claimed": (_STORE, "claim/TASK/FENCE", "A run took the task; everything it writes carries this fence."),
    "run.started": (_STORE, "start/RUN/PID", "A process of the agent began: one a round."),
    "change.made": (_STORE, "", "The harness committed what lay in the work folder and kept it as a bundle."),
    "check.ran": (_STORE, "", "A check ended on that commit; `exit` is null when its time limit ended it."),
    "finding.found": (_STORE, "", "A guard found something."),
    "decision.asked": (_STORE, "ask/ID", "A run ended with a question; `default` is the answer at the deadline."),
    "decision.answered": (_STORE, "answer/ID", "A person answered, or the deadline passed (`via` is expiry)."),
    "handoff.intended": (_STORE, "handoff.intended/RUN", "The branch is about to be made."),
    "handoff.made": (_STORE, "handoff.made/RUN", "The branch exists; `verified` says that it was read back."),
    "handoff.ended": (_STORE, "handoff.ended/RUN", "The branch was merged, or deleted unmerged."),
    "comment.made": (_STORE, "", "Our one status comment of an issue was written, or edited in place."),
    "run.finished": (_STORE, "finish/RUN", "The run ended."),
    "spend.reserved": (
        _STORE,
        "reserve/RUN/CALL",
        "Money and tokens were set aside before a model call, in every budget.",
    ),
    "spend.settled": (_STORE, "settle/RUN/CALL", "What a model call cost in the end; its reservation is given back."),
    "alert.raised": (_STORE, "alert/RULE/WINDOW", "Something people should know, told once for each window."),
    "control.set": (_STORE, "", "A stop was set or taken away."),
    "task.reset": (_STORE, "", "A task got its attempts back, or was queued again because it went stale."),
    "task.skipped": (_STORE, "", "A person wants the task left alone."),
    "session.started": (_STORE, "session/ID", "A session began, with what was asked of it."),
    "session.finished": (_STORE, "session-finished/ID", "A session ended: how many runs had which outcome."),
    "store.migrated": (_STORE, "", "The tables were brought from one schema number to another."),
    "step.started": (_TRANSCRIPT, "", "The agent announced a step; it is on disk before the step begins."),
    "step.answered": (_TRANSCRIPT, "", "A step that changes something was asked about: what came of it."),
    "step.finished": (_TRANSCRIPT, "", "A step ended. Long output is a file named by its sha256."),
    "model.called": (_TRANSCRIPT, "", "A model was called, with what was asked and answered, as the gateway saw it."),
    "agent.said": (_TRANSCRIPT, "", "Anything else the agent printed; nothing it says is believed."),
    "agent.asked": (_TRANSCRIPT, "", "The agent asks a person; the run ends as waiting."),
    "prompt.given": (
        _TRANSCRIPT,
        "",
        "What the agent was told, by parts: rank, source, hash of what was shown.",
    ),
}


_FAULTS = """What `autonomy fleet verify` names, each with its cause and its fix. It writes nothing.

*quick*: one read of a hundred repositories shows it (`--org OWNER --quick`, which needs to read only). *full*: a closer
look at one repository, at texts of its files or at its settings, as far as the token may see them: `administration`,
`actions`, `secrets`, `variables` and the organisation's `self-hosted runners`, all to read only. What GitHub would not
tell is `unknown`, with the permission that shows it: it is never taken for fine. In a clone all that lies in files is
looked at. Two things nobody can read by the API: policies that forbid events (their runs show as `runs-not-starting`),
and whether GitHub's own lock file would be enforced (`lockfile-omits` tells what it omits).

| rule | risk | shown by | what it means | what to do |
|---|---|---|---|---|"""


def pages() -> dict[Path, str]:
    """Path → text of every page that is made."""
    texts = {"commands.md": _commands(), "events.md": _events(), "fleet-faults.md": _faults()}
    return {REFERENCE / name: text for name, text in texts.items()}


def _faults() -> str:
    rows = [f"| `{rule}` | {one.risk} | {one.mode} | {one.means} | {one.fix} |" for rule, one in CATALOGUE.items()]
    return "\n".join([f"# Faults of an installation\n\n{_MADE}", _FAULTS, *rows, ""])


def commands() -> Iterator[tuple[str, click.Command]]:
    """("autonomy run list", its command) for every command and group below `autonomy`, in the order of --help."""
    root = click.Context(autonomy, info_name="autonomy")
    for name in COMMANDS:
        command = autonomy.get_command(root, name)
        if command is None:
            raise LookupError(name)
        yield from _tree(f"autonomy {name}", command)


def _tree(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _tree(f"{path} {name}", command.commands[name])


def _commands() -> str:
    parts = [
        _MADE,
        "# Commands\n",
        f"{_plain(autonomy.help or '')}\n",
        "`--json` is on every command that reads. What each exit code means: [exit codes](exit-codes.md).\n",
        "Other names: " + ", ".join(f"`{alias}` is `{name}`" for alias, name in ALIASES.items()) + ".\n",
    ]
    for path, command in commands():
        parts += [f"## {path}\n", f"    {_usage(path, command)}\n", f"{_plain(command.help or '')}\n"]
        parts += [_options(command)] if _listed(command) else []
    return "\n".join(parts)


def _plain(text: str) -> str:
    """Paragraphs of one line each: the width of a terminal is not the width of a page."""
    return "\n\n".join(" ".join(part.split()) for part in text.replace("\b", "").split("\n\n") if part.strip())


def _usage(path: str, command: click.Command) -> str:
    words = [path] + ["[OPTIONS]"] * bool(_listed(command))
    words += [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    if isinstance(command, click.Group):
        words.append("[COMMAND]" if command.invoke_without_command else "COMMAND")
    return " ".join(words)


def _argument(one: click.Argument) -> str:
    if isinstance(one.type, click.Choice):
        return "|".join(map(str, one.type.choices))
    word = one.metavar or str(one.name).upper() + "…" * (one.nargs == -1)
    return word if one.required or word.startswith("[") else f"[{word}]"


def _listed(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


def _options(command: click.Command) -> str:
    lines = ["| option | meaning |", "|---|---|"]
    for one in _listed(command):
        word = "" if one.is_flag else f" {one.metavar or _kind(one)}"
        lines.append(f"| `{', '.join(one.opts)}{word}` | {_meaning(one)} |")
    return "\n".join(lines) + "\n"


def _kind(one: click.Option) -> str:
    kinds = {"integer": "NUMBER", "integer range": "NUMBER", "float": "NUMBER", "path": "PATH"}
    return kinds.get(one.type.name, "TEXT")


def _meaning(one: click.Option) -> str:
    text = (one.help or "").replace("|", "\\|").split("  [")[0]
    shown = one.show_default if isinstance(one.show_default, str) else one.default if one.show_default else None
    told = f" Default: {shown}." if shown is not None else ""
    return f"{text}{' Required.' if one.required else ''}{told}"


def _events() -> str:
    schema = schemas.schema("events")
    parts = [
        _MADE,
        "# Events\n",
        "An event is something that happened. Events are only ever appended. The store keeps the life of tasks, runs,",
        "decisions and sessions; what happens inside a run is in that run's `transcript.jsonl` ([files](files.md)), in",
        "the same shape. The published schema is `autonomy_pack/schemas/events.json`; every kind's data is closed:",
        "no field more, none less.\n",
        "## The envelope\n",
        _table(schema["properties"], "field"),
        "An event with a `key` happens at most once: appending it again changes nothing.\n",
        "## Kinds\n",
    ]
    for kind in EVENT_FIELDS:
        where, key, says = ABOUT[kind]
        told = f"Kept in the {where}" + (f"; key `{key}`." if key else ".")
        parts += [f"### `{kind}`\n", f"{says} {told}\n", _table(schema["$defs"][kind]["properties"], "data")]
    return "\n".join(parts)


def _table(properties: Mapping[str, Any], head: str) -> str:
    lines = [f"| {head} | type |", "|---|---|"]
    lines += [f"| `{name}` | {_type(about)} |" for name, about in properties.items()]
    return "\n".join(lines) + "\n"


def _type(about: Mapping[str, Any]) -> str:
    """What a schema says of one field, in words."""
    if "enum" in about:
        long = len(about["enum"]) > 6
        return "one of the kinds below" if long else ", ".join(f"`{word}`" for word in about["enum"])
    if "const" in about:
        return f"`{about['const']}`"
    kind = about.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if words == "array":
        words = f"list of {about.get('items', {}).get('type', 'anything')}"
    return words + (f": {about['description']}" if "description" in about else "")


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
