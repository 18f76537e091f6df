"""autonomy fleet restore: files as they were before the pack changed them, in a clone or in many repositories."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.across import Across, across, anyway
from autonomy_pack.commands.across import carry_out as carry_out_across
from autonomy_pack.commands.in_clone import carry_out


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@options.repo
@across
@anyway
@click.option("--dry-run", is_flag=True, help="Print the plan with its differences; write nothing.")
@options.as_json
@click.pass_context
def restore(
    ctx: click.Context, backup: Path, repo: Path, many: Across | None, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Put files back as BACKUP has them: a file that --backup wrote, or with --org the folder of them.

    What is there now is kept in a backup of its own first. What somebody edited since goes back too, and is named.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import backups
    from autonomy_pack.flows.fleet.across import kept_in
    from autonomy_pack.flows.fleet.order import Order, Verb

    if many:
        order = Order(verb=Verb.RESTORE, backups=kept_in(backup), force=force)
        carry_out_across(ctx, many, order, dry=dry_run, as_json=as_json, backup=True)
    place = project.find(repo)
    carry_out(ctx, place, backups.restore(place, backup), dry=dry_run, as_json=as_json, backup=True)
