"""autonomy resume: the explicit act that ends a stop."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="resume")
@options.repo
def command(repo: Path) -> None:
    """Take the stop away; `autonomy run` works again."""
    from autonomy_pack.flows import project, stop

    was_set = stop.resume(project.find(repo))
    click.echo("Resumed; `autonomy run` goes on." if was_set else "Nothing was stopped.")
