"""`autonomy issue triage`: what one call of it does and prints."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.working import argv_of
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import box, hosting, project, review, stop, triage, trust
from autonomy_pack.flows.actions import comments
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.triage import Proposal
from autonomy_pack.model import Event
from autonomy_pack.views import progress
from autonomy_pack.views import triage as view


class Triaging:
    """One call; wrong names are told before anything begins."""

    def __init__(
        self,
        repo: Path,
        issue: str | None,
        agent: str | None,
        agent_command: str,
        forge: str | None,
        sandbox: str | None,
        *,
        comment: bool,
        as_json: bool,
    ) -> None:
        self._repo, self._issue, self._agent, self._forge = repo, issue, agent, forge
        self._argv, self._sandbox, self._comment, self._as_json = argv_of(agent_command), sandbox, comment, as_json

    def run(self) -> int:
        """Propose for each issue; 0 when there is a proposal for all of them, else 4."""
        trust.need(project.find(self._repo))
        opened = project.open_project(self._repo, forge=self._forge)
        if self._comment and opened.repo == ".":
            raise UsageError("issues in files have no comments", "Leave --comment out: the proposal is printed.")
        mission = triage.mission_of(opened)
        (agent,) = review.need_agents([self._agent or mission.agent or opened.config.agent])
        chosen = box.choose(opened.config, self._sandbox)
        made = [
            triage.propose(opened, issue, mission, agent, chosen, self._report, self._argv)
            for issue in triage.wanted(opened, self._issue)
        ]
        if self._comment:
            self._say(opened, made)
        if self._as_json:
            options.print_json([_data(one) for one in made])
        else:
            click.echo("\n".join(_text(one) for one in made) or "No open issue lacks a priority.")
        return 4 if any(one.why_not for one in made) else 0

    def _say(self, opened: Project, made: list[Proposal]) -> None:
        with closing(hosting.github(place=opened.place)) as github:
            author = github.me()
            for one in made:
                if not one.why_not:
                    stop.heed_forge(opened)
                    body = view.comment(one.priority, one.mission, one.lane, one.missing, one.why)
                    comments.keep_marked(github, int(one.issue.id), view.MARKER, body, author)

    def _report(self, event: Event) -> None:
        line = progress.plain(event) if not self._as_json else ""
        if line:
            click.echo(f"  {redact(line)}")


def _text(one: Proposal) -> str:
    if one.why_not:
        return f"{one.issue.id}  nothing proposed: {one_line(redact(one.why_not), 300)}"
    named = [one.priority, *([f"mission {one.mission}"] * bool(one.mission)), *([f"lane {one.lane}"] * bool(one.lane))]
    lines = [f"{one.issue.id}  {', '.join(named)}: {one.why}", *(f"  lacks: {each}" for each in one.missing)]
    return "\n".join(one_line(redact(line), 1200) for line in lines)


def _data(one: Proposal) -> dict[str, Any]:
    return {
        "id": one.issue.id,
        "priority": one.priority or None,
        "mission": one.mission or None,
        "lane": one.lane or None,
        "missing": list(one.missing),
        "why": one.why,
        "why_not": one.why_not,
    }
