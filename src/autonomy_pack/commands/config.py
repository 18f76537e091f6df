"""autonomy config: is it valid, and what does it come to."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.group(name="config")
def command() -> None:
    """The repository's `.github/autonomy.yml`."""


@command.command()
@options.repo
@options.as_json
@click.pass_context
def validate(ctx: click.Context, repo: Path, as_json: bool) -> None:
    """Every problem of the configuration, with file, line and fix. Exit 0 when there is none, else 1."""
    from autonomy_pack import config
    from autonomy_pack.edges import files
    from autonomy_pack.flows import project

    path = project.find(repo).root / project.CONFIG_FILE
    text = files.read(path).decode("utf-8", "replace") if path.is_file() else ""
    problems = config.config_problems(text, project.CONFIG_FILE)
    if not problems:
        project.read_config(project.find(repo))
    if as_json:
        options.print_json([{"where": one.where, "says": one.says, "fix": one.fix} for one in problems])
    for one in () if as_json else problems:
        click.echo(f"{one.where}: {one.says}\n  Next: {one.fix}")
    if not problems and not as_json:
        click.echo(f"{project.CONFIG_FILE} is valid." if path.is_file() else "No configuration: the defaults hold.")
    ctx.exit(1 if problems else 0)


@command.command()
@options.repo
def show(repo: Path) -> None:
    """The configuration as it is understood, defaults included, as JSON."""
    from dataclasses import asdict

    from autonomy_pack.flows import project

    options.print_json(asdict(project.read_config(project.find(repo))))
