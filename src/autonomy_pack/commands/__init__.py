"""The command line: every command is one file and one line here, loaded only when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

# name → (module under commands, one line of help): the help is here so that `--help` loads nothing.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("run", "Work on eligible issues; list, show, explain and recover runs."),
    "issue": ("issue", "List every open issue with its why; process one, now."),
    "status": ("status", "What is running, waiting, handed off and stopped."),
    "decision": ("decision", "What a person must choose: list, view, approve, deny."),
    "mission": ("mission", "Missions: list, validate, explain, run."),
    "pr": ("pr", "Pull requests: let agents judge one, mend the CI of one that we made."),
    "roadmap": ("roadmap", "Let an agent propose what is worth doing next."),
    "guard": ("guard", "Judge any range of commits by the guards."),
    "task": ("task", "Reset or skip a task."),
    "init": ("init", "Set a repository up: configuration and a first issue."),
    "fleet": ("fleet", "The pack in a repository: install, sync, verify, uninstall."),
    "agent": ("agent", "Agents: list them, install programs of others."),
    "trust": ("trust", "Trust a repository's configuration, as it is now."),
    "stop": ("stop", "Stop all work, at once, until `resume`."),
    "resume": ("resume", "Let work go on after `stop`."),
    "metrics": ("metrics", "Numbers folded from events."),
    "config": ("config", "Validate and show the configuration."),
    "db": ("db", "Migrate and check the database."),
    "action": ("action", "Steps of our workflows on GitHub Actions."),
    "gc": ("gc", "Remove refs that nobody needs any more."),
    "doctor": ("doctor", "What this machine can do, and what it lacks."),
    "completion": ("completion", "Print the completion script of a shell."),
}
ALIASES = {"approvals": "decision", "decisions": "decision", "issues": "issue", "missions": "mission"}


class _Lazy(click.Group):
    """Knows its commands by name and help; imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name or alias."""
        del ctx
        entry = COMMANDS.get(ALIASES.get(cmd_name, cmd_name))
        if entry is None:
            return None
        command = getattr(import_module(f"autonomy_pack.commands.{entry[0]}"), "command")  # noqa: B009 - a dotted name
        assert isinstance(command, click.Command)  # noqa: S101 - every module here has one
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A mistyped command names the nearest ones."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], [*COMMANDS, *ALIASES], 2)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"{error.message.rstrip('.')}{hint}", ctx) from error


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="autonomy-pack", prog_name="autonomy")
def autonomy() -> None:
    """Label an issue, get a tested and guarded pull request, with any agent or with none.

    Exit codes: 0 done, 1 findings, 2 wrong usage, 3 waiting for a person, 4 the outside world failed, 5 stopped.
    """
