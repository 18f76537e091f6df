"""autonomy fleet restore: a clone's files as they were before the pack changed them."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.in_clone import carry_out


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@options.repo
@click.option("--dry-run", is_flag=True, help="Print the plan with its differences; write nothing.")
@options.as_json
@click.pass_context
def restore(ctx: click.Context, backup: Path, repo: Path, dry_run: bool, as_json: bool) -> None:
    """Put a clone's files back as BACKUP has them, a file that --backup wrote.

    What is there now is kept in a backup of its own first. What somebody edited since goes back too, and is named.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import backups

    place = project.find(repo)
    carry_out(ctx, place, backups.restore(place, backup), dry=dry_run, as_json=as_json, backup=True)
