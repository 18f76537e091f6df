"""autonomy roadmap generate: what an agent thinks is worth doing next, for people to judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.policy.budget import Asked


@click.group(name="roadmap")
def command() -> None:
    """What might be done next."""


@command.command()
@options.repo
@click.option("--agent", default=None, help="Who proposes.  [default: the mission's, else the configuration's]")
@click.option("--agent-command", default="", help="The argv of agent `command`, as a shell would split it.")
@click.option("--into", default=None, help="issue, or a Markdown file such as docs/ROADMAP.md.  [default: issue]")
@options.spending
@options.forge
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option(
    "--dry-run", is_flag=True, help="Say who would be asked and where it would go; ask nobody, write nothing."
)
@options.as_json
@click.pass_context
def generate(
    ctx: click.Context,
    repo: Path,
    agent: str | None,
    agent_command: str,
    into: str | None,
    asked: Asked,
    forge: str | None,
    sandbox: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let an agent read the repository and its open issues, and propose; as one issue without labels, or one file.

    Nothing that it proposes is carried out: a person opens and labels an issue for that. Called again, it changes the
    issue that it opened, while that is open. Agent `planner` has no model: then the open issues are shown
    by priority and nothing is written, and with --into it is wrong usage.

    Exit codes: 0 done; 1 blocked; 2 wrong usage; 3 waiting for a person; 4 the agent gave nothing usable; 5 stopped.
    """
    from autonomy_pack.commands.proposing import Proposing
    from autonomy_pack.commands.working import argv_of
    from autonomy_pack.flows.roadmap import ISSUE, Wanted

    wanted = Wanted(agent=agent, into=into or ISSUE, argv=argv_of(agent_command), asked=asked)
    ctx.exit(Proposing(repo, wanted, forge, sandbox, placed=into is not None, as_json=as_json).call(dry_run=dry_run))
