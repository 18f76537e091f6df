"""`autonomy pr review N`: one or several agents look at a pull request, each alone, in its box, with tools that read.

The change is a stranger's text for them, and what they say is one for us: an opinion may raise the risk that the
guards found, and does nothing else. Nothing here approves, requests changes or merges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import clock, git, objects
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import guard, session
from autonomy_pack.flows.actions import history
from autonomy_pack.flows.box import Box
from autonomy_pack.flows.job import Ending, Job
from autonomy_pack.flows.project import Project
from autonomy_pack.flows.records import Report
from autonomy_pack.model import Finding, Mission, Opinion, Outcome, Priority, Pull, Review, Task, value
from autonomy_pack.policy import hidden, instructions, names, review

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.remote import Remote

MISSION = "pr-review"
MOST_AGENTS = 5
_LARGEST_FILE = 256 * 1024
_MOST_FILES = 300


@value
class Seen:
    """A pull request with its objects here, and `rules`: the commit of the default branch that its guards' rules are
    of. `unshown` are the changed files of which its reviewers are shown nothing but the name, or not even that."""

    pull: Pull
    review: Review
    rules: str
    unshown: tuple[str, ...] = ()


def look(github: GitHub, remote: Remote, number: int) -> Seen:
    """Bring an open pull request here; UsageError when there is none of that number, or it is closed."""
    pull = github.pull(number)
    if pull is None or pull.state != "open":
        what = "there is no" if pull is None else "closed is"
        raise UsageError(f"{what} pull request {number}", "Give the number of an open one.")
    _, rules = github.default_branch()
    remote.fetch(rules, pull.head)
    base = history.parted(remote.git_dir, rules, pull.head)
    text, unshown = diff(remote.git_dir, base, pull.head)
    judged = Review(pull=number, tip=pull.head, base=base, diff=text)
    return Seen(pull=pull, review=judged, rules=rules, unshown=unshown)


def diff(git_dir: Path, base: str, head: str) -> tuple[str, tuple[str, ...]]:
    """(the change as text to be read, not to be applied; the paths whose content is not in it: what is no text, or
    long, is named only)."""
    files = objects.read_change(git_dir, base, head).files
    shown = [one for one in files if not one.binary and one.size <= _LARGEST_FILE][:_MOST_FILES]
    told = [f"{one.status} {one_line(one.path, 300)} +{one.added} -{one.removed}" for one in files[: _MOST_FILES * 4]]
    words = ["diff-tree", "-p", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"]
    words += ["--text", base, head, "--"]  # no attribute of a file says that its lines are not to be seen
    patch = git.run(*words, *(f":(literal){one.path}" for one in shown), at=git_dir) if shown else b""
    seen = {one.path for one in shown}
    unshown = tuple(one.path for one in files if one.path not in seen)
    more = [f"{len(unshown)} files are binary or too large to be shown"] if unshown else []
    return "\n".join([*told, *more, "", patch.decode("utf-8", "replace")]), unshown


def agents_of(asked: Sequence[str], project: Project, mission: Mission) -> tuple[str, ...]:
    """The agents that review: those that were asked for, else the mission's, else the configuration's."""
    return need_agents(asked or [mission.agent or project.config.agent])


def need_agents(asked: Sequence[str]) -> tuple[str, ...]:
    """The names, each once; UsageError for one that cannot judge, or for too many."""
    found = tuple(dict.fromkeys(asked))
    for name in found:
        if name not in AGENTS:
            raise UsageError(f"unknown agent {one_line(name, 60)}", f"The agents are {', '.join(AGENTS)}.")
        if name == "planner":
            raise UsageError("agent planner follows steps; it cannot judge", "Name one that reads: --agent anthropic.")
    if len(found) > MOST_AGENTS:
        raise UsageError(f"{len(found)} agents were named", f"At most {MOST_AGENTS} review a pull request.")
    return found


def mission_of(project: Project) -> Mission:
    """The repository's own mission of that name, or the shipped one."""
    checks = [one.name for one in project.config.checks]
    return configuration.find_mission(MISSION, project.missions, checks=checks)


def ask(
    project: Project, seen: Seen, mission: Mission, agent: str, box: Box, report: Report, argv: tuple[str, ...] = ()
) -> Opinion:
    """Let one agent judge. How its run ended is in the store and its records, like that of every run.

    Raises Stopped when nothing was begun because of a stop.
    """
    heard: list[Mapping[str, Any]] = []

    def receive(job: Job, document: Mapping[str, Any]) -> Ending:
        del job
        heard.append(document)
        return Ending(outcome=Outcome.NO_CHANGE, why=f"judged: {document['risk']} risk")

    task = _task(project.repo, seen, mission, agent)
    done = session.run_mission(project, task, mission, {}, box, report, receive=receive, argv=argv)
    if heard:
        return review.opinion(agent, heard[-1])
    return review.unknown(agent, str(done.runs[0].data["why"]) if done.runs else "another run is reviewing it")


def _task(repo: str, seen: Seen, mission: Mission, agent: str) -> Task:
    pull = seen.pull
    return Task(
        id=f"{repo}#review:{pull.number}",
        repo=repo,
        issue="",
        title=pull.title,
        body=pull.body,
        labels=(),
        priority=Priority.MEDIUM,
        lane="default",
        mission=mission.name,
        agent=agent,
        acceptance=(),
        fields={},
        pin=names.sha256([pull.head, mission.sha256]),
        created=clock.now(),
        url=pull.url,
        review=seen.review,
    )


def found_here(git_dir: Path, seen: Seen) -> tuple[list[Finding], tuple[tuple[str, str], ...]]:
    """What the guards find in this process: (findings, guards that did not run and why)."""
    judged = guard.check(git_dir, seen.review.base, seen.review.tip, seen.rules).examination
    return list(judged.findings), judged.skipped


def beside(seen: Seen) -> list[Finding]:
    """What else people should know: words that its page hides, and how much of the change nobody was shown."""
    where = f"pull request {seen.pull.number}"
    left_out = max(0, len(seen.review.diff) - instructions.LONGEST["change"])
    of_page = hidden.findings(f"{seen.pull.title}\n{seen.pull.body}", where)
    return [*of_page, *review.of_unseen(left_out, where), *review.of_unshown(seen.unshown, where)]
