"""autonomy stop: nothing new begins, and what runs is dead within 5 s (15 s when it is stopped on GitHub)."""

from __future__ import annotations

import click

from autonomy_pack.commands import remote as remotely


@click.command(name="stop")
@click.option("--reason", default="", help="Why; shown wherever the stop is.")
@click.option("--remote", is_flag=True, help="Stop it on GitHub: its workflow, and STOP on its default branch.")
@click.option("--disable-workflow", is_flag=True, help="Stop it on GitHub by its workflow alone.")
@remotely.workflow
@remotely.repo
def command(reason: str, *, remote: bool, disable_workflow: bool, workflow: str, repo: str) -> None:
    """Stop all work on a repository until `autonomy resume`. Work done so far is kept.

    On GitHub (--remote, --disable-workflow) a token is needed: GH_TOKEN or GITHUB_TOKEN.
    """
    if remote or disable_workflow:
        _remotely(repo, reason, workflow, whole=remote)
    else:
        _here(repo, reason)


def _remotely(repo: str, reason: str, workflow: str, *, whole: bool) -> None:
    from autonomy_pack.flows.actions import remote_stop

    with remotely.opened(repo) as (github, store):
        if whole:
            remotely.tell(remote_stop.stop(github, store, reason, workflow))
        else:
            click.echo(f"  {remote_stop.disable(github, store, reason, workflow)}")
        click.echo(
            f"{github.repo} is stopped. Running jobs end within 15 s; `autonomy resume --remote` lets work go on."
        )


def _here(repo: str, reason: str) -> None:
    from autonomy_pack.flows import project, stop

    unrecorded = stop.set_stop(project.find(remotely.folder(repo, "stop --remote")), reason)
    click.echo("Stopped. Running agents are ended within 5 s; `autonomy resume` lets work go on.")
    if unrecorded:
        click.echo(f"It holds, but could not be recorded as an event: {unrecorded}", err=True)
