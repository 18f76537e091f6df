"""autonomy run: work on eligible issues. run list, show, explain, recover: look back at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.flows.project import Project
    from autonomy_pack.policy.budget import Asked


@click.group(invoke_without_command=True, name="run")
@options.repo
@click.option("--max-issues", default=None, help="At most this many issues, 1 to 10.  [default: the configuration's]")
@click.option("--issue", default=None, help="Only this issue.")
@click.option("--agent", default=None, help="This agent for every issue.")
@click.option("--agent-command", default=None, help="The argv of agent `command`, as a shell would split it.")
@options.forge
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, with the whole diff; write nothing.")
@options.interactive
@options.spending
@click.option("--allow-continuous", is_flag=True, help="Allow more than 10 issues.")
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    repo: Path,
    max_issues: str | None,
    issue: str | None,
    agent: str | None,
    agent_command: str | None,
    forge: str | None,
    sandbox: str | None,
    dry_run: bool,
    interactive: bool,
    allow_continuous: bool,
    as_json: bool,
    asked: Asked,
) -> None:
    """Work on eligible issues: choose, claim, attempt, examine, ask or hand off, summarise.

    Exit codes: 0 every chosen issue was handed off, waits, was blocked or needed no change; 2 wrong usage; 3 the
    repository is not trusted yet; 4 a run failed, timed out, stalled, could not go on, or met a budget or a rate limit;
    5 stopped.
    A dry run: 0 whatever it shows.
    """
    if ctx.invoked_subcommand:
        ctx.obj = repo
        return
    from autonomy_pack.commands.working import Working

    working = Working(
        repo,
        issue=issue,
        agent=agent,
        agent_command=agent_command,
        forge=forge,
        sandbox=sandbox,
        as_json=as_json,
        interactive=interactive and not dry_run,
        asked=asked,
    )
    code = working.rehearse(max_issues, allow_continuous) if dry_run else working.run(max_issues, allow_continuous)
    ctx.exit(code)


@command.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@options.repo
@options.as_json
@click.pass_obj
def list_runs(outer: Path, limit: int, repo: Path, as_json: bool) -> None:
    """The newest runs with their outcomes."""
    from autonomy_pack.flows import runs
    from autonomy_pack.views import past
    from autonomy_pack.views.table import table

    rows = [past.row(one.id, one.events) for one in runs.all_of(_looked_at(outer, repo), limit)]
    if as_json:
        options.print_json(rows)
    elif rows:
        click.echo(table([list(rows[0]), *(list(row.values()) for row in rows)]))
    else:
        click.echo("No run yet. `autonomy run` makes one.")


@command.command()
@click.argument("run")
@click.option("--diff", is_flag=True, help="The change it made.")
@click.option("--log", is_flag=True, help="What the agent and the checks printed.")
@options.repo
@options.as_json
@click.pass_obj
def show(outer: Path, run: str, diff: bool, log: bool, repo: Path, as_json: bool) -> None:
    """One run, by its id (`.#7/3`) or its issue (`7`, `#7`: its newest run)."""
    from autonomy_pack.edges.redact import redact
    from autonomy_pack.edges.sanitize import visible
    from autonomy_pack.flows import records, runs
    from autonomy_pack.views import past

    opened = _looked_at(outer, repo)
    found = runs.find(opened, run)
    if diff or log:
        text = runs.diff(opened, found) if diff else runs.log(found)
        click.echo(visible(redact(text, records.known_secrets())))
    elif as_json:
        options.print_json(runs.record(found))
    else:
        click.echo(past.story(found.id, found.events))


@command.command()
@click.argument("run")
@options.repo
@click.pass_obj
def explain(outer: Path, run: str, repo: Path) -> None:
    """Tell a run's story: every event and step, in order, and what to do next."""
    from autonomy_pack.flows import runs
    from autonomy_pack.views import past

    found = runs.find(_looked_at(outer, repo), run)
    steps = runs.transcript(found) if found.folder else []
    click.echo(past.explained(found.id, found.events, steps))


@command.command()
@click.argument("run")
@options.repo
@click.pass_obj
def recover(outer: Path, run: str, repo: Path) -> None:
    """Make the change that a run kept (blocked, failed, stopped) a branch, for a person to look at."""
    from autonomy_pack.flows import runs

    opened = _looked_at(outer, repo)
    found = runs.find(opened, run)
    branch = runs.recover(opened, found)
    click.echo(f"The change of run {found.id} is on branch {branch}; nothing else was touched.")
    at = "git" + options.spoken(_chosen(outer, repo))[1].replace(" --repo ", " -C ")
    click.echo(f"  Look at   {at} diff {opened.base.branch}...{branch}")
    click.echo(f"  Remove    {at} branch -D {branch}")


@command.command()
@click.argument("run")
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@options.repo
@options.as_json
@click.pass_context
def replay(ctx: click.Context, run: str, sandbox: str | None, repo: Path, as_json: bool) -> None:
    """Make a run again, offline, with the recorded answers of its model, and say where it differs. Nothing is written.

    Exit 0 when it comes out the same, 1 when it does not, 2 when its records do not tell enough.
    """
    from autonomy_pack.commands import replaying

    ctx.exit(replaying.replay(_chosen(ctx.obj, repo), run, sandbox, as_json=as_json))


def _looked_at(outer: Path, inner: Path) -> Project:
    """The repository, to look back at its runs: for that no forge is asked, so no token is needed."""
    from autonomy_pack.flows import project

    return project.open_project(_chosen(outer, inner), forge="local")


def _chosen(outer: Path, inner: Path) -> Path:
    """`autonomy run --repo X list` and `autonomy run list --repo X` mean the same."""
    return inner if inner != Path() else outer
