"""What `stop` and `resume` work with when the repository is on GitHub."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.edges import files, host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.flows.actions.remote_stop import Done, Open

workflow = click.option(
    "--workflow",
    default="autonomous-agent-loop.yml",
    show_default=True,
    help="File name of the workflow that runs the loop, on GitHub.",
)
repo = click.option(
    "--repo",
    default=".",
    show_default="the current folder",
    metavar="PATH|OWNER/NAME",
    help="The repository: a folder, or with --remote also its name on GitHub.",
)


@contextmanager
def opened(named: str) -> Iterator[tuple[GitHub, Open]]:
    """GitHub for a repository that is named or that a folder is a clone of, and how to open its store."""
    from autonomy_pack.contracts import Store
    from autonomy_pack.flows import hosting, project
    from autonomy_pack.store.gitrefs import open_gitrefs

    folder = Path(named)
    if folder.is_dir():
        said = host.setting("GITHUB_REPOSITORY")
        github = hosting.github(said or None, None if said else project.find(folder))
    else:
        github = hosting.github(named)
    objects = files.temporary("autonomy-remote-")

    def store() -> Store:
        return open_gitrefs(hosting.remote(github, objects / "objects.git"), create=github.create_ref)

    try:
        yield github, store
    finally:
        github.close()
        files.remove_tree(objects)


def tell(done: Done) -> None:
    """What was done, and on standard error what could not be."""
    for line in done.done:
        click.echo(f"  {line}")
    for line in done.failed:
        click.echo(f"  not done: {line}", err=True)
