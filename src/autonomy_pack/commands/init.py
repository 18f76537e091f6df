"""autonomy init: a configuration and a first issue."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="init")
@options.repo
def command(repo: Path) -> None:
    """Write a configuration and a first issue where there are none; what exists is kept as it is."""
    from autonomy_pack.flows import init, project

    for path, written in init.init(project.find(repo)):
        click.echo(f"  {'wrote' if written else 'kept '}   {path}")
    click.echo("Next: `autonomy issue list`, then `autonomy run --dry-run`.")
