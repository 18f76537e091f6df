"""autonomy fleet: the pack in a repository: install, sync, verify, uninstall."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.across import Across, across
from autonomy_pack.commands.across import carry_out as carry_out_across
from autonomy_pack.commands.fleet_verify import verify

if TYPE_CHECKING:
    from autonomy_pack.model import Place
    from autonomy_pack.policy.fleet.plan import Step

_dry_run = click.option("--dry-run", is_flag=True, help="Print the plan with its differences; write nothing.")
_force = click.option("--force", is_flag=True, help="Write again what was removed; take over files of our names.")
_pack = click.option("--pack", metavar="OWNER/NAME@COMMIT", help="Where the pack is, and the commit to call.")


@click.group(name="fleet")
def command() -> None:
    """The pack's files in a repository: what is there, what should be, and one plan between the two.

    A line that somebody wrote is never lost: an edited file is merged, or left alone and named.
    """


@command.command()
@options.repo
@_pack
@click.option("--allow-continuous", is_flag=True, help="Let it start by itself, every hour.")
@click.option("--schedule", default="", metavar="CRON", help="With --allow-continuous: when; five fields.")
@click.option("--runs-on", multiple=True, metavar="LABEL", help="Runner label; repeat for several.")
@click.option("--agent", default="", metavar="NAME", help="Begin a file of instructions for this agent.")
@click.option("--private-pack", is_flag=True, help="Secret AUTONOMY_PACK_TOKEN reads the pack's repository.")
@click.option("--review", is_flag=True, help="Also the workflow that lets agents review pull requests.")
@click.option("--repair", is_flag=True, help="Also the workflow that mends handoffs whose workflows failed.")
@click.option("--enterprise-server", is_flag=True, help="Leave out keys that only github.com knows.")
@across
@_force
@_dry_run
@options.as_json
@click.pass_context
def install(
    ctx: click.Context,
    repo: Path,
    pack: str | None,
    allow_continuous: bool,
    schedule: str,
    runs_on: tuple[str, ...],
    agent: str,
    private_pack: bool,
    review: bool,
    repair: bool,
    enterprise_server: bool,
    many: Across | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the pack's files into a clone; commit them yourself. What somebody else wrote there is left alone.

    With --org: into many repositories by the API, each by a pull request. Where the pack is installed already, what
    that repository chose for itself stays.

    Exit 0: done, or nothing to do; 1: a file has to be looked at by hand; 4: in some repository it failed.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone, order
    from autonomy_pack.flows.fleet.order import Order, Verb

    given = order.first(
        pack or "",
        runs_on=runs_on or ("ubuntu-latest",),
        agent=agent,
        private=private_pack,
        review=review,
        repair=repair,
        hosted=not enterprise_server,
    )
    asked = Order(verb=Verb.INSTALL, given=given, continuous=allow_continuous, schedule=schedule, force=force)
    if many:
        carry_out_across(ctx, many, asked, dry=dry_run, as_json=as_json)
    place = project.find(repo)
    inputs = order.inputs_for(asked, place.root.name, None)
    assert inputs is not None  # noqa: S101 - an install wants something
    _carry_out(ctx, place, clone.install(place, inputs, force=force), dry=dry_run, as_json=as_json)


@command.command()
@options.repo
@_pack
@click.option("--previous", is_flag=True, help="Back to what was installed before the last change of it.")
@across
@_force
@_dry_run
@options.as_json
@click.pass_context
def sync(
    ctx: click.Context,
    repo: Path,
    pack: str | None,
    previous: bool,
    many: Across | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring what is installed up to date with this release; what was edited there is merged.

    In a clone it writes the files. With --org: in many repositories by the API, each by a pull request; what has to be
    merged by hand is left alone in a draft.

    Exit 0: done, or nothing to do; 1: a file has to be merged by hand, and was left alone; 4: in some repository it
    failed.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone, order
    from autonomy_pack.flows.fleet.order import Order, Verb

    asked = Order(verb=Verb.PREVIOUS if previous else Verb.SYNC, pack=pack or "", force=force)
    if many:
        carry_out_across(ctx, many, asked, dry=dry_run, as_json=as_json)
    place = project.find(repo)
    inputs = order.inputs_for(asked, place.root.name, clone.look(place, ()).lock)
    assert inputs is not None  # noqa: S101 - a sync wants something
    _carry_out(ctx, place, clone.install(place, inputs, force=force), dry=dry_run, as_json=as_json)


command.add_command(verify)


@command.command()
@options.repo
@click.option("--confirm", is_flag=True, help="Needed: it removes files.")
@across
@_dry_run
@options.as_json
@click.pass_context
def uninstall(ctx: click.Context, repo: Path, confirm: bool, many: Across | None, dry_run: bool, as_json: bool) -> None:
    """Take out what the pack wrote and nobody changed; edited files stay and are named.

    In a clone, or with --org in many repositories by the API, each by a pull request.
    """
    from autonomy_pack.errors import UsageError
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone
    from autonomy_pack.flows.fleet.order import Order, Verb

    if not confirm and not dry_run:
        raise UsageError("uninstall removes files", "Look first with --dry-run, then say --confirm.")
    if many:
        carry_out_across(ctx, many, Order(verb=Verb.UNINSTALL), dry=dry_run, as_json=as_json)
    place = project.find(repo)
    _carry_out(ctx, place, clone.uninstall(place), dry=dry_run, as_json=as_json)


def _carry_out(ctx: click.Context, place: Place, steps: tuple[Step, ...], *, dry: bool, as_json: bool) -> None:
    from autonomy_pack.flows.fleet import clone
    from autonomy_pack.policy.fleet.plan import Act
    from autonomy_pack.views import fleet as view

    before = clone.texts(place, steps)
    if as_json:
        options.print_json(view.data(steps, before))

    def tell(step: Step) -> None:
        if not as_json:
            click.echo(view.line(step))

    if dry:
        for step in steps:
            tell(step)
            if not as_json and step.changes:
                click.echo(view.difference(step, before.get(step.path, "")))
    else:
        clone.apply(place, steps, tell)
    if not as_json:
        click.echo(view.summary(steps, dry=dry))
    ctx.exit(1 if any(step.act is Act.CONFLICT for step in steps) else 0)
