"""Which sandbox a session works in: the strongest there is, never silently weaker than asked for."""

from __future__ import annotations

from typing import Any

from autonomy_pack.contracts import Sandbox
from autonomy_pack.edges import host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import settings
from autonomy_pack.model import Command, Config, Room, value
from autonomy_pack.sandboxes import SANDBOXES

LEVELS = ("auto", "L2", "L1", "none")


@value
class Box:
    """The level that was reached and the sandbox that gives it; L0 runs no programs but our planner.

    `toolchain` are folders that every program in it may read, beyond what the sandbox shows by itself.
    """

    level: str
    sandbox: Sandbox
    missing: str = ""
    toolchain: tuple[str, ...] = ()

    def wrap(
        self,
        command: Command,
        work: str,
        readable: tuple[str, ...] = (),
        *,
        writable: tuple[str, ...] = (),
        socket: str = "",
        port: int = 0,
    ) -> Command:
        """The command, boxed; only for an agent with a model does a socket cross, and with a port TCP inside."""
        seen = (*filter(None, readable), *self.toolchain)
        return self.sandbox.wrap(command, Room(work=work, readable=seen, writable=writable, socket=socket, port=port))

    def told(self) -> dict[str, Any]:
        """What a session records of it: its level, and what a program can do in it that it cannot in the strongest."""
        lacks = [self.missing] if self.level == "L0" else list(self.sandbox.lacks())
        return {"sandbox": self.level, "sandbox_lacks": lacks}

    def need_for_programs(self) -> None:
        """UsageError where programs of a repository's or an agent's choosing may not run."""
        if self.level == "L0":
            raise UsageError(
                f"there is no sandbox for programs: {self.missing}",
                "Do what the message says; or a person may say --sandbox none.",
            )


def _users_word() -> str:
    """What the user's own settings say of the sandbox, "" when nothing; UsageError when that is no level."""
    word = settings.read().sandbox
    if word and word not in LEVELS:
        raise UsageError(f"the user's settings say sandbox: {one_line(word, 40)}", f"It is one of {', '.join(LEVELS)}.")
    return word


def _candidates(wanted: str, *, exactly: bool) -> list[Sandbox]:
    """The sandboxes that will do, strongest first."""
    walled = [one for one in SANDBOXES.values() if one.level != "none"]
    if wanted == "auto":
        return walled
    if wanted == "none" or exactly:
        return [one for one in SANDBOXES.values() if one.level == wanted]
    return [one for one in walled if LEVELS.index(one.level) <= LEVELS.index(wanted)]


def ladder() -> list[dict[str, Any]]:
    """Every sandbox with walls, strongest first: name, level, why it cannot be used here, what it leaves open."""
    return [
        {"name": name, "level": one.level, "missing": one.missing(), "lacks": list(one.lacks())}
        for name, one in SANDBOXES.items()
        if one.level != "none"
    ]


def choose(config: Config, asked: str | None) -> Box:
    """The box for a session. `asked` is the word of a person's flag; AUTONOMY_SANDBOX and the user's own configuration
    are a person's word too: it is that level. A configuration's word is the least that will do. Only a person may say
    none: a repository's configuration cannot, and in GitHub Actions nobody can.

    UsageError when the level asked for cannot be had.
    """
    said = asked or host.setting("AUTONOMY_SANDBOX") or _users_word()
    wanted = said or config.sandbox
    if wanted not in LEVELS:
        raise UsageError(f"unknown sandbox {wanted}", f"The levels are {', '.join(LEVELS)}.")
    if wanted == "none" and host.setting("GITHUB_ACTIONS") == "true":
        raise UsageError(
            "sandbox none is refused in GitHub Actions: programs without a box read the job's token from the processes "
            "beside them",
            "Say auto or L2; none is a person's word for a machine of their own.",
        )
    why: list[str] = []
    for sandbox in _candidates(wanted, exactly=bool(said)):
        missing = sandbox.missing()
        if not missing:
            return Box(level=sandbox.level, sandbox=sandbox)
        why.append(missing)
    if wanted != "auto":
        raise UsageError(
            f"sandbox {wanted} cannot be had here: {next(filter(None, why), 'this machine has none')}",
            "Do what the message says, or let a person choose another: --sandbox auto.",
        )
    # The launcher without walls still ends the planner when we die.
    why_not = next(filter(None, why), "this machine has no sandbox")
    return Box(level="L0", sandbox=SANDBOXES["none"], missing=why_not)
