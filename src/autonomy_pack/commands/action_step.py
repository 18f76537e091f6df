"""The whole job in one step, for action.yml: the embedded session over GitHub, for one issue, mission or prompt."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from autonomy_pack.commands.action_run import workspace
from autonomy_pack.commands.step_inputs import Asked, asked
from autonomy_pack.edges import actions, files, host
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import LeaseLost, NeedsPerson, PackError, Stopped, UsageError
from autonomy_pack.flows import box, hosting, missions, project, records, rehearse, session, trust
from autonomy_pack.model import Config, Event, Limits, Mission, Outcome, Place, value
from autonomy_pack.views import progress

OUTPUTS = (
    "conclusion",
    "branch_name",
    "execution_file",
    "session_id",
    "structured_output",
    "final_message",
    "summary",
    "error",
    "pr_number",
    "pr_url",
    "issues_json",
    "cost_usd",
    "input_tokens",
    "output_tokens",
    "report_file",
    "stop_reason",
)


# Of a prompt, which says nothing of either: what the shipped mission `solve-issue` has.
_TOOLS = ("read", "search", "list", "edit", "write", "run", "ask", "done")
_LIMITS = Limits(usd=2.0, tokens=2_000_000, turns=80, steps=200, minutes=30)


@value
class _Ended:
    """What a session came to, as outputs; and its exit code."""

    said: Mapping[str, str]
    code: int


def step() -> int:
    """Do what the inputs ask for; every output is set, "" where there is nothing to say."""
    try:
        ended = _worked(asked())
    except PackError as error:
        _answer({"conclusion": "failure", "error": f"{error.says}. {error.fix}", "stop_reason": _reason(error)})
        raise
    _answer(ended.said)
    return ended.code


def _reason(error: PackError) -> str:
    """Why nothing was done, in one word that people may build on; our classes' names are ours."""
    reasons = ((Stopped, "stopped"), (UsageError, "usage"), (NeedsPerson, "needs_person"), (LeaseLost, "lease_lost"))
    return next((word for kind, word in reasons if isinstance(error, kind)), "failed")


def _answer(said: Mapping[str, str]) -> None:
    for name in OUTPUTS:
        actions.output(name, redact(said.get(name, ""), records.known_secrets())[:100_000])


def _worked(wanted: Asked) -> _Ended:
    place = project.find(_folder(wanted.working_directory))
    trust_the_default_branch(place)
    config = project.read_config(place)
    _need_agreement_to_the_token(config)
    chosen = box.choose(config, wanted.sandbox or None)
    if wanted.dry_run:
        return _rehearsed(place, wanted, chosen)
    opened = project.open_project(place.root, forge="github")
    if wanted.prompt or wanted.mission:
        mission = _mission(place, wanted, opened.config.agent)
        task = missions.task(mission, {}, opened.config, opened.repo)
        argv = tuple(shlex.split(wanted.agent_command))
        done = session.run_mission(opened, task, mission, {}, chosen, _say, argv=argv, asked=wanted.spend)
    else:
        done = session.run(opened, _wanted(wanted, opened.config.max_issues), chosen, _say)
    return _Ended(said=_outputs(opened, done), code=done.exit_code)


def _need_agreement_to_the_token(config: Config) -> None:
    """Pull requests opened with the job's own token wait for a person before workflows run on them; with any other
    token, such as an App's, they start at once, with the repository's secrets."""
    own = host.setting("AUTONOMY_JOB_TOKEN")
    if own and host.setting("AUTONOMY_GITHUB_TOKEN") != own and not config.ci_runs_with_secrets:
        raise UsageError(
            "input github_token is not the job's own token, so workflows would run on its pull requests unseen",
            "Leave it out, or say `handoff: {ci_runs_with_secrets: true}` in .github/autonomy.yml.",
        )


def _folder(named: str) -> Path:
    """The project's folder; UsageError when it does not lie in the workspace."""
    found = (workspace() / named).resolve()
    if not found.is_relative_to(workspace().resolve()):
        raise UsageError(f"working_directory {one_line(named, 100)!r} leads out of the workspace", "Name one below it.")
    return found


def _wanted(wanted: Asked, most: int) -> session.Wanted:
    return session.Wanted(
        max_issues=wanted.max_issues or most,
        issue=wanted.issue or None,
        agent=wanted.agent or None,
        argv=tuple(shlex.split(wanted.agent_command)),
        asked=wanted.spend,
    )


def _mission(place: Place, wanted: Asked, configured: str) -> Mission:
    """The mission that was named, or one of the prompt's own: it may edit and run programs, and spend a little."""
    if wanted.mission:
        return missions.load(place, wanted.mission)
    agent = "command" if wanted.agent_command else wanted.agent or configured
    if agent in ("planner", "script", "command") and not wanted.agent_command:
        raise UsageError(
            f"a prompt needs an agent that reads prose, and {agent} does not",
            "Give agent: claude, codex or another with its key, or agent_command; or name a mission or an issue.",
        )
    return Mission(name="prompt", version=1, goal=wanted.prompt, agent=agent, tools=_TOOLS, limits=_LIMITS)


def trust_the_default_branch(place: Place) -> None:
    """On Actions the default branch is the root of trust: what it says governs is trusted, anything else is not."""
    governing = project.governing_files(place)
    if not governing:
        return
    theirs = hosting.github(place=place).look().files
    if {path: content.decode("utf-8", "replace") for path, content in governing.items()} != dict(theirs):
        raise UsageError(
            "the configuration in this checkout is not that of the default branch",
            "Check the default branch out before this step; a pull request cannot change what governs it.",
        )
    trust.trust(place)


def _rehearsed(place: Place, wanted: Asked, chosen: box.Box) -> _Ended:
    opened, seen = rehearse.look(place.root, wanted.agent or None, chosen)
    del opened
    rows = [{"id": one.id, "eligible": one.eligible, "why": one.why} for one in seen.choices]
    actions.summary("\n".join(f"- #{row['id']}: {row['why']}" for row in rows) or "No open issue.")
    return _Ended(said={"conclusion": "success", "issues_json": json.dumps(rows), "stop_reason": "dry_run"}, code=0)


def _outputs(opened: project.Project, done: session.Session) -> dict[str, str]:
    events = [event for one in done.runs for event in opened.store.events(run=one.run)]
    made = next((event for event in reversed(events) if event.kind == "handoff.made"), None)
    last = done.runs[-1] if done.runs else None
    summary = files.read(Path(done.summary)).decode("utf-8", "replace") if done.summary else ""
    actions.summary(summary)
    said = {
        "conclusion": "failure" if done.exit_code else "success",
        "session_id": done.id,
        "summary": summary,
        "report_file": done.summary,
        "issues_json": json.dumps([{"run": one.run, "outcome": one.data["outcome"]} for one in done.runs]),
        "cost_usd": f"{sum(float(one.data['usd'] or 0) for one in done.runs):g}",
    }
    if last:
        said |= {"stop_reason": str(last.data["outcome"]), "final_message": str(last.data["why"])}
        said["execution_file"] = str(records.find_run(opened.place, last.run) / "transcript.jsonl")
        said["error"] = str(last.data["why"]) if last.data["outcome"] in (Outcome.FAILED, Outcome.BLOCKED) else ""
    if made:
        said |= {
            "branch_name": str(made.data["ref"]).removeprefix("refs/heads/"),
            "pr_number": str(made.data.get("number") or ""),
            "pr_url": str(made.data.get("url") or ""),
        }
    return said


def _say(event: Event) -> None:
    line = progress.plain(event)
    if line:
        print(f"  {line}")
