"""autonomy mission: which missions there are, whether they are right, and what one would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autonomy_pack.commands import options

if TYPE_CHECKING:
    from autonomy_pack.policy.budget import Asked


@click.group(name="mission")
def command() -> None:
    """Missions: the repository's own and the shipped ones."""


@command.command("list")
@options.repo
@options.as_json
@click.pass_context
def list_missions(ctx: click.Context, repo: Path, as_json: bool) -> None:
    """Every mission; a broken file is listed with its problem. Exit 1 when there is one."""
    from autonomy_pack.flows import missions, project
    from autonomy_pack.views import mission as view

    found = missions.listed(project.find(repo))
    if as_json:
        options.print_json([_row(one) for one in found])
    else:
        click.echo(view.listing((one.name, one.file, one.mission, one.problems) for one in found))
    ctx.exit(1 if any(one.problems for one in found) else 0)


@command.command()
@click.argument("targets", metavar="[FILE|NAME]…", nargs=-1)
@options.repo
@options.as_json
@click.pass_context
def validate(ctx: click.Context, targets: tuple[str, ...], repo: Path, as_json: bool) -> None:
    """Every problem of these missions (of all, when none is named), with file, line and fix.

    Exit 0 when there is none, 1 when there is, 2 for a name or file that does not exist.
    """
    from autonomy_pack.flows import missions, project
    from autonomy_pack.views import mission as view

    found = missions.asked(project.find(repo), targets)
    problems = [problem for one in found for problem in one.problems]
    if as_json:
        options.print_json([_row(one) for one in found])
    else:
        told = [view.problem(problem) for problem in problems]
        click.echo("\n".join(told or [f"{len(found)} mission{'' if len(found) == 1 else 's'} valid."]))
    ctx.exit(1 if problems else 0)


@command.command()
@click.argument("target", metavar="FILE|NAME")
@options.repo
@options.as_json
def explain(target: str, repo: Path, as_json: bool) -> None:
    """What a mission takes, does, may run, and where it ends. Nothing is run."""
    from autonomy_pack.flows import missions, project
    from autonomy_pack.views import mission as view

    place = project.find(repo)
    mission = missions.load(place, target)
    programs = missions.all_programs(mission, project.read_config(place))
    if as_json:
        options.print_json(_data(mission) | {"programs": [{"for": why, "argv": argv} for why, argv in programs]})
    else:
        click.echo(view.explained(mission, programs))


@command.command()
@click.argument("target", metavar="FILE|NAME")
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="One input of the mission; repeatable.")
@click.option("--sandbox", default=None, help="auto, L2, L1 or none; only a person may say none.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, with the whole diff; write nothing.")
@options.interactive
@options.spending
@click.option("--replay", "recorded", default=None, metavar="RUN", help="Try it on a recorded run, offline.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=None, help="Write the run's transcript there, as JSON."
)
@options.repo
@options.as_json
@click.pass_context
def run(
    ctx: click.Context,
    target: str,
    inputs: tuple[str, ...],
    sandbox: str | None,
    dry_run: bool,
    interactive: bool,
    recorded: str | None,
    output: Path | None,
    repo: Path,
    as_json: bool,
    asked: Asked,
) -> None:
    """Run a mission by hand, without an issue, through the same box, checks and guards.

    Exit 0 handed off or nothing to change, 1 blocked, 2 wrong usage, 3 waiting for a person, 4 failed, 5 stopped. With
    --replay: 0 when the run comes out as it was recorded, 1 when it does not.
    """
    if recorded:
        from autonomy_pack.commands import replaying

        ctx.exit(replaying.replay(repo, recorded, sandbox, as_json=as_json, target=target))
    from autonomy_pack.commands.by_hand import ByHand

    by_hand = ByHand(
        repo, target, inputs, sandbox, as_json=as_json, interactive=interactive and not dry_run, asked=asked
    )
    ctx.exit(by_hand.rehearse() if dry_run else by_hand.run(output))


def _row(one: Any) -> dict[str, Any]:
    mission = one.mission
    return {
        "name": one.name,
        "file": one.file,
        "valid": not one.problems,
        "version": mission.version if mission else None,
        "agent": mission.agent if mission else None,
        "goal": mission.goal if mission else None,
        "problems": [{"where": found.where, "says": found.says, "fix": found.fix} for found in one.problems],
    }


def _data(mission: Any) -> dict[str, Any]:
    from dataclasses import asdict

    data = asdict(mission)
    return data | {key: str(getattr(mission, key)) for key in ("ask_from", "block_from")}
