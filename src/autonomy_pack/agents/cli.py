"""Not an agent: how the command-line agents of others are started with settings of ours only, and understood.

Nothing of the user's or the repository's own settings reaches them: each is pointed at folders below `Brief.home` by
explicit variables, and speaks to nobody but the run's gateway, whose bearer is all they ever hold.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from typing import Any

from autonomy_pack.edges import host
from autonomy_pack.edges.confined import Confined
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Command, Endpoint, Package, Seen, Usage, Verdict

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
_CHARACTERS = 4000
_MOST = 1 << 53

# Every key of a provider that we know of: none of them may reach an agent of others.
SECRETS = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CODEX_API_KEY",
    "CODEX_ACCESS_TOKEN",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "COPILOT_GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
)

Event = tuple[str, Mapping[str, Any]]


# --- starting ------------------------------------------------------------------------------------------------------


def way(brief: Brief, agent: str) -> Endpoint:
    """Its way to a model; UsageError when it has none."""
    if brief.endpoint is None:
        raise UsageError(f"agent {agent} has no way to a model", "Allow one: limits usd and tokens of the mission.")
    return brief.endpoint


def started(brief: Brief, agent: str, package: Package) -> tuple[str, ...]:
    """The words that start its program; UsageError when it was not installed, or is not made for this machine."""
    if not brief.program:
        raise UsageError(f"the program of agent {agent} is not installed", f"Run `autonomy agent install {agent}`.")
    return words(package, brief.program)


def words(package: Package, folder: str) -> tuple[str, ...]:
    """What starts the program that was installed to `folder`; UsageError when it is not made for this machine."""
    argv = package.argv.get(machine()) or package.argv.get("any")
    if argv is None:
        raise UsageError(
            f"{package.name} {package.version} is not made for this machine ({machine()})",
            f"It runs on {', '.join(package.argv)}; choose another agent here.",
        )
    return tuple(word.format(folder=folder, python=sys.executable) for word in argv)


def machine() -> str:
    """This machine as packages are made for it: "linux-x86_64"."""
    return f"{sys.platform}-{platform.machine()}"


def command(brief: Brief, argv: tuple[str, ...], env: Mapping[str, str], *, cwd: str = "", after: str = "") -> Command:
    """The program, with no environment but a few words of ours; it reads its prompt on standard input."""
    given = host.environment()
    passed = {name: given[name] for name in _PASSED_ON if name in given}
    return Command(
        argv=argv,
        cwd=cwd or brief.work,
        env={**passed, "HOME": brief.home, **env},
        stdin=brief.prompt.encode("utf-8", "replace"),
        after=after,
    )


def settle(brief: Brief, files: Mapping[str, str]) -> None:
    """Write settings below `brief.home`; no link is followed, for an earlier turn of the agent may have left some."""
    home = Confined(brief.home)
    for path, text in files.items():
        home.write(path, text.encode())


def may(brief: Brief) -> frozenset[str]:
    """What the mission lets it do beyond reading: a part of {"edit", "run"}. A mission that names no tools, or that
    wants a document back, lets it only read."""
    tools = set() if brief.returns else set(brief.mission.tools)
    return frozenset(["edit"] * bool(tools & {"edit", "write"}) + ["run"] * ("run" in tools))


def need(brief: Brief, agent: str, tool: str, why: str) -> None:
    """UsageError when the mission does not let an agent use the one tool that it cannot do without.

    A run that gives back a document hands off no change, so there the tool harms nothing: its folder is thrown away.
    """
    if tool not in may(brief) and not brief.returns:
        raise UsageError(
            f"agent {agent} {why}, and mission {brief.mission.name} does not allow it",
            f"Add {tool} to the mission's tools, or choose agent anthropic or claude, which can be held to reading.",
        )


# --- reading -------------------------------------------------------------------------------------------------------


def document(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None for anything else: garbage, and lines so long that they were cut."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def inner(said: Any, *names: str) -> Mapping[str, Any]:
    """The object at that path inside another, {} when there is none."""
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said if isinstance(said, dict) else {}


def text(said: Any) -> str:
    """A text, "" for anything else."""
    return said if isinstance(said, str) else ""


def listed(said: Any) -> list[dict[str, Any]]:
    """The objects of a list, [] for anything else."""
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def told(words: str) -> tuple[Event, ...]:
    """Something it said, cut at 4,000 characters."""
    return (("agent.said", {"text": words[:_CHARACTERS]}),) if words.strip() else ()


def raw(line: bytes) -> Seen:
    """A line that is not of its protocol."""
    return Seen(events=told(line.decode(errors="replace")))


def used(name: Any, arguments: Any) -> tuple[Event, ...]:
    """A tool that it began to use; numbered by nobody, for these agents do not wait for us."""
    return (("step.started", {"step": 0, "tool_call": {"name": text(name), "arguments": _short(arguments)}}),)


def _short(arguments: Any) -> Any:
    try:
        shown = json.dumps(arguments, default=str)
    except RecursionError:
        return "… nested too deep"
    return arguments if len(shown) <= _CHARACTERS else shown[:_CHARACTERS]


def counted(said: Any, names: Mapping[str, str]) -> tuple[dict[str, int], tuple[Event, ...]]:
    """Tokens by our words, and what is to be logged: keys that nobody knows. `names` maps theirs to ours ("" = known,
    and counted elsewhere or not a count)."""
    given = inner(said)
    ours: dict[str, int] = {}
    for theirs, name in names.items():
        count = given.get(theirs)
        if name and type(count) is int and 0 <= count <= _MOST:
            ours[name] = ours.get(name, 0) + count
    unknown = sorted(str(key)[:60] for key in set(given) - set(names))
    return ours, told(f"unknown usage keys: {', '.join(unknown)}") if unknown else ()


def usage(counts: Mapping[str, int], *, cached_in_input: bool) -> Usage | None:
    """Those counts; None when there are none. `cached_in_input`: the provider counts what it read of its cache as
    input too."""
    if not counts:
        return None
    cache = counts.get("cache_read", 0)
    fresh = counts.get("input", 0) - (cache if cached_in_input else 0)
    return Usage(
        input=max(0, fresh), output=counts.get("output", 0), cache_read=cache, cache_write=counts.get("cache_write", 0)
    )


def failed(why: str, *, events: tuple[Event, ...] = (), **rest: Any) -> Seen:
    """It says that it failed."""
    return Seen(events=events, verdict=Verdict(ok=False, why=unwrapped(why) or "it failed and did not say why", **rest))


def unwrapped(message: str) -> str:
    """The sentence of an error that is JSON inside a text, else the text."""
    start = message.find("{")
    said = document(message[start:].rstrip("] \n").encode()) if start >= 0 else None
    found = text(inner(said, "error").get("message")) or text(inner(said).get("message"))
    return found or message.strip()
