"""autonomy resume: the explicit act that ends a stop."""

from __future__ import annotations

import click

from autonomy_pack.commands import remote as remotely
from autonomy_pack.errors import NeedsPerson, WorldError


@click.command(name="resume")
@click.option("--remote", is_flag=True, help="Take the stop on GitHub away: STOP, and the workflow if we disabled it.")
@click.option("--enable-workflow", is_flag=True, help="With --remote: enable the workflow whoever disabled it.")
@remotely.workflow
@remotely.repo
def command(*, remote: bool, enable_workflow: bool, workflow: str, repo: str) -> None:
    """Take the stop away; `autonomy run` works again. On GitHub (--remote) a token is needed: GH_TOKEN."""
    if remote or enable_workflow:
        _remotely(repo, workflow, enable=enable_workflow)
        return
    from autonomy_pack.flows import project, stop

    place = remotely.folder(repo, "resume --remote")
    was_set = stop.resume(project.find(place))
    click.echo("Resumed; `autonomy run` goes on." if was_set else "Nothing was stopped here.")
    if there := remotely.held(place):
        click.echo(f"The repository on GitHub is stopped: {there}. To let it go on: autonomy resume --remote")


def _remotely(repo: str, workflow: str, *, enable: bool) -> None:
    from autonomy_pack.flows.actions import remote_stop

    with remotely.opened(repo) as (github, store):
        done = remote_stop.resume(github, store, workflow, enable=enable)
        remotely.tell(done)
        if not done.known:
            raise WorldError(
                f"it is not known whether {github.repo} is still stopped", "Do what is said above, then resume again."
            )
        if done.holds:
            raise NeedsPerson(f"{github.repo} is still stopped", "Do what is said above, then resume again.")
        if done.failed:
            raise WorldError(f"{github.repo} goes on, but not all of it could be done", "Do what is said above.")
        click.echo(f"{github.repo} goes on." if done.done else "Nothing was stopped.")
