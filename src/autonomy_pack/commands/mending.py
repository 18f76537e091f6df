"""`autonomy pr repair`: what one call of it prints."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.working import CODES, argv_of
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import visible
from autonomy_pack.errors import WorldError
from autonomy_pack.flows import box, hosting, project, repair, session, trust
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.repair import Diagnosis
from autonomy_pack.model import Event
from autonomy_pack.policy.budget import Asked
from autonomy_pack.views import progress


class Mending:
    """One call; wrong names are told before anything begins."""

    def __init__(
        self,
        repo: Path,
        number: int,
        agent: str | None,
        agent_command: str,
        asked: Asked,
        sandbox: str | None,
        *,
        as_json: bool,
    ) -> None:
        self._repo, self._number, self._agent, self._asked = repo, number, agent, asked
        self._argv, self._sandbox, self._as_json = argv_of(agent_command), sandbox, as_json
        session.check_wanted(session.Wanted(max_issues=1, agent=agent, argv=self._argv))

    def show(self) -> int:
        """Say what would be done; the exit code tells whether anything would."""
        _, found = self._looked()
        self._say(found)
        return _code(found)

    def run(self) -> int:
        """Make one attempt, if one is due; the exit code."""
        opened, found = self._looked()
        if found.why_not:
            self._say(found)
            return _code(found)
        self._tell(_diagnosis(found))
        wanted = box.choose(opened.config, self._sandbox)
        done = repair.mend(opened, found, wanted, self._report, argv=self._argv, asked=self._asked)
        if not done.runs:
            raise WorldError(f"pull request {self._number} is being mended by another run", "Wait for it to end.")
        end = done.runs[0]
        if self._as_json:
            options.print_json({**_data(found), "run": end.run, **end.data})
        else:
            self._tell(f"\n{end.data['outcome']}: {end.data['why']}\nLook at   {found.pull.url}")
        return CODES.get(str(end.data["outcome"]), 4)

    def _looked(self) -> tuple[Project, Diagnosis]:
        trust.need(project.find(self._repo))
        opened = project.open_project(self._repo, forge="github")
        with closing(hosting.github(place=opened.place)) as github:
            found = repair.diagnose(opened, github, self._number, self._agent)
        return opened, found

    def _say(self, found: Diagnosis) -> None:
        if self._as_json:
            options.print_json(_data(found))
        else:
            self._tell(_diagnosis(found))

    def _report(self, event: Event) -> None:
        if line := progress.plain(event):
            self._tell(f"  {redact(line)}")

    def _tell(self, text: str) -> None:
        if not self._as_json:
            click.echo(visible(text))


def _code(found: Diagnosis) -> int:
    if not found.why_not:
        return 0
    if found.failures:
        return 1
    return 3 if found.waits else 0


def _diagnosis(found: Diagnosis) -> str:
    lines = [f"Pull request {found.pull.number}, at {found.pull.head[:7]}"]
    lines += [f"  {one.job}: {one.kind}" + (f" – {one.line}" if one.line else "") for one in found.failures]
    if found.why_not:
        lines += [f"Nothing is tried: {found.why_not}.", *(f"  Next: {step}" for step in found.next)]
    elif found.task:
        lines.append(f"Agent {found.task.agent}, mission {found.task.mission}")
    return "\n".join(lines)


def _data(found: Diagnosis) -> dict[str, Any]:
    return {
        "pull": found.pull.number,
        "head": found.pull.head,
        "failures": [{"job": one.job, "kind": str(one.kind), "line": one.line} for one in found.failures],
        "why_not": found.why_not,
        "next": list(found.next),
        "agent": found.task.agent if found.task else None,
        "mission": found.task.mission if found.task else None,
    }
