"""How fleet commands print a plan for a clone, and carry it out: what a dry run prints is what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.model import Place
    from autonomy_pack.policy.fleet.steps import Step


def carry_out(
    ctx: click.Context,
    place: Place,
    steps: tuple[Step, ...],
    *,
    dry: bool,
    as_json: bool,
    backup: bool = False,
    then: str = "",
) -> NoReturn:
    """Ends the command: 1 when a file has to be looked at by hand. `then`: what a person does next."""
    from autonomy_pack.flows.fleet import backups, clone
    from autonomy_pack.policy.fleet.steps import Act
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
        if backup and any(step.changes for step in steps):
            click.echo(f"What was there is in {backups.keep(place, steps)}", err=as_json)
        clone.apply(place, steps, tell)
    if not as_json:
        click.echo(view.summary(steps, dry=dry))
        if then and any(step.changes for step in steps):
            click.echo(then)
    ctx.exit(1 if any(step.act is Act.CONFLICT for step in steps) else 0)
