"""autonomy issue list: every open issue and why it is, or is not, worked on. issue process: one of them, now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.policy.budget import Asked
from autonomy_pack.edges.sanitize import one_line


@click.group(name="issue")
def command() -> None:
    """Issues as choosing sees them."""


@command.command("list")
@options.repo
@click.option("--agent", default=None, help="As if this agent did all of them; what it needs may be missing here.")
@options.forge
@options.as_json
def list_issues(repo: Path, agent: str | None, forge: str | None, as_json: bool) -> None:
    """Every open issue: the eligible ones in the order they would be worked on, then the others with their why.

    Some whys depend on the agent that would do it: its key, its program, its sandbox, its budget.
    """
    from autonomy_pack.flows import box, project, rehearse, trust

    place = project.find(repo)
    _, seen = rehearse.look(repo, agent, box.choose(project.read_config(place), None), forge=forge)
    if as_json:
        options.print_json([_row(choice) for choice in seen.choices])
    else:
        click.echo(_text(seen))
    if not trust.is_trusted(place):
        click.echo(
            "This repository's configuration is not trusted yet: `autonomy run` will ask for `autonomy trust`.",
            err=True,
        )
    for finding in seen.broken:
        click.echo(f"unreadable: {one_line(finding.says, 300)}\n  Next: {one_line(finding.fix, 300)}", err=True)


@command.command()
@click.argument("issue")
@options.repo
@click.option("--agent", default=None, help="This agent instead of the issue's.")
@click.option("--agent-command", default=None, help="The argv of agent `command`, as a shell would split it.")
@options.forge
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, with the whole diff; write nothing.")
@options.interactive
@options.spending
@options.as_json
@click.pass_context
def process(
    ctx: click.Context,
    issue: str,
    repo: Path,
    agent: str | None,
    agent_command: str | None,
    forge: str | None,
    sandbox: str | None,
    dry_run: bool,
    interactive: bool,
    as_json: bool,
    asked: Asked,
) -> None:
    """Work on one issue (`7` or `#7`), now: claim, attempt, examine, ask or hand off.

    Exit codes: 0 handed off, or nothing to change; 1 blocked; 2 wrong usage, or the issue is not eligible; 3 waiting
    for a person; 4 the attempt failed, or another session has the issue; 5 stopped. A dry run: 0 whatever it shows.
    """
    from autonomy_pack.commands.working import Working

    working = Working(
        repo,
        issue=issue.removeprefix("#"),
        agent=agent,
        agent_command=agent_command,
        forge=forge,
        sandbox=sandbox,
        as_json=as_json,
        asked=asked,
        interactive=interactive and not dry_run,
    )
    ctx.exit(working.rehearse("1", allow_continuous=False) if dry_run else working.run_one())


@command.command()
@click.argument("issue", required=False)
@click.option("--all", "every", is_flag=True, help="Every open issue that has no priority, at most 20.")
@options.repo
@click.option("--agent", default=None, help="This agent instead of the configuration's.")
@click.option("--agent-command", default=None, help="The argv of agent `command`, as a shell would split it.")
@options.forge
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--comment", is_flag=True, help="Also say it in one comment on the issue, edited in place.")
@options.as_json
@click.pass_context
def triage(
    ctx: click.Context,
    issue: str | None,
    every: bool,
    repo: Path,
    agent: str | None,
    agent_command: str | None,
    forge: str | None,
    sandbox: str | None,
    comment: bool,
    as_json: bool,
) -> None:
    """Let an agent propose priority, mission, lane and missing acceptance criteria of an issue (`7` or `#7`).

    A proposal is printed; it sets no label and starts no work: people with write do.

    Exit codes: 0 proposed, 2 wrong usage, 4 for one of them nothing was proposed, 5 stopped.
    """
    if (issue is None) == (not every):
        raise click.UsageError("give the number of an issue, or --all")
    from autonomy_pack.commands.triaging import Triaging

    words = (repo, issue, agent, agent_command or "", forge, sandbox)
    ctx.exit(Triaging(*words, comment=comment, as_json=as_json).run())


def _row(choice: Any) -> dict[str, object]:
    return {
        "id": choice.id,
        "title": choice.title,
        "priority": None if choice.priority is None else int(choice.priority),
        "lane": choice.lane,
        "agent": choice.agent,
        "mission": choice.mission,
        "eligible": choice.eligible,
        "why": choice.why,
    }


def _text(seen: Any) -> str:
    from autonomy_pack.views.table import table

    rows: list[tuple[object, ...]] = [("in order", "id", "priority", "lane", "mission", "agent", "why")]
    for number, one in enumerate(seen.choices, 1):
        order = number if one.eligible else "–"
        priority = "–" if one.priority is None else one.priority
        rows.append((order, one.id, priority, one.lane or "–", one.mission or "–", one.agent or "–", one.why))
    return table(rows) if seen.choices else "No open issues. `autonomy init` writes a first one."
