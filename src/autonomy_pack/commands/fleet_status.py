"""autonomy fleet status: which release is where, what is proposed, what is stopped, how runs go."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.across import which
from autonomy_pack.policy.fleet.overview import Standing
from autonomy_pack.policy.fleet.rows import counted

_COLUMNS = ("repository", "release", "commit", "proposal", "stopped", "schedule", "runs")


@click.command()
@which
@options.as_json
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for a spreadsheet instead of text.")
def status(
    org: str,
    all_repos: bool,
    repos: tuple[str, ...],
    topic: tuple[str, ...],
    property: tuple[str, ...],  # noqa: A002
    as_json: bool,
    as_csv: bool,
) -> None:
    """Which release of the pack is in which repository of --org, and what became of what was proposed. Reads only.

    A hundred repositories cost one request. All of them are meant where none are named.
    """
    from autonomy_pack.errors import UsageError
    from autonomy_pack.flows.fleet import across
    from autonomy_pack.policy.fleet.selection import Selection, property_of

    if not org:
        raise click.UsageError("it is not said whose repositories: say --org OWNER.")
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two ways to print: say one.")
    narrowed = bool(repos or topic or property)
    wanted = tuple(map(property_of, property))
    selection = Selection(globs=repos, topics=topic, properties=wanted, everything=all_repos or not narrowed)
    found = across.overview(org, selection)
    if not found:
        raise UsageError(f"no repository of {org} is meant", "Look at --repos, --topic and what the token may see.")
    if as_json:
        options.print_json([_data(one) for one in found])
    else:
        click.echo(_table(found) if as_csv else _text(found, org), nl=False)


def _data(one: Standing) -> dict[str, str | bool]:
    told = (one.name, one.state, one.commit, one.proposal, one.stopped, one.schedule, one.runs)
    return dict(zip(_COLUMNS, told, strict=True))


def _table(found: Iterable[Standing]) -> str:
    from autonomy_pack.views.verdicts import calm

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows([calm(str(each)) for each in _data(one).values()] for one in found)
    return text.getvalue()


def _text(found: list[Standing], org: str) -> str:
    from autonomy_pack.edges.sanitize import one_line

    counts = Counter(one.state for one in found)
    told = ", ".join(f"{counts[each]} {one_line(each, 40)}" for each in sorted(counts))
    lines = [f"{counted(len(found), 'repository')} of {org}: {told}."]
    for one in found:
        more = [one.commit[:7], one.proposal, "stopped" if one.stopped else "", one_line(one.schedule, 60), one.runs]
        lines.append(
            f"{one_line(one.state, 30):16} {one_line(one.name, 140)}  {'  '.join(filter(None, more))}".rstrip()
        )
    return "\n".join(lines) + "\n"
