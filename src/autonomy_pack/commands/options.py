"""Options that several commands share, and how they print data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

repo = click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The git repository to work on.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")


def print_json(data: Any) -> None:
    """Data as indented JSON on standard output, without anything a terminal would act on."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=True))
