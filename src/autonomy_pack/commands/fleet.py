"""autonomy fleet: the pack in a repository: install, sync, verify, uninstall."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.across import Across, across, anyway
from autonomy_pack.commands.across import carry_out as carry_out_across
from autonomy_pack.commands.fleet_restore import restore
from autonomy_pack.commands.fleet_status import status
from autonomy_pack.commands.fleet_verify import verify
from autonomy_pack.commands.in_clone import carry_out as carry_out_in_clone

_dry_run = click.option("--dry-run", is_flag=True, help="Print the plan with its differences; write nothing.")
_force = click.option("--force", is_flag=True, help="Write again what was removed; take over files of our names.")
_backup = click.option("--backup", is_flag=True, help="Keep what is there first, for `autonomy fleet restore`.")
_pack = click.option("--pack", metavar="OWNER/NAME@COMMIT", help="Where the pack is, and the commit to call.")

_PIN = "Call the pack at a commit, or at its release's tag, which its owner can move; only on github.com."

# What an option of install is called among the inputs.
_INPUTS = {
    "allow_continuous": "cron",
    "schedule": "cron",
    "runs_on": "runs_on",
    "agent": "agent",
    "private_pack": "private",
    "review": "review",
    "repair": "repair",
    "enterprise_server": "hosted",
    "pin": "pin",
}
_NEXT = """Next:
  1. Name a check in .github/autonomy.yml, then commit all of it to the default branch.
  2. Settings, Actions, General: tick "Allow GitHub Actions to create and approve pull requests".
  3. `autonomy init --labels` makes the labels; else the first run does.
  4. Give an issue with an Acceptance Criteria section the labels `priority:high` and `mission:NAME`.
  5. Dispatch "Autonomous agent loop"; first with dry_run."""


@click.group(name="fleet")
def command() -> None:
    """The pack's files in a repository: what is there, what should be, and one plan between the two.

    A line that somebody wrote is never lost: an edited file is merged, or left alone and named.
    """


@command.command()
@options.repo
@_pack
@click.option("--allow-continuous/--no-continuous", default=False, help="Let it start by itself, every hour.")
@click.option("--schedule", default="", metavar="CRON", help="With --allow-continuous: when; five fields.")
@click.option("--runs-on", multiple=True, metavar="LABEL", help="Runner label; repeat for several.")
@click.option("--agent", default="", metavar="NAME", help="Begin a file of instructions for this agent.")
@click.option(
    "--private-pack/--public-pack", default=False, help="Secret AUTONOMY_PACK_TOKEN reads the pack's repository."
)
@click.option("--review/--no-review", default=False, help="Also the workflow that lets agents review pull requests.")
@click.option(
    "--repair/--no-repair", default=False, help="Also the workflow that mends handoffs whose workflows failed."
)
@click.option("--enterprise-server", is_flag=True, help="Leave out keys that only github.com knows.")
@click.option("--pin", type=click.Choice(["sha", "tag"]), default="sha", show_default=True, help=_PIN)
@across
@_force
@_backup
@_dry_run
@options.as_json
@click.pass_context
def install(
    ctx: click.Context,
    repo: Path,
    pack: str | None,
    allow_continuous: bool,
    schedule: str,
    runs_on: tuple[str, ...],
    agent: str,
    private_pack: bool,
    review: bool,
    repair: bool,
    enterprise_server: bool,
    pin: str,
    many: Across | None,
    force: bool,
    backup: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the pack's files into a clone; commit them yourself. What somebody else wrote there is left alone.

    With --org: into many repositories by the API, each by a pull request. Where the pack is installed already, what is
    said here changes, and all else stays as that repository has it.

    Exit 0: done, or nothing to do; 1: a file has to be looked at by hand; 4: in some repository it failed.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone, order
    from autonomy_pack.flows.fleet.order import Order, Verb

    given = order.first(
        pack or "",
        runs_on=runs_on or ("ubuntu-latest",),
        agent=agent,
        private=private_pack,
        review=review,
        repair=repair,
        hosted=not enterprise_server,
        pin=pin,
    )
    asked = Order(
        verb=Verb.INSTALL,
        given=given,
        said=_said(ctx),
        continuous=allow_continuous,
        schedule=schedule,
        force=force,
    )
    if many:
        carry_out_across(ctx, many, asked, dry=dry_run, as_json=as_json, backup=backup)
    place = project.find(repo)
    inputs = order.inputs_for(asked, place.root.name, clone.look(place, ()).lock)
    assert inputs is not None  # noqa: S101 - an install wants something
    steps = clone.install(place, inputs, force=force)
    carry_out_in_clone(ctx, place, steps, dry=dry_run, as_json=as_json, backup=backup, then="" if dry_run else _NEXT)


def _said(ctx: click.Context) -> frozenset[str]:
    """The inputs that the command line names."""
    named = click.core.ParameterSource.COMMANDLINE
    return frozenset(word for option, word in _INPUTS.items() if ctx.get_parameter_source(option) is named)


@command.command()
@options.repo
@_pack
@click.option("--preserve-config", is_flag=True, expose_value=False, help="For older scripts: it always stays yours.")
@click.option("--previous", is_flag=True, help="Back to what was installed before the last change of it.")
@across
@_force
@_backup
@_dry_run
@options.as_json
@click.pass_context
def sync(
    ctx: click.Context,
    repo: Path,
    pack: str | None,
    previous: bool,
    many: Across | None,
    force: bool,
    backup: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring what is installed up to date with this release; what was edited there is merged.

    In a clone it writes the files. With --org: in many repositories by the API, each by a pull request; what has to be
    merged by hand is left alone in a draft.

    Exit 0: done, or nothing to do; 1: a file has to be merged by hand, and was left alone; 4: in some repository it
    failed.
    """
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone, order
    from autonomy_pack.flows.fleet.order import Order, Verb

    if previous and pack:
        raise click.UsageError("--previous goes back to the commit that was installed before: leave --pack out.")
    asked = Order(verb=Verb.PREVIOUS if previous else Verb.SYNC, pack=pack or "", force=force)
    if many:
        carry_out_across(ctx, many, asked, dry=dry_run, as_json=as_json, backup=backup)
    place = project.find(repo)
    inputs = order.inputs_for(asked, place.root.name, clone.installed(place))
    assert inputs is not None  # noqa: S101 - a sync wants something
    carry_out_in_clone(
        ctx, place, clone.install(place, inputs, force=force), dry=dry_run, as_json=as_json, backup=backup
    )


command.add_command(verify)
command.add_command(restore)
command.add_command(status)


@command.command()
@options.repo
@click.option("--confirm", is_flag=True, help="Needed: it removes files.")
@click.option("--preserve-labels", is_flag=True, help="With --org: leave also the labels that we made and nothing has.")
@click.option("--records", is_flag=True, help="With --org: delete refs/autonomy too: events, what waits.")
@click.option("--preserve-agents", is_flag=True, help="Leave the instructions of agents.")
@across
@anyway
@_backup
@_dry_run
@options.as_json
@click.pass_context
def uninstall(
    ctx: click.Context,
    repo: Path,
    confirm: bool,
    preserve_labels: bool,
    records: bool,
    preserve_agents: bool,
    many: Across | None,
    force: bool,
    backup: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take out what the pack wrote and nobody changed; edited files stay and are named.

    In a clone, or with --org in many repositories by the API, each by a pull request. Once that is merged, the same
    command removes the labels that we made, as far as nothing has them.
    """
    from dataclasses import replace

    from autonomy_pack.errors import UsageError
    from autonomy_pack.flows import project
    from autonomy_pack.flows.fleet import clone
    from autonomy_pack.flows.fleet.order import Order, Verb, spared

    if not confirm and not dry_run:
        raise UsageError("uninstall removes files", "Look first with --dry-run, then say --confirm.")
    if many:
        asked = Order(verb=Verb.UNINSTALL, records=records, force=force)
        asked = replace(asked, keep_labels=preserve_labels, keep_agents=preserve_agents)
        carry_out_across(ctx, many, asked, dry=dry_run, as_json=as_json, backup=backup)
    place = project.find(repo)
    steps = spared(clone.uninstall(place), agents=preserve_agents)
    carry_out_in_clone(ctx, place, steps, dry=dry_run, as_json=as_json, backup=backup)
