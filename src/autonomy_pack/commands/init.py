"""autonomy init: a configuration and a first issue."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="init")
@options.repo
@click.option("--labels", is_flag=True, help="Make in the repository on GitHub what is missing of our labels.")
def command(repo: Path, labels: bool) -> None:
    """Write a configuration and a first issue where there are none; what exists is kept as it is.

    With --labels: our labels instead, on GitHub; that needs GH_TOKEN. `autonomy fleet install` writes the workflows.
    """
    from autonomy_pack.flows import init, project

    place = project.find(repo)
    for path, written in [] if labels else init.init(place):
        click.echo(f"  {'wrote' if written else 'kept '}   {path}")
    if labels:
        made = init.labels(place)
        click.echo(f"  made    {len(made.names)} labels" if made.names else "  every label is there")
        if made.trouble:
            click.echo(f"  Uninstalling will leave them: {made.trouble}", err=True)
    else:
        click.echo("Next: `autonomy issue list`, then `autonomy run --dry-run`.")
