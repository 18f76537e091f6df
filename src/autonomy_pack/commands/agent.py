"""autonomy agent: which agents there are, which programs of others are installed, installing one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.model import Package


@click.group(name="agent")
def command() -> None:
    """Agents: which there are, which programs of others are installed, installing one."""


@command.command(name="list")
@options.as_json
def listed(as_json: bool) -> None:
    """List every agent: which need a program of others, and whether that is installed."""
    from autonomy_pack.agents import AGENTS
    from autonomy_pack.flows import install_agent

    rows = [_row(name, agent.protocol, install_agent.package_of(name)) for name, agent in AGENTS.items()]
    if as_json:
        options.print_json(rows)
        return
    for row in rows:
        speaks = f"speaks {row['protocol']}" if row["protocol"] else "asks no model"
        there = f"installed {row['installed']}" if row["installed"] else "not installed"
        program = f"{row['package']} {row['locked']}: {there}" if row["package"] else "needs no program of others"
        click.echo(f"  {row['agent']:<9} {speaks}; {program}")


def _row(name: str, protocol: str, package: Package | None) -> dict[str, str]:
    from autonomy_pack.flows import install_agent

    record = install_agent.installed(name) if package else {}
    return {
        "agent": name,
        "package": package.name if package else "",
        "locked": package.version if package else "",
        "installed": str(record.get("version", "")),
        "protocol": protocol,
    }


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
