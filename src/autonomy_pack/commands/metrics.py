"""autonomy metrics: numbers folded from events."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.group(name="metrics")
def command() -> None:
    """Numbers about the work: each is a fold over events."""


@command.command()
@click.option("--hours", default=168.0, show_default=True, help="How far to look back.")
@options.repo
@options.as_json
def show(hours: float, repo: Path, as_json: bool) -> None:
    """Every metric over the last hours; "unknown" where there is nothing to tell it from."""
    from autonomy_pack.edges import clock
    from autonomy_pack.flows import project
    from autonomy_pack.metrics import METRICS
    from autonomy_pack.views.table import table

    store = project.open_project(repo).store
    events = list(store.events(since=clock.later(store.now(), -hours * 3600)))
    told = {name: metric(events) for name, metric in METRICS.items()}
    if as_json:
        options.print_json(told)
        return
    about = {name: (metric.__doc__ or "").splitlines()[0] for name, metric in METRICS.items()}
    click.echo(table([(name, "unknown" if told[name] is None else told[name], about[name]) for name in told]))


@command.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="How far to look back.")
@options.repo
@options.as_json
def cost(days: int, repo: Path, as_json: bool) -> None:
    """What models cost: by day, issue, agent and model. A call that was never settled counts in full."""
    from autonomy_pack.edges import clock
    from autonomy_pack.flows import project
    from autonomy_pack.views import cost as view

    store = project.open_project(repo).store
    since = clock.later(store.now(), -days * 86400)
    told = view.calls(store.events(kinds=["run.started", "spend.reserved", "spend.settled"], since=since))
    if as_json:
        options.print_json(view.sums(told))
    else:
        click.echo(view.text(told))


@command.command(name="rate-limits")
@options.repo
@options.as_json
def rate_limits(repo: Path, as_json: bool) -> None:
    """What GitHub's limits leave to this token, and when they are full again."""
    import dataclasses

    from autonomy_pack.edges import host
    from autonomy_pack.flows import hosting, project
    from autonomy_pack.flows.rate_limits import rate_limits as limits
    from autonomy_pack.views.table import table

    named = host.setting("GITHUB_REPOSITORY")
    told = limits(hosting.github(named or None, None if named else project.find(repo)))
    if as_json:
        options.print_json([dataclasses.asdict(one) for one in told])
    elif told:
        rows = [(one.resource, one.remaining, one.limit, one.reset) for one in told]
        click.echo(table([("RESOURCE", "LEFT", "OF", "FULL AGAIN"), *rows]))
    else:
        click.echo("This server sets no limits.")
