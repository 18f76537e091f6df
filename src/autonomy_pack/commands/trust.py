"""autonomy trust: a person's word that a repository's configuration may run programs here."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="trust")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
def command(path: Path) -> None:
    """Trust the configuration, missions and instructions of the repository at PATH, exactly as they are now.

    Shows every program that they may run, and what they let models cost.
    """
    from autonomy_pack.flows import project, trust

    place = project.find(path)
    for line in trust.programs(place):
        click.echo(f"  may run   {line}")
    for line in trust.spending(place):
        click.echo(f"  may spend {line}")
    trust.trust_by_person(place)
    click.echo(f"Trusted {place.root}. Any change to these files asks again.")
