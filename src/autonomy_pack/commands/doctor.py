"""autonomy doctor: what this machine and repository can do, and what they lack."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="doctor")
@options.repo
@options.as_json
@click.option("--agent", "agent", default="", help="Look whether that agent could work here, and at nothing else.")
@click.pass_context
def command(ctx: click.Context, repo: Path, as_json: bool, agent: str) -> None:
    """Look at git, the sandbox, the repository, its trust, stop and store; and GitHub, where work is done there.

    Exit 1 when something is missing.
    """
    from autonomy_pack.flows import box, doctor, doctor_agent

    fine, found = doctor_agent.examine(agent) if agent else doctor.examine(repo)
    if as_json:
        lacks = [{"rule": one.rule, "risk": str(one.risk), "says": one.says, "fix": one.fix} for one in found]
        told = {} if agent else {"sandboxes": box.ladder()}
        options.print_json({"fine": fine, "lacks": lacks, **told})
    else:
        for line in fine:
            click.echo(f"  ok    {line}")
        for one in found:
            click.echo(f"  lacks {one.says}\n        Next: {one.fix}")
    ctx.exit(1 if found else 0)
