"""`autonomy roadmap generate`: what one call of it does and prints."""

from __future__ import annotations

from pathlib import Path

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.working import CODES
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import visible
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows import box, project, rehearse, roadmap, trust
from autonomy_pack.flows.roadmap import Wanted
from autonomy_pack.model import Event
from autonomy_pack.views import progress


class Proposing:
    """One call; wrong words are told before anything begins. `placed`: a person said where the proposals go."""

    def __init__(
        self, repo: Path, wanted: Wanted, forge: str | None, sandbox: str | None, *, placed: bool, as_json: bool
    ) -> None:
        roadmap.check(wanted)
        self._repo, self._wanted, self._forge, self._placed, self._as_json = repo, wanted, forge, placed, as_json
        place = project.find(repo)
        trust.need(place)
        self._box = box.choose(project.read_config(place), sandbox)

    def call(self, *, dry_run: bool) -> int:
        """Do it; the exit code."""
        looked, seen = rehearse.look(self._repo, None, self._box, forge=self._forge)
        mission = roadmap.mission_of(looked)
        agent = roadmap.agent_of(looked, self._wanted, mission)
        if not agent:
            return self._list(roadmap.without_model(seen.choices))
        if dry_run:
            return self._say({"agent": agent, "mission": mission.name, "into": self._wanted.into, "dry_run": True})
        opened = project.open_project(self._repo, forge=self._forge)
        done = roadmap.generate(opened, mission, agent, self._wanted, self._box, self._report)
        if not done.runs:
            raise WorldError("another run is making the roadmap", "Wait for it to end.")
        end = done.runs[0]
        self._say({"agent": agent, "run": end.run, "outcome": end.data["outcome"], "why": end.data["why"]})
        return CODES.get(str(end.data["outcome"]), 4)

    def _list(self, text: str) -> int:
        """Without a model: the open issues by priority, shown and nothing else."""
        fix = "To have an agent propose: --agent NAME (`autonomy agent list`), or `agent:` of the configuration."
        if self._placed:
            says = f"agent planner has no model and proposes nothing: nothing was written to {self._wanted.into}"
            raise UsageError(says, fix)
        if self._as_json:
            options.print_json({"agent": "", "roadmap": redact(text), "written": False})
        else:
            click.echo(visible(redact(f"{text}\nNothing was written. {fix}")))
        return 0

    def _say(self, told: dict[str, object]) -> int:
        if self._as_json:
            options.print_json(told)
        else:
            click.echo(visible("\n".join(f"{name}: {word}" for name, word in told.items())))
        return 0

    def _report(self, event: Event) -> None:
        line = progress.plain(event)
        if line and not self._as_json:
            click.echo(f"  {redact(line)}")
