"""Any program: it works in its folder, reads its task on standard input, and whatever it prints is what it said."""

from __future__ import annotations

from autonomy_pack.edges import host
from autonomy_pack.errors import UsageError
from autonomy_pack.model import Brief, Command, Seen

secrets: tuple[str, ...] = ()
protocol = ""
model = ""
needs_port = False
tells_end = False

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
_CHARACTERS = 4000


def runs_programs(brief: Brief) -> bool:  # noqa: ARG001  (it is one)
    """Always."""
    return True


def command(brief: Brief) -> Command:
    """The program that a person named, by flag or in the user's own settings; UsageError when nobody did."""
    if not brief.argv:
        raise UsageError("agent command has no program to run", "Name it: --agent-command 'my-agent --quiet'.")
    given = host.environment()
    env = {name: given[name] for name in _PASSED_ON if name in given}
    if brief.returns:
        env["AUTONOMY_RETURNED"] = f"{brief.home}/returned.json"
    return Command(
        argv=brief.argv,
        cwd=brief.work,
        env=env,
        stdin=brief.prompt.encode(),
    )


def read(line: bytes) -> Seen:
    """Something it said, cut at 4,000 characters; it never waits."""
    return Seen(events=(("agent.said", {"text": line.decode(errors="replace")[:_CHARACTERS]}),))
