"""autonomy stop: nothing new begins, and what runs is dead within 5 s."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="stop")
@click.option("--reason", default="", help="Why; shown wherever the stop is.")
@options.repo
def command(reason: str, repo: Path) -> None:
    """Stop all work on a repository until `autonomy resume`. Work done so far is kept."""
    from autonomy_pack.flows import project, stop

    unrecorded = stop.set_stop(project.find(repo), reason)
    click.echo("Stopped. Running agents are ended within 5 s; `autonomy resume` lets work go on.")
    if unrecorded:
        click.echo(f"It holds, but could not be recorded as an event: {unrecorded}", err=True)
