"""autonomy gc: removes refs that nobody needs any more."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.flows.gc import Swept


@click.command(name="gc")
@click.option("--days", default=30.0, show_default=True, help="Leave what was needed in so many days.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; write nothing.")
@options.repo
@options.as_json
def command(days: float, repo: Path, *, dry_run: bool, as_json: bool) -> None:
    """Remove refs of attempts that are long over from a store on refs; nothing that moved meanwhile is touched."""
    from autonomy_pack.flows import gc, project
    from autonomy_pack.store.gitrefs import GitRefs

    store = project.open_project(repo).store
    swept = gc.gc(store, days=days, dry_run=dry_run)
    if as_json:
        options.print_json([dataclasses.asdict(one) for one in swept])
    elif not isinstance(store, GitRefs):
        click.echo("Nothing to remove: this store keeps no refs.")
    else:
        click.echo(_told(swept, dry_run))


def _told(swept: list[Swept], dry_run: bool) -> str:
    verb = "would be removed" if dry_run else "removed"
    lines = [f"{verb}  {one.ref} ({one.oid[:12]})" for one in swept if one.removed]
    kept = Counter(one.why for one in swept if not one.removed)
    lines += [f"kept  {count}: {why}" for why, count in sorted(kept.items())]
    return "\n".join([*lines, f"{sum(one.removed for one in swept)} of {len(swept)} refs {verb}."])
