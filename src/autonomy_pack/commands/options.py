"""Options that several commands share, and how they print data."""

from __future__ import annotations

import functools
import json
import math
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from autonomy_pack.policy.budget import Asked

repo = click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The git repository to work on.",
)
forge = click.option(
    "--forge",
    default=None,
    help="Where issues live: local or github.  [default: the configuration's; in GitHub Actions github, else local]",
)
interactive = click.option(
    "--interactive", is_flag=True, help="Ask at the terminal before each step that changes something."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")


class _Dollars(click.FloatRange):
    """An amount: no endless one, and none that is no number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        amount = float(super().convert(value, param, ctx))
        if not math.isfinite(amount):
            self.fail(f"{value!r} is no amount of dollars.", param, ctx)
        return amount


def _named(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("a model has a name.", ctx, param)
    return value


_SPENDING = (
    click.option("--max-cost-usd", type=_Dollars(min=0), help="Dollars each run may cost; 0: no model."),
    click.option("--max-tokens", type=click.IntRange(min=0), help="Tokens each run may use; 0: no model."),
    click.option("--max-turns", type=click.IntRange(min=0), help="Calls of a model each run may make; 0: no model."),
    click.option("--model", callback=_named, help="The model to ask, before the mission's and the configuration's."),
)


def spending(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what runs may spend, given to the command together, as `asked`."""

    @functools.wraps(function)
    def command(
        *args: Any,
        max_cost_usd: float | None,
        max_tokens: int | None,
        max_turns: int | None,
        model: str | None,
        **kwargs: Any,
    ) -> Any:
        asked = Asked(usd=max_cost_usd, tokens=max_tokens, turns=max_turns, model=model or "")
        return function(*args, asked=asked, **kwargs)

    for option in reversed(_SPENDING):
        command = option(command)
    return command


def near(path: Path) -> str:
    """A path as a person standing here would write it: relative when it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def spoken(repo: Path) -> tuple[str, str]:
    """How a person calls us from where they stand: (the program, the option that names the repository or "")."""
    program = Path(sys.argv[0])
    on_path = shutil.which("autonomy")
    ours = program.name == "autonomy" and not (on_path and Path(on_path).samefile(program))
    words = [near(program.absolute()) if ours else "autonomy"]
    return shlex.join(words), "" if repo.resolve() == Path.cwd() else f" --repo {shlex.quote(near(repo.resolve()))}"


def print_json(data: Any) -> None:
    """Data as indented JSON on standard output, without anything a terminal would act on."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=True))
