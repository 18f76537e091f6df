"""autonomy pr: pull requests that agents made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.policy.budget import Asked


@click.group(name="pr")
def command() -> None:
    """Pull requests on GitHub."""


@command.command()
@click.argument("number", type=click.IntRange(1, 1_000_000_000))
@options.repo
@click.option("--agent", default=None, help="This agent instead of the one that made it.")
@click.option("--agent-command", default=None, help="The argv of agent `command`, as a shell would split it.")
@options.spending
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--dry-run", is_flag=True, help="Say why CI failed and what would be done; write nothing.")
@options.as_json
@click.pass_context
def repair(
    ctx: click.Context,
    number: int,
    repo: Path,
    agent: str | None,
    agent_command: str | None,
    asked: Asked,
    sandbox: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Mend the CI of a pull request that we made: read why it failed, let an agent work on top of it, judge, push.

    Only ours, only where nobody else pushed, as often as the configuration's `attempts` says. What is no fault of the
    code (a lost runner, a missing secret) is told, not tried.

    Exit codes: 0 mended, or nothing to mend; 1 blocked, or nothing that an attempt would mend; 2 wrong usage, or not
    ours; 3 waiting for a person; 4 the attempt failed; 5 stopped.
    """
    from autonomy_pack.commands.mending import Mending

    mending = Mending(repo, number, agent, agent_command or "", asked, sandbox, as_json=as_json)
    ctx.exit(mending.show() if dry_run else mending.run())


@command.command()
@click.argument("number", type=click.IntRange(1, 1_000_000_000))
@options.repo
@click.option("--agent", "agents", multiple=True, help="This agent; repeat for several. Default: the configuration's.")
@click.option("--agent-command", default=None, help="The argv of agent `command`, as a shell would split it.")
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--comment", is_flag=True, help="Also say it in one comment on the pull request, edited in place.")
@options.as_json
@click.pass_context
def review(
    ctx: click.Context,
    number: int,
    repo: Path,
    agents: tuple[str, ...],
    agent_command: str | None,
    sandbox: str | None,
    comment: bool,
    as_json: bool,
) -> None:
    """Let agents judge a pull request, each alone, with tools that only read; print what they say.

    What an agent says may raise the risk that the guards found, never lower it. Nothing is written but the comment, and
    that only when it is asked for; nothing approves, requests changes or merges.

    Exit codes: 0 nothing to look at; 1 something is at or above `ask_from`; 2 wrong usage; 4 an agent gave no opinion;
    5 stopped.
    """
    from autonomy_pack.commands.reviewing import Reviewing

    reviewing = Reviewing(repo, number, agents, agent_command or "", sandbox, comment=comment, as_json=as_json)
    ctx.exit(reviewing.run())
