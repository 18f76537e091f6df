"""`autonomy db`: the store's own upkeep."""

from __future__ import annotations

from pathlib import Path

import click

_STORE = click.option("--store", metavar="URL", help="Another store: sqlite:///PATH, a path, or postgresql://…")
_REPO = click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="The repository; default: here.")


@click.group(name="db")
def command() -> None:
    """Migrate and check the store."""


@command.command()
@_STORE
@_REPO
def migrate(store: str | None, repo: Path) -> None:
    """Bring the tables up to date; a backup is made first. Safe to run again."""
    from autonomy_pack.flows import database

    done = database.migrate(store or _store_of(repo))
    if done.before == done.after:
        click.echo(f"Nothing to do: the store has schema {done.after}.")
    else:
        click.echo(f"Migrated from schema {done.before} to {done.after}.")
    if done.backup:
        click.echo(f"Backup: {done.backup}")


@command.command()
@click.option("--rebuild", is_flag=True, help="Fold the heads anew from the events first.")
@_STORE
@_REPO
@click.pass_context
def check(context: click.Context, store: str | None, repo: Path, *, rebuild: bool) -> None:
    """Check the database, and that its heads are what its events say. Exit 1 when something is wrong."""
    from autonomy_pack.flows import database

    findings = database.check(store or _store_of(repo), rebuild=rebuild)
    for finding in findings:
        click.echo(f"{finding.risk}  {finding.rule}  {finding.where}\n  {finding.says}\n  → {finding.fix}")
    if findings:
        context.exit(1)
    click.echo("The store is sound: its heads are what its events say.")


def _store_of(repo: Path) -> str:
    from autonomy_pack.flows import project

    place = project.find(repo)
    return project.store_url(place, project.read_config(place))
