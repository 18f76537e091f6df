"""`autonomy pr review`: what one call of it does and prints."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autonomy_pack.commands import options
from autonomy_pack.commands.working import argv_of
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.flows import box, hosting, project, review, session, stop, survey, trust
from autonomy_pack.flows.actions import comments
from autonomy_pack.flows.project import Project
from autonomy_pack.model import Event, Finding, Mission, Opinion
from autonomy_pack.policy import review as policy
from autonomy_pack.policy import risk
from autonomy_pack.policy.review import Weighed
from autonomy_pack.views import progress
from autonomy_pack.views import review as view

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub


class Reviewing:
    """One call; wrong names are told before anything begins."""

    def __init__(
        self,
        repo: Path,
        number: int,
        agents: tuple[str, ...],
        agent_command: str,
        sandbox: str | None,
        *,
        comment: bool,
        as_json: bool,
    ) -> None:
        self._repo, self._number, self._agents, self._comment = repo, number, agents, comment
        self._argv, self._sandbox, self._as_json = argv_of(agent_command), sandbox, as_json
        for agent in agents:
            session.check_wanted(
                session.Wanted(max_issues=1, agent=agent, argv=self._argv if agent == "command" else ())
            )

    def run(self) -> int:
        """Review; the exit code."""
        trust.need(project.find(self._repo))
        opened = project.open_project(self._repo, forge="github")
        mission = review.mission_of(opened)
        agents = review.agents_of(self._agents, opened, mission)
        for agent in agents:
            survey.need_agent(agent)
        github = hosting.github(place=opened.place)
        with closing(github):
            return self._reviewed(opened, github, mission, agents)

    def _reviewed(self, opened: Project, github: GitHub, mission: Mission, agents: tuple[str, ...]) -> int:
        chosen = box.choose(opened.config, self._sandbox)
        seen = review.look(github, hosting.remote(github, opened.place.git_dir), self._number)
        found, skipped = review.found_here(opened.place.git_dir, seen)
        given = [review.ask(opened, seen, mission, agent, chosen, self._report, self._argv) for agent in agents]
        weighed = policy.weigh([*found, *review.beside(seen)], given)
        if self._comment:
            body = view.comment(seen.pull.head, weighed.risk, weighed.findings, given, skipped)
            stop.heed_forge(opened)
            comments.keep_marked(github, self._number, view.MARKER, body, github.me())
        if self._as_json:
            options.print_json(_data(self._number, seen.pull.head, weighed, given))
        else:
            click.echo(_text(weighed, given, skipped))
        ask_from, _ = risk.tightest((opened.config.ask_from, opened.config.block_from))
        return weighed.exit_code(ask_from)

    def _report(self, event: Event) -> None:
        line = progress.plain(event) if not self._as_json else ""
        if line:
            click.echo(f"  {redact(line)}")


def _text(weighed: Weighed, given: list[Opinion], skipped: tuple[tuple[str, str], ...]) -> str:
    lines = [f"\nRisk      {'unknown, at least ' if weighed.unknown else ''}{weighed.risk}"]
    lines += [f"  {one.risk}  {one.where}: {one.says} {one.fix}" for one in weighed.findings]
    for one in given:
        word = f"no opinion: {one.why}" if one.risk is None else f"{one.risk}: {one.summary}"
        lines.append(f"{one.agent:<10}{word}")
    lines += [f"guard {name} did not run: {why}" for name, why in skipped]
    return redact("\n".join(one_line(line, 1600) for line in lines))


def _data(number: int, head: str, weighed: Weighed, given: list[Opinion]) -> dict[str, Any]:
    return {
        "pull": number,
        "head": head,
        "risk": None if weighed.unknown else str(weighed.risk),
        "at_least": str(weighed.risk),
        "findings": [_finding(one) for one in weighed.findings],
        "opinions": [
            {
                "agent": one.agent,
                "risk": None if one.risk is None else str(one.risk),
                "why": one.why,
                "summary": one.summary,
            }
            for one in given
        ],
    }


def _finding(one: Finding) -> dict[str, str]:
    return {"rule": one.rule, "risk": str(one.risk), "says": one.says, "fix": one.fix, "where": one.where}
