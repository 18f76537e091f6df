"""autonomy agent: the programs of agents of others: which there are, which are installed, installing one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from autonomy_pack.commands import options


@click.group(name="agent")
def command() -> None:
    """The programs of agents of others: which there are, which are installed, installing one."""


@command.command(name="list")
@options.as_json
def listed(as_json: bool) -> None:
    """List every agent that has a program of its own, and whether that is installed."""
    from autonomy_pack.agents import AGENTS
    from autonomy_pack.flows import install_agent

    rows: list[dict[str, Any]] = []
    for name, package in install_agent.packaged().items():
        record = install_agent.installed(name)
        rows.append(
            {
                "agent": name,
                "package": package.name,
                "locked": package.version,
                "installed": str(record.get("version", "")),
                "protocol": AGENTS[name].protocol,
            }
        )
    if as_json:
        options.print_json(rows)
        return
    for row in rows:
        there = f"installed {row['installed']}" if row["installed"] else "not installed"
        click.echo(f"  {row['agent']:<9} {row['package']} {row['locked']}, speaks {row['protocol']}: {there}")


@command.command(name="install")
@click.argument("name")
@click.option("--version", "version", default="", help="Another version than the locked one.")
@click.option("--allow-unlocked", is_flag=True, help="Install that version although the pack has no hashes of it.")
@options.repo
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
def install(name: str, version: str, allow_unlocked: bool, repo: Path, sandbox: str | None) -> None:
    """Install the program of agent NAME, in a box that has no secret and reaches the configured registries only."""
    from autonomy_pack.errors import PackError
    from autonomy_pack.flows import box, install_agent, project
    from autonomy_pack.model import Config

    try:
        config = project.read_config(project.find(repo))
    except PackError:  # there need not be a repository
        config = Config()
    chosen = box.choose(config, sandbox)
    for line in install_agent.install(name, chosen, version=version, unlocked=allow_unlocked):
        click.echo(line)
