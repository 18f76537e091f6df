"""Pull requests as the gate meets them: one of ours in good order, and what somebody makes of it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autonomy_pack.edges.remote import Remote
from autonomy_pack.flows import box as boxes
from autonomy_pack.flows.actions import gate
from autonomy_pack.flows.actions.gate import Verdict
from autonomy_pack.flows.box import Box
from autonomy_pack.model import Config
from autonomy_pack.policy import names
from hub import Hub, Repo
from tests.flows.actions.people import JUDGE, client, job_token, run_of

PASSES = "checks: [{name: says, run: [grep, -rq, '--include=*.txt', Good day, .]}]\n"
FILES = {"hello.txt": "Hello\n", ".github/autonomy.yml": PASSES}
BODY = """# feat(agent): Rename the greeting

{closes} #{issue} · agent planner

## Agent Handoff Protocol
A person reviews and merges.

## Review Checklist
- [ ] The change does what the criteria say
"""
CRITERIA = "### Acceptance Criteria\n- [ ] It says so\n"


def issue(repo: Repo) -> tuple[str, str]:
    """An issue that ada labelled: its number and the label event's."""
    made = repo.issue(title="Rename the greeting", body=CRITERIA, author="ada", labels=[("priority:high", "ada")])
    labelled = next(event for event in made.events if event.kind == "labeled")
    return str(made.number), str(labelled.id)


def message(number: str, event: str, **trailers: str) -> str:
    """The message of the commit of a handoff."""
    told = {
        "Autonomy-Run": f"acme/site#{number}@{event}/1",
        "Autonomy-Attempt": names.attempt8_of(number, event),
        "Autonomy-Policy": "a" * 64,
        **trailers,
    }
    lines = "\n".join(f"{name}: {text}" for name, text in told.items() if text)
    return f"feat(agent): Rename the greeting (#{number})\n\nMission replace-text, agent planner.\n\n{lines}\n"


def handoff(
    repo: Repo,
    *,
    change: Mapping[str, str] | None = None,
    branch: str = "",
    body: str = "",
    text: str = "",
    title: str = "feat(agent): Rename the greeting",
    by: str = "github-actions[bot]",
    closes: str = "Closes",
    checked: bool = True,
    **more: Any,
) -> int:
    """A pull request as publish opens it; its number."""
    number, event = issue(repo)
    name = branch or f"agent/planner/{number}-{names.attempt8_of(number, event)}-rename-the-greeting"
    commit = repo.commit(
        change or {"hello.txt": "Good day\n"}, branch=name, message=text or message(number, event), by=by
    )
    if checked:
        repo.check(gate.HANDOFF_CHECK, commit, conclusion="success")
    made = repo.open_pull(head=name, title=title, body=body or BODY.format(issue=number, closes=closes), by=by, **more)
    return int(made.number)


def clone(repo: Repo, place: Path, head: str, *words: str) -> Path:
    """A checkout of a commit, as actions/checkout makes it."""
    git = ["git", "-c", "protocol.file.allow=always"]
    subprocess.run([*git, "init", "-q", str(place)], check=True)
    subprocess.run([*git, "-C", str(place), "fetch", "-q", *words, f"file://{repo.git_dir}", head], check=True)
    subprocess.run(["git", "-C", str(place), "checkout", "-q", "--detach", head], check=True)
    return place


def recheck(repo: Repo, number: int, place: Path, *words: str) -> str:
    """The gate's first job, on a checkout of its own."""
    head = repo.pull_head(repo.issues[number])
    return gate.recheck(clone(repo, place, head, *words), repo.head(), head, boxes.choose(Config(), None))


def judge(
    hub: Hub, number: int, results: str, place: Path, permissions: Mapping[str, str] = JUDGE, box: Box | None = None
) -> Verdict:
    """The gate's second job, with the token its workflow has."""
    token = job_token(hub, "judge", permissions)
    github = client(hub, token, "judge")
    remote = Remote(github.git_url, place / "objects.git", token=token, agent="judge")
    payload = {"pull_request": {"number": number}, "sender": {"type": "User", "login": "ada"}}
    return gate.judge(github, remote, run_of(hub, "pull_request", payload, "judge"), results, box)


def gated(hub: Hub, repo: Repo, number: int, tmp_path: Path) -> Verdict:
    """Both jobs."""
    rounds = len(list(tmp_path.iterdir()))
    place = tmp_path / str(rounds)
    place.mkdir()
    return judge(hub, number, recheck(repo, number, place / "clone"), place)


def shown(repo: Repo, number: int) -> set[str]:
    """The labels that a pull request has."""
    return {label.name for label in repo.issues[number].labels}
