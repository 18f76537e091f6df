"""`autonomy mission run`: one mission, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import click

from autonomy_pack.commands import options, rehearsal, terminal
from autonomy_pack.commands.working import CODES
from autonomy_pack.edges import files
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line, visible
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import box, missions, project, rehearse, runs, session, trust
from autonomy_pack.model import Event
from autonomy_pack.policy import inputs as filling
from autonomy_pack.policy.budget import NOTHING, Asked
from autonomy_pack.views import past, progress


class ByHand:
    """One call of `autonomy mission run`; wrong names, files and inputs are told before anything begins."""

    def __init__(
        self,
        repo: Path,
        target: str,
        inputs: tuple[str, ...],
        sandbox: str | None,
        *,
        as_json: bool,
        interactive: bool = False,
        asked: Asked = NOTHING,
    ) -> None:
        self._asked = asked
        self._ask = terminal.asker() if interactive else None
        self._repo, self._as_json = repo, as_json
        self._place = project.find(repo)
        self._mission = missions.load(self._place, target)
        self._given = _given(inputs)
        filling.fill(self._mission, {}, self._given)
        trust.need(self._place)
        self._config = project.read_config(self._place)
        self._box = box.choose(self._config, sandbox)
        if missions.programs(self._mission) or self._config.checks:
            self._box.need_for_programs()
            trust.need_for_programs(self._place)

    def run(self, output: Path | None) -> int:
        """Run it; the exit code tells the outcome."""
        opened = project.open_project(self._repo)
        task = missions.task(self._mission, self._given, opened.config, opened.repo)
        done = session.run_mission(
            opened, task, self._mission, self._given, self._box, self._say, ask=self._ask, asked=self._asked
        )
        if not done.runs:
            raise UsageError(f"{task.id} is being worked on by another run", "Wait for it, or `autonomy stop`.")
        found = runs.find(opened, done.runs[0].run)
        told = missions.transcript(found)
        if output:
            files.write(output, redact(json.dumps(told, indent=2)) + "\n")
        if self._as_json:
            options.print_json(told)
        else:
            click.echo(past.story(found.id, found.events))
        return CODES.get(str(told["outcome"]), 4)

    def rehearse(self) -> int:
        """Show what it would do; 0."""
        task = missions.task(self._mission, self._given, self._config, ".")
        one = rehearse.rehearse(self._place.root, task, self._mission, self._box, self._given, asked=self._asked)
        if self._as_json:
            options.print_json(rehearsal.data(one))
        else:
            click.echo(visible(redact(rehearsal.text(one))))
        return 0

    def _say(self, event: Event) -> None:
        line = progress.plain(event) if not self._as_json else ""
        if line:
            click.echo(f"  {redact(line)}")


def _given(inputs: tuple[str, ...]) -> dict[str, str]:
    for one in inputs:
        if "=" not in one:
            raise UsageError(f"--input {one_line(one, 60)!r} has no value", "Write it as --input NAME=VALUE.")
    return dict(one.split("=", 1) for one in inputs)
