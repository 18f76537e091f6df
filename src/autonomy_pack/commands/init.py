"""autonomy init: a configuration and a first issue."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="init")
@options.repo
@click.option("--github", metavar="OWNER/NAME@COMMIT", help="The workflows that call the pack's, pinned to a commit.")
@click.option("--labels", is_flag=True, help="Make in the repository on GitHub what is missing of our labels.")
@click.option("--runs-on", multiple=True, metavar="LABEL", help="Runner label; repeat for several.")
@click.option("--private-pack", is_flag=True, help="Secret AUTONOMY_PACK_TOKEN reads the pack's repository.")
@click.option("--review", is_flag=True, help="Also the workflow that lets agents review pull requests.")
@click.option("--repair", is_flag=True, help="Also the workflow that mends handoffs whose workflows failed.")
@click.option("--enterprise-server", is_flag=True, help="Leave out keys that only github.com knows.")
def command(
    repo: Path,
    github: str | None,
    labels: bool,
    runs_on: tuple[str, ...],
    private_pack: bool,
    review: bool,
    repair: bool,
    enterprise_server: bool,
) -> None:
    """Write a configuration and a first issue where there are none; what exists is kept as it is.

    With --github: the three workflows of GitHub Actions instead. With --labels: our labels, there; that needs GH_TOKEN.
    """
    from autonomy_pack.flows import init, project

    place = project.find(repo)
    if github:
        pack, _, commit = github.partition("@")
        ways = {"private": private_pack, "hosted": not enterprise_server, "review": review, "repair": repair}
        done = init.callers(place, pack, commit, runs_on or ("ubuntu-latest",), **ways)
    else:
        done = [] if labels else init.init(place)
    for path, written in done:
        click.echo(f"  {'wrote' if written else 'kept '}   {path}")
    if github:
        for path in init.differing(place, done, pack, commit):
            click.echo(
                f"  {path} calls another commit: change `uses:` and `pack_sha:` in it, or remove it and call again"
            )
    if labels:
        made = init.labels(place)
        click.echo(f"  made    {len(made.names)} labels" if made.names else "  every label is there")
        if made.trouble:
            click.echo(f"  Uninstalling will leave them: {made.trouble}", err=True)
    if github:
        click.echo(_NEXT)
    elif not labels:
        click.echo("Next: `autonomy issue list`, then `autonomy run --dry-run`.")


_NEXT = """Next:
  1. Commit them with .github/autonomy.yml to the default branch.
  2. Settings, Actions, General: tick "Allow GitHub Actions to create and approve pull requests".
  3. `autonomy init --labels` makes the labels.
  4. Give an issue with an Acceptance Criteria section the labels `priority:high` and `mission:NAME`.
  5. Dispatch "Autonomous agent loop"; first with dry_run."""
