"""What a person asks for all repositories of a fleet, and what that means for one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from enum import StrEnum

from autonomy_pack import __version__
from autonomy_pack.agents import AGENTS as SHIPPED
from autonomy_pack.errors import UsageError
from autonomy_pack.flows.fleet import released
from autonomy_pack.model import value
from autonomy_pack.policy.fleet.backup import Backup
from autonomy_pack.policy.fleet.lock import Inputs, Lock, sha256
from autonomy_pack.policy.fleet.steps import Act, Step

AGENTS = ".github/autonomy/agents/"
_GIVEN = ("pack", "sha", "version")


class Verb(StrEnum):
    """What is done: the word that commits and pull requests begin with."""

    INSTALL = "install"
    SYNC = "update"
    PREVIOUS = "go back"
    UNINSTALL = "remove"
    RESTORE = "restore"


@value
class Order:
    """`given`: inputs of a first install, but for the schedule; `pack`: OWNER/NAME@COMMIT for a sync, "" = as it is.

    `continuous`: they start by themselves, at `schedule` or each hour at a minute of their own. `force`: also what was
    removed or declined, and files of our names; `direct`: no pull request; `forks`: these too. `labels`: make ours that
    are missing here and now, not in a repository's first run. `keep_labels`, `keep_agents`: a removal leaves labels, or
    instructions of agents; `said`: those of the inputs that an install names, cron among them, which change also where
    the pack is installed; `records`: it deletes refs/autonomy too. `backups`: by the repository's name, for going back
    to them.
    """

    verb: Verb
    given: Inputs | None = None
    said: frozenset[str] = frozenset()
    pack: str = ""
    continuous: bool = False
    schedule: str = ""
    force: bool = False
    direct: bool = False
    labels: bool = False
    keep_labels: bool = False
    keep_agents: bool = False
    records: bool = False
    backups: Mapping[str, Backup] = field(default_factory=dict)
    forks: bool = False

    def __post_init__(self) -> None:
        """UsageError for what can stand in no repository: it is told once, before any of them is asked."""
        given = self.given or (first(self.pack) if self.pack else None)
        if given and given.agent and given.agent not in SHIPPED:
            raise UsageError(f"there is no agent {given.agent[:40]!r}", f"--agent is one of {', '.join(SHIPPED)}.")
        if given:
            released.kit(replace(given, cron=cron("", allow=self.continuous, asked=self.schedule)))


class NotInstalled(UsageError):
    """There is nothing to bring up to date, or to take out."""


def inputs_for(order: Order, name: str, lock: Lock | None) -> Inputs | None:
    """What OWNER/NAME is to have; None = nothing. NotInstalled where there is no lock and one is needed.

    Where the pack is installed, an install changes what is said; all else stays as that repository has it.
    """
    given = order.given and replace(order.given, cron=cron(name, allow=order.continuous, asked=order.schedule))
    if lock is None:
        if order.verb is not Verb.INSTALL or given is None:
            raise NotInstalled("the pack is not installed there", "Install it: `autonomy fleet install --help`.")
        return given
    if order.verb is Verb.UNINSTALL:
        return None
    if order.verb is Verb.PREVIOUS:
        return previous(lock)
    if order.verb is Verb.INSTALL and given is not None:
        return replace(lock.inputs, **{word: getattr(given, word) for word in (*_GIVEN, *order.said)})
    return newer(lock.inputs, order.pack)


def spared(steps: Iterable[Step], *, agents: bool) -> tuple[Step, ...]:
    """The steps of a removal that leaves instructions of agents, when that is asked for."""
    return tuple(
        Step(act=Act.KEEP, path=step.path, why="--preserve-agents leaves it")
        if agents and step.act is Act.REMOVE and step.path.startswith(AGENTS)
        else step
        for step in steps
    )


def first(pack: str, **given: object) -> Inputs:
    """The inputs of a first install, with this release's version; `pack` is OWNER/NAME@COMMIT, else UsageError."""
    name, _, commit = pack.partition("@")
    if not commit:
        raise UsageError(
            "it is not said where the pack is", "Give --pack OWNER/NAME@COMMIT, with all 40 digits of the commit."
        )
    return Inputs(pack=name, sha=commit, version=__version__, **given)  # type: ignore[arg-type]


def newer(before: Inputs, pack: str) -> Inputs:
    """The inputs that are installed, with this release's version and, when it is given, another pack's commit."""
    now = replace(before, version=__version__)
    if not pack:
        return now
    return first(pack, **{one.name: getattr(now, one.name) for one in fields(now) if one.name not in _GIVEN})


def previous(lock: Lock) -> Inputs:
    """The inputs before the last sync that changed them; UsageError when there were none, or nobody knows how."""
    before = lock.previous
    if before is None:
        raise UsageError("there was nothing before what is installed", "`autonomy fleet uninstall` takes it out.")
    if not released.known(before.version):
        says = f"this release does not know the templates of {before.version}"
        raise UsageError(says, f"Install autonomy-pack {before.version}, or newer, and say it again.")
    return before


def cron(name: str, *, allow: bool, asked: str) -> str:
    """When the loop starts by itself: never unless it is allowed; else as asked, or each hour.

    The minute comes from the repository's name without its owner: not all of an organisation's start at once.
    UsageError for a schedule that is not allowed.
    """
    if asked and not allow:
        raise UsageError("a schedule lets it start by itself", "Say --allow-continuous too, or leave --schedule out.")
    minute = int(sha256(name.rpartition("/")[2])[:8], 16) % 60
    return (asked or f"{minute} * * * *") if allow else ""
