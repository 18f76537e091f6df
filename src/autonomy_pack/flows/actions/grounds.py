"""What a leg stands on, read anew: its issue as it is now, and what governs at its base commit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from autonomy_pack.agents import AGENTS
from autonomy_pack.edges import git, objects
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.flows.actions import governing
from autonomy_pack.flows.project import CONFIG_FILE, CONFIG_FOLDER
from autonomy_pack.model import HOLD_LABEL, Config, Issue, Leg, Mission, Repair, Task, value
from autonomy_pack.policy import choose, names, repairs


class Stale(Exception):
    """The world is not the one the leg was planned in; str() says what moved. Nobody's fault, so no attempt counts."""


@value
class Ground:
    """What governs an attempt: configuration, its mission, and the texts of all missions."""

    config: Config
    mission: Mission
    files: dict[str, str]


def need_issue(issue: Issue | None, leg: Leg) -> Issue:
    """The issue, when it is open, the same one, and made eligible by the same label event; else Stale."""
    if issue is None:
        raise Stale(f"issue {leg.issue} is gone: deleted, or moved to another repository")
    if issue.state != "open":
        raise Stale(f"issue {leg.issue} is not open any more")
    if issue.node != leg.node:
        raise Stale(f"issue {leg.issue} is another issue now")
    if HOLD_LABEL in map(str.casefold, issue.labels):
        raise Stale(f"issue {leg.issue} has the label {HOLD_LABEL}")
    label = choose.priority_of(issue.labels)
    if label is None:
        raise Stale(f"issue {leg.issue} has no priority label any more")
    if not any(one.event == leg.event for one in issue.labelings or () if _is(one.label, f"priority:{label}")):
        raise Stale(f"the priority label of issue {leg.issue} was set anew")
    return issue


def _is(label: str, name: str) -> bool:
    return label.replace(" ", "").casefold() == name


def need_text(issue: Issue, leg: Leg) -> None:
    """Stale when title, body or what steers is not what a person agreed to."""
    if choose.text_pin(issue) != leg.pin:
        raise Stale(f"the text of issue {leg.issue} changed")


def task_of(issue: Issue, leg: Leg, repo: str, config: Config) -> Task:
    """The issue as the task that the leg was planned for."""
    facts = choose.Facts(
        repo=repo,
        config=config,
        missions={},
        agents=tuple(AGENTS),
        why_no_programs="",
        heads={},
        decisions={},
        handoffs={},
        now="",
    )
    task = choose.task_of(issue, leg.agent, facts)
    task = dataclasses.replace(task, lane=leg.lane, mission=leg.mission, event=leg.event, node=leg.node)
    if not leg.pull:
        return task
    repair = Repair(pull=int(leg.pull), branch=leg.branch, tip=leg.tip, base=leg.base)
    return dataclasses.replace(task, id=repairs.task_id(repo, repair.pull), repair=repair)


def run_of(leg: Leg, repo: str) -> str:
    """The id of the run that works on a leg."""
    return names.run_of_claim(key_of(leg, repo), leg.attempt)


def key_of(leg: Leg, repo: str) -> str:
    """The key of the lease that a leg works under."""
    return f"task:{choose.task_id(repo, leg.number)}@{leg.event}"


def ground(git_dir: Path, leg: Leg) -> Ground:
    """What governs at the leg's base commit; Stale when it is not what the leg was planned by."""
    files = files_at(git_dir, leg.base)
    if governing.policy_sha256(files) != leg.policy_sha256:
        raise Stale(f"what governs at {leg.base[:7]} is not what the plan was made by")
    config = governing.config_of(files)
    mission = governing.mission_of(leg.mission, files, config)
    if isinstance(mission, str):
        raise Stale(mission)
    if mission.sha256 != leg.mission_sha256:
        raise Stale(f"mission {leg.mission} is not the one that was planned with")
    return Ground(config=config, mission=mission, files=files)


def files_at(git_dir: Path, commit: str) -> dict[str, str]:
    """Path → text of everything that governs at a commit; WorldError when any of it cannot be read whole."""
    words = ("ls-tree", "-r", "-z", "--full-tree", commit, "--", CONFIG_FILE, CONFIG_FOLDER)
    listed = git.run(*words, at=git_dir).decode("utf-8", "surrogateescape").split("\0")
    read = objects.reader(git_dir)
    found = {}
    for meta, path in (line.split("\t", 1) for line in listed if line):
        _, kind, oid = meta.split()
        if kind == "blob":
            found[path] = _text(read(oid), path)
    return found


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise WorldError(f"{one_line(path)} is not UTF-8", "Save it as UTF-8.") from error
