"""autonomy fleet verify: what is wrong with an installation, in a clone or over many repositories; writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.across import WHICH

if TYPE_CHECKING:
    from autonomy_pack.policy.fleet.verdict import Verdict


def _which(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(WHICH):
        function = option(function)
    return function


@click.command()
@options.repo
@_which
@click.option("--quick", is_flag=True, help="With --org: by what one read of a hundred shows; needs to read only.")
@click.option("--report-file", type=click.Path(path_type=Path, dir_okay=False), help="Every finding, as Markdown.")
@options.as_json
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for a spreadsheet instead of text.")
@click.pass_context
def verify(
    ctx: click.Context,
    repo: Path,
    org: str,
    all_repos: bool,
    repos: tuple[str, ...],
    topic: tuple[str, ...],
    property: tuple[str, ...],  # noqa: A002
    quick: bool,
    report_file: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Hold what is there against what the lock says was installed; each fault with its cause and its fix.

    It writes nothing, anywhere. With --org: the repositories of an organisation or person, all where none are named;
    without --quick also their settings, as far as the token may see them. What it may not see is told as unknown.

    Exit 0: all as it should be; 1: something is not; 4: some repository could not be looked at.
    """
    from autonomy_pack.policy.fleet.verdict import status

    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two ways to print: say one.")
    if not org and (all_repos or repos or topic or property):
        raise click.UsageError("--repos, --topic and --property are for many repositories: say --org OWNER too.")
    loud = not (as_json or as_csv)
    if org:
        verdicts = _over(org, repos, topic, property, quick=quick, loud=loud)
    else:
        verdicts = [_here(repo, as_json=as_json, loud=loud)]
    _print(verdicts, org, as_json=as_json, as_csv=as_csv)
    if report_file:
        _report(report_file, verdicts, org or verdicts[0].name)
    ctx.exit(status(verdicts))


def _here(repo: Path, *, as_json: bool, loud: bool) -> Verdict:
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import verifying
    from autonomy_pack.policy.fleet.verdict import of_findings
    from autonomy_pack.views import verdicts as view

    place = project.find(repo)
    findings = verifying.verify(place)
    if as_json:
        options.print_json([view.of_finding(one) for one in findings])
    for one in findings if loud else ():
        click.echo(view.finding(one))
    if loud:
        click.echo(f"{len(findings)} to look at." if findings else "All as it should be.")
    return of_findings(place.root.name, tuple(findings))


def _over(
    org: str, repos: tuple[str, ...], topics: tuple[str, ...], properties: tuple[str, ...], *, quick: bool, loud: bool
) -> list[Verdict]:
    from autonomy_pack.errors import UsageError
    from autonomy_pack.flows.fleet import across
    from autonomy_pack.flows.fleet.checkup import Checkup
    from autonomy_pack.policy.fleet.selection import Selection, property_of
    from autonomy_pack.views import verdicts as view

    wanted = tuple(map(property_of, properties))
    selection = Selection(globs=repos, topics=topics, properties=wanted, everything=True)
    fleet = across.connect(org)
    fleet.calls.waiting = _waiting
    found = []
    try:
        values = across.properties(fleet, selection, ())
        for one in Checkup(fleet, full=not quick).over(lambda target: selection.has(target, values)):
            found.append(one)
            _counted(len(found), quick=quick)
            for line in view.lines(one) if loud else ():
                click.echo(line)
    finally:
        fleet.close()
    if not found:
        raise UsageError(f"no repository of {org} is meant", "Look at --repos, --topic and what the token may see.")
    return found


def _print(verdicts: list[Verdict], org: str, *, as_json: bool, as_csv: bool) -> None:
    from autonomy_pack.views import verdicts as view

    if as_csv:
        click.echo(view.table(verdicts), nl=False)
    elif org and as_json:
        options.print_json([view.data(one) for one in verdicts])
    elif org:
        click.echo(view.summary(verdicts))


def _report(file: Path, verdicts: list[Verdict], title: str) -> None:
    from autonomy_pack.edges import files
    from autonomy_pack.views import verdicts as view

    files.write(file.absolute(), view.report(verdicts, title))
    click.echo(f"{file} has every finding.", err=True)


def _counted(number: int, *, quick: bool) -> None:
    if number % (1000 if quick else 25) == 0:
        click.echo(f"{number} repositories looked at …", err=True)


def _waiting(seconds: float, why: str) -> None:
    click.echo(f"Waiting {seconds:.0f} s: {why}.", err=True)
