"""What `stop` and `resume` work with when the repository is on GitHub."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.edges import files, host
from autonomy_pack.errors import PackError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.flows.actions.remote_stop import Done, Open

NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
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
        github = hosting.github(hosting.named_by(named, hosting.server_url()) or named)
    objects = files.temporary("autonomy-remote-")

    def store() -> Store:
        return open_gitrefs(hosting.remote(github, objects / "objects.git"), create=github.create_ref)

    try:
        yield github, store
    finally:
        github.close()
        files.remove_tree(objects)


def folder(named: str, instead: str) -> Path:
    """The folder of a repository; UsageError for a name on GitHub, which needs the other form of the command."""
    place = Path(named)
    if not place.is_dir() and NAMED.fullmatch(named):
        raise UsageError(f"{named} is no folder here", f"On GitHub: autonomy {instead} --repo {named}")
    return place


def held(place: Path) -> str:
    """Why the repository is stopped on GitHub, as far as that can be known here: "" without a token, or without
    GitHub's answer, and where the repository's issues live in files."""
    from autonomy_pack.flows import hosting, project

    try:
        found = project.find(place)
        if not hosting.is_on_github(found, project.read_config(found)):
            return ""
        github = hosting.github(place=found)
    except PackError:
        return ""
    from autonomy_pack.flows.actions import remote_stop

    try:
        return remote_stop.held(github, remote_stop.WORKFLOW if hosting.has_loop(found) else "")
    except PackError:
        return ""
    finally:
        github.close()


def tell(done: Done) -> None:
    """What was done, and on standard error what could not be: before the sentence that says what holds now."""
    for line in done.done:
        click.echo(f"  {line}")
    sys.stdout.flush()
    for line in done.failed:
        click.echo(f"  not done: {line}", err=True)
    sys.stderr.flush()
