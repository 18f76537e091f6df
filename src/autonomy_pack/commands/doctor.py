"""autonomy doctor: what this machine and repository can do, and what they lack."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options


@click.command(name="doctor")
@options.repo
@options.as_json
@click.pass_context
def command(ctx: click.Context, repo: Path, as_json: bool) -> None:
    """Look at git, the sandbox, the repository, its trust, stop and store; and GitHub, where work is done there.

    Exit 1 when something is missing.
    """
    from autonomy_pack.flows import doctor

    fine, found = doctor.examine(repo)
    if as_json:
        lacks = [{"rule": one.rule, "risk": str(one.risk), "says": one.says, "fix": one.fix} for one in found]
        options.print_json({"fine": fine, "lacks": lacks})
    else:
        for line in fine:
            click.echo(f"  ok    {line}")
        for one in found:
            click.echo(f"  lacks {one.says}\n        Next: {one.fix}")
    ctx.exit(1 if found else 0)
