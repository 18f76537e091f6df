"""The review on GitHub, in three jobs: select decides what is reviewed, run asks the agents, publish says it once.

Run holds the model's key and no token that writes; what it leaves is one text of claims. Publish holds the token, calls
no model, judges the change by the guards again, and drops claims about anything but the head that was planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autonomy_pack.edges import files
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import PackError, Stopped, UsageError, WorldError
from autonomy_pack.flows import project, records, review
from autonomy_pack.flows.actions import comments, exchange, governing, grounds, halting, labels
from autonomy_pack.flows.actions.judged import judged
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.project import Project
from autonomy_pack.forges import FORGES
from autonomy_pack.model import Event, Finding, Opinion, Place, Risk, WorkflowRun, value
from autonomy_pack.policy import review as policy
from autonomy_pack.policy import risk
from autonomy_pack.store import open_store
from autonomy_pack.views import review as view

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.remote import Remote

_PLAN, _OPINIONS = 4 * 1024, 96 * 1024  # one environment string carries at most 128 KiB
_SHRUNK = ((20, 500), (20, 250), (10, 250), (5, 200), (0, 200))

Plan = Mapping[str, Any]
"""`schemas/review-plan.json`."""


@value
class Said:
    """What publish said on the pull request, and the exit code of the job."""

    text: str
    exit_code: int


def plan(github: GitHub, workflow_run: WorkflowRun, number: int, agents: Sequence[str]) -> str:
    """What is to be reviewed, by whom, by which rules; the text that crosses to the other jobs."""
    halting.heed(github, workflow_run)
    pull = github.pull(number)
    if pull is None or pull.state != "open":
        raise UsageError(f"there is no open pull request {number}", "Give the number of an open one.")
    seen = github.look()
    config = governing.config_of(seen.files)
    mission = governing.mission_of(review.MISSION, seen.files, config)
    if isinstance(mission, str):
        raise UsageError(mission, "Mend the mission on the default branch.")
    data = {
        "version": 1,
        "pull": number,
        "head": pull.head,
        "rules": seen.head,
        "policy_sha256": governing.policy_sha256(seen.files),
        "agents": list(review.need_agents(list(agents) or [mission.agent or config.agent])),
    }
    return exchange.write("review-plan", data, _PLAN)


def read_plan(text: str) -> Plan:
    """The plan in that text; WorldError when it is not of its shape."""
    data: Plan = exchange.read("review-plan", text, _PLAN)
    return data


def ask(github: GitHub, remote: Remote, workflow_run: WorkflowRun, planned: Plan, place: Place, box: Box) -> str:
    """Let every agent of the plan judge, one after the other; the text of what they said.

    An agent that cannot is an opinion that is missing, not the end of the others. Stopped ends it.
    """
    folder = files.temporary("autonomy-review-")
    opened = None
    try:
        seen = review.look(github, remote, planned["pull"])
        if seen.pull.head != planned["head"]:
            raise WorldError("the pull request moved since the review was planned", "Run the review again.")
        opened = _project(github, remote, workflow_run, planned, place, folder)
        mission = review.mission_of(opened)
        given = [_opinion(opened, seen, mission, agent, box) for agent in planned["agents"]]
    finally:
        if opened is not None:
            opened.store.close()
        files.remove_tree(folder)
    return to_json(planned, given)


def _opinion(opened: Project, seen: review.Seen, mission: Any, agent: str, box: Box) -> Opinion:
    try:
        return review.ask(opened, seen, mission, agent, box, _quiet)
    except Stopped:
        raise
    except PackError as error:
        return policy.unknown(agent, f"{error.says}. {error.fix}")


def _quiet(event: Event) -> None:
    """Nobody watches: the run's records are kept."""
    del event


def _project(
    github: GitHub, remote: Remote, workflow_run: WorkflowRun, planned: Plan, place: Place, folder: Path
) -> Project:
    """The checkout, governed by the commit that the plan names, with a store that nobody else knows."""
    governs = grounds.files_at(remote.git_dir, planned["rules"])
    if governing.policy_sha256(governs) != planned["policy_sha256"]:
        raise WorldError("what governs is not what the review was planned by", "Run the review again.")
    url = f"sqlite:///{folder / 'scratch.db'}"
    forge = FORGES["github"](github=github, remote=remote, workflow=workflow_run.workflow, table=labels.table())
    return Project(
        place=Place(root=place.root, git_dir=remote.git_dir, workspace=folder / "workspace"),
        config=governing.config_of(governs),
        missions=project.mission_texts({path: text.encode() for path, text in governs.items()}),
        store=open_store(url),
        store_url=url,
        forge=forge,
        repo=workflow_run.repo,
    )


def to_json(planned: Plan, given: Sequence[Opinion]) -> str:
    """The text of what agents said; of what is too long the end of each finding, then the last findings, are cut."""
    for most, longest in _SHRUNK:
        rows = [_row(one, most, longest) for one in given]
        data = {"version": 1, "pull": planned["pull"], "head": planned["head"], "opinions": rows}
        text = exchange.write("opinions", data, 1 << 30)
        if len(text) <= _OPINIONS:
            return text
    raise WorldError("what the agents said is too long to be passed on", "Name fewer agents.")


def _row(one: Opinion, most: int, longest: int) -> dict[str, object]:
    def clean(text: str, limit: int) -> str:
        return one_line(redact(text, records.known_secrets()), min(limit, longest * 3))

    told = [
        {
            "risk": str(each.risk),
            "says": clean(each.says, longest),
            "fix": clean(each.fix, longest),
            "where": clean(each.where, 300),
        }
        for each in one.findings[:most]
    ]
    word = None if one.risk is None else str(one.risk)
    return {
        "agent": one.agent,
        "risk": word,
        "why": clean(one.why, 500),
        "summary": clean(one.summary, 1500),
        "findings": told,
    }


def from_json(text: str, planned: Plan) -> tuple[Opinion, ...]:
    """What each agent of the plan said, in its order; one that is missing, or about another head, is unknown."""
    if not text:
        return tuple(policy.unknown(agent, "the job run gave no opinions") for agent in planned["agents"])
    try:
        data = exchange.read("opinions", text, _OPINIONS)
    except WorldError as error:
        return tuple(policy.unknown(agent, error.says) for agent in planned["agents"])
    if (data["pull"], data["head"]) != (planned["pull"], planned["head"]):
        return tuple(policy.unknown(agent, "its opinion is about another commit") for agent in planned["agents"])
    said = {one["agent"]: one for one in data["opinions"]}
    return tuple(_read(said.get(agent), agent) for agent in planned["agents"])


def _read(row: Mapping[str, Any] | None, agent: str) -> Opinion:
    if row is None or row["risk"] is None:
        return policy.unknown(agent, row["why"] if row else "the job run says nothing of it")
    return policy.opinion(agent, row)


def publish(github: GitHub, remote: Remote, workflow_run: WorkflowRun, planned: Plan, opinions: str, box: Box) -> Said:
    """Judge the change by the guards, weigh what the agents said, and say it in one comment, edited in place.

    WorldError when the pull request moved: nothing is said of what is not there any more.
    """
    seen = review.look(github, remote, planned["pull"])
    if seen.pull.head != planned["head"]:
        raise WorldError("the pull request moved since it was reviewed", "Run the review again.")
    given = from_json(opinions, planned)
    guards = judged(remote.git_dir, seen.review.base, seen.pull.head, seen.rules, box)
    weighed = policy.weigh([*_risky(guards.findings), *review.beside(seen)], given)
    body = view.comment(seen.pull.head, weighed.risk, weighed.findings, given, guards.skipped)
    halting.heed(github, workflow_run, str(seen.pull.number))
    comments.keep_marked(github, seen.pull.number, view.MARKER, body)
    config = governing.config_of(github.look().files)
    ask_from, _ = risk.tightest((config.ask_from, config.block_from))
    return Said(text=body.partition("\n")[2], exit_code=weighed.exit_code(ask_from))


def _risky(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.risk > Risk.LOW]
