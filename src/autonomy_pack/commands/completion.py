"""autonomy completion: the script that teaches a shell our commands."""

from __future__ import annotations

import click


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script: `eval "$(autonomy completion bash)"` in your shell's start-up file."""
    from click.shell_completion import get_completion_class

    from autonomy_pack.commands import autonomy

    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click has these three
    click.echo(made(autonomy, {}, "autonomy", "_AUTONOMY_COMPLETE").source())
