"""autonomy task: what a person says about one task."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.group(name="task")
def command() -> None:
    """Try a task again, or leave it."""


@command.command()
@click.argument("task")
@click.option("--reason", default="", help="Why.")
@options.repo
def reset(task: str, reason: str, repo: Path) -> None:
    """Give a task its attempts back and take away what held it."""
    from autonomy_pack.flows import project, tasks

    opened = project.open_project(repo, about=task)
    found = tasks.reset(opened, task, reason)
    held = tasks.still_held(opened, found)
    click.echo(f"{found} may be tried again{f', but {held}' if held else '.'}")


@command.command()
@click.argument("task")
@click.option("--reason", default="", help="Why.")
@options.repo
def skip(task: str, reason: str, repo: Path) -> None:
    """Leave a task alone until it is reset."""
    from autonomy_pack.flows import project, tasks

    click.echo(f"{tasks.skip(project.open_project(repo, about=task), task, reason)} is skipped.")
