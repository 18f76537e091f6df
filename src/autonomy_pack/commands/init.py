"""autonomy init: a configuration and a first issue."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="init")
@options.repo
@click.option("--github", metavar="OWNER/NAME@COMMIT", help="The workflows that call the pack's, pinned to a commit.")
@click.option("--runs-on", multiple=True, metavar="LABEL", help="Runner label; repeat for several.")
@click.option("--private-pack", is_flag=True, help="Secret AUTONOMY_PACK_TOKEN reads the pack's repository.")
@click.option("--enterprise-server", is_flag=True, help="Leave out keys that only github.com knows.")
def command(
    repo: Path, github: str | None, runs_on: tuple[str, ...], private_pack: bool, enterprise_server: bool
) -> None:
    """Write a configuration and a first issue where there are none; what exists is kept as it is.

    With --github: the three workflows of GitHub Actions instead.
    """
    from autonomy_pack.flows import init, project

    place = project.find(repo)
    if github:
        pack, _, commit = github.partition("@")
        ways = {"private": private_pack, "hosted": not enterprise_server}
        done = init.callers(place, pack, commit, runs_on or ("ubuntu-latest",), **ways)
    else:
        done = init.init(place)
    for path, written in done:
        click.echo(f"  {'wrote' if written else 'kept '}   {path}")
    if github:
        click.echo("Next: commit them to the default branch, label an issue `priority:high`, dispatch the loop.")
    else:
        click.echo("Next: `autonomy issue list`, then `autonomy run --dry-run`.")
