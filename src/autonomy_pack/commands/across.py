"""Options that fleet commands share to work across the repositories of an owner, and how their rows are printed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from autonomy_pack.commands import options
from autonomy_pack.model import value

if TYPE_CHECKING:
    from pathlib import Path

    from autonomy_pack.edges.github.fleet import Fleet
    from autonomy_pack.flows.fleet.journal import Journal
    from autonomy_pack.flows.fleet.many import Planned
    from autonomy_pack.flows.fleet.order import Order
    from autonomy_pack.policy.fleet.selection import Selection


@value
class Across:
    """Which repositories a person means, and how a change gets to them."""

    org: str
    all_repos: bool
    repos: tuple[str, ...]
    topic: tuple[str, ...]
    property: tuple[str, ...]
    forks: bool
    direct: bool
    rings: str
    soak: float
    per_hour: int
    labels: bool


class _Duration(click.ParamType[float]):
    """A number with s, m, h or d, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        if not found:
            self.fail(f"{value!r} is no duration: say 90m, 24h or 7d.", param, ctx)
        return int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[found[2]]


def _named(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """An owner that is given and empty is a mistake, as of an unset variable, and never means this clone."""
    if not value and ctx.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT:
        raise click.BadParameter("it is empty: give the name of an organisation or person.", ctx, param)
    return value


DURATION = _Duration()
WHICH = (
    click.option(
        "--org",
        metavar="OWNER",
        default="",
        callback=_named,
        help="All over the repositories of an organisation or person.",
    ),
    click.option("--all-repos", is_flag=True, help="With --org: every repository."),
    click.option("--repos", multiple=True, metavar="GLOB", help="With --org: those whose name fits; repeat for more."),
    click.option("--topic", multiple=True, metavar="TOPIC", help="With --org: those that have this topic."),
    click.option(
        "--property", multiple=True, metavar="NAME=VALUE", help="With --org: those with this custom property."
    ),
)
_HOW = (
    click.option("--forks", is_flag=True, help="Forks too."),
    click.option("--direct/--pr", default=False, help="Commit to the default branch, or propose it.  [default: --pr]"),
    click.option("--rings", default="", metavar="LIST", help="In rings, as in topic:canary,10%,50%,100%."),
    click.option("--soak", type=DURATION, default="24h", show_default=True, help="How long a ring shows how it does."),
    click.option("--labels", is_flag=True, help="Make missing labels now; else each repository's first run does."),
    click.option(
        "--per-hour",
        type=click.IntRange(1, 1_000_000),
        default=480,
        show_default=True,
        help="Writes an hour; GitHub says at most 500.",
    ),
)


anyway = click.option("--force", is_flag=True, help="With --org: also where a stop is set, or it was declined.")


def which(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which repositories are meant."""
    for option in reversed(WHICH):
        function = option(function)
    return function


def across(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of an order across many repositories, given to the command as `many`: None without --org."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        own = {name: kwargs.pop(name) for name in Across.__dataclass_fields__}
        if not own["org"]:
            _need_none(own)
        return function(*args, many=Across(**own) if own["org"] else None, **kwargs)

    for option in reversed((*WHICH, *_HOW)):
        command = option(command)
    return command


def _need_none(own: dict[str, Any]) -> None:
    named = [
        name for name in ("all_repos", "repos", "topic", "property", "forks", "direct", "rings", "labels") if own[name]
    ]
    if named:
        raise click.UsageError(f"--{named[0].replace('_', '-')} is for many repositories: say --org OWNER too.")


def carry_out(
    ctx: click.Context, many: Across, order: Order, *, dry: bool, as_json: bool, backup: bool = False
) -> NoReturn:
    """Plan, print, carry out, print; ends the command: 0 done, 1 something to look at by hand, 4 something failed."""
    from autonomy_pack.flows import hosting
    from autonomy_pack.flows.fleet import across as flow
    from autonomy_pack.flows.fleet.journal import Journal
    from autonomy_pack.views import fleet_rows as view

    order = replace(order, direct=many.direct, forks=many.forks, labels=many.labels)
    _selection(many)  # before anything is asked of anybody
    fleet = flow.connect(many.org, per_hour=many.per_hour)
    fleet.calls.waiting = _waiting
    told = Journal(many.org, hosting.server_url())
    rows = view.Rows(differences=dry)

    def show(one: Planned) -> None:
        for line in () if as_json else rows.lines(one.row, one.before):
            click.echo(line)

    try:
        every, halted = _planned(fleet, many, order, told)
        if not as_json:
            least = fleet.pace.least(sum(one.row.reason in view.CHANGES for one in every))
            click.echo(view.summary([one.row for one in every], many.org, seconds=least))
        if dry:
            for one in every:
                show(one)
        else:
            every = flow.carried_out(fleet, every, order, told, show, keep=_keep(many, backup=backup))
    finally:
        told.close()
        fleet.close()
    if as_json:
        options.print_json([view.data(one.row, one.before, differences=dry) for one in every])
    else:
        click.echo(view.ended([one.row for one in every], dry=dry))
    ctx.exit(_code(every, halted=halted))


def _selection(many: Across) -> Selection:
    from autonomy_pack.policy.fleet.selection import Selection, property_of

    wanted = tuple(map(property_of, many.property))
    return Selection(globs=many.repos, topics=many.topic, properties=wanted, everything=many.all_repos)


def _planned(fleet: Fleet, many: Across, order: Order, told: Journal) -> tuple[list[Planned], bool]:
    """(a row for each repository that is meant, whether a ring in which runs fail halts everything)."""
    from autonomy_pack.errors import UsageError
    from autonomy_pack.flows.fleet import across as flow
    from autonomy_pack.flows.fleet import policies
    from autonomy_pack.flows.fleet.order import Verb
    from autonomy_pack.policy.fleet.rings import parse

    rings = parse(many.rings) if many.rings else ()
    selection = _selection(many)
    values = flow.properties(fleet, selection, rings)
    targets = flow.chosen(fleet, selection, values, labels=many.labels, runs=bool(rings))
    every = policies.heeded(fleet, flow.planned(fleet, targets, order, told, _counted), order)
    if not every:
        fix = "Look at --repos, --topic, --property and what the token may see."
        raise UsageError(f"no repository of {many.org} is meant", fix)
    if not rings:
        return every, False
    every, held = flow.in_rings(every, rings, values, many.soak, runs=order.verb is not Verb.UNINSTALL)
    return every, held.halted


def _keep(many: Across, *, backup: bool) -> Path | None:
    """The folder into which what files hold is written first, named to who waits; None without --backup."""
    from autonomy_pack.flows.fleet import across as flow

    if not backup:
        return None
    folder = flow.backup_folder(many.org)
    click.echo(f"What files hold now is kept in {folder}.", err=True)
    return folder


def _code(every: list[Planned], *, halted: bool) -> int:
    from autonomy_pack.policy.fleet.rows import Reason

    reasons = {one.row.reason for one in every}
    if Reason.FAILED in reasons:
        return 4
    by_hand = reasons & {Reason.DRAFT, Reason.UNREADABLE} or any(one.row.by_hand for one in every)
    return 1 if halted or by_hand else 0


def _counted(number: int) -> None:
    if number % 1000 == 0:
        click.echo(f"{number} repositories looked at …", err=True)


def _waiting(seconds: float, why: str) -> None:
    click.echo(f"Waiting {seconds:.0f} s: {why}.", err=True)
