"""autonomy status: what is running, waiting, handed off and stopped."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options, remote


@click.command(name="status")
@options.repo
@options.as_json
def command(repo: Path, as_json: bool) -> None:
    """The state of a repository's work; changes nothing. With a token, whether it is stopped on GitHub, too."""
    from autonomy_pack.edges import host
    from autonomy_pack.flows import project, status
    from autonomy_pack.store import open_store

    place = project.find(repo)
    config = project.read_config(place)
    url = project.store_url(place, config)
    there = bool(host.setting("AUTONOMY_STORE")) or (place.workspace / "autonomy.db").exists()
    store = open_store(url, create=False) if there else None
    told = status.status(place, config, store)
    on_github = remote.held(place.root)
    if as_json:
        options.print_json(told)
        return
    from autonomy_pack.views import status as view

    if on_github:
        click.echo(f"stopped on GitHub by {on_github}; `autonomy resume --remote` lets work go on")

    click.echo(view.text(told))
