"""How a recorded run is made again by the command line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from autonomy_pack.commands import options
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import visible
from autonomy_pack.flows import box, missions, project, runs, trust
from autonomy_pack.flows import replay as flow
from autonomy_pack.views import replay as view


def replay(repo: Path, run: str, sandbox: str | None, *, as_json: bool, target: str = "") -> int:
    """Make the run again, with the mission of that name or file when one is given; the exit code."""
    place = project.find(repo)
    trust.need(place)
    opened = project.open_project(repo, forge="local")
    mission = missions.load(place, target) if target else None
    chosen = box.choose(opened.config, sandbox)
    done = flow.replay(opened, runs.find(opened, run), chosen, lambda _: None, mission)
    if as_json:
        options.print_json(asdict(done) | {"same": not done.divergences})
    else:
        click.echo(visible(redact(view.text(done.run, done.was, done.now, done.divergences, done.notes))))
    return 1 if done.divergences else 0
