"""A repository on the hub with people of every permission, and the client as our jobs have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autonomy_pack.edges.github import GitHub
from autonomy_pack.model import WorkflowRun
from hub import Hub, Repo

NAME = "acme/site"
LOOP = ".github/workflows/autonomous-agent-loop.yml"
# As autonomy-pr-review-gate.yml and autonomy-decide.yml declare them.
JUDGE = {"contents": "read", "issues": "write", "pull-requests": "write", "checks": "write"}
DECIDE = {"contents": "write", "issues": "write", "pull-requests": "write", "checks": "write", "actions": "read"}


@contextmanager
def site(files: Mapping[str, str] | None = None) -> Iterator[tuple[Hub, Repo]]:
    """acme/site: ada may write, tara may triage, mallory is nobody. Nothing we send may break GitHub's own schema."""
    with Hub() as hub:
        repo = hub.repo(
            NAME, files={"README.md": "# Site\n", LOOP: "name: loop\non: workflow_dispatch\n", **(files or {})}
        )
        hub.user("ada", permission={NAME: "write"})
        hub.user("boss", permission={NAME: "admin"})
        hub.user("tara", permission={NAME: "triage"})
        hub.user("mallory")
        yield hub, repo
        assert hub.violations == [], hub.violations


def job_token(hub: Hub, job: str, permissions: Mapping[str, str]) -> str:
    """GITHUB_TOKEN of that job."""
    return hub.job_token(NAME, {job: permissions})


def client(hub: Hub, token: str, job: str = "cli", patience: float = 5.0) -> GitHub:
    """Our client, without pauses."""
    return GitHub(
        NAME,
        token=token,
        api_url=hub.api_url,
        graphql_url=hub.graphql_url,
        server_url=hub.server_url,
        job=job,
        pace=0.0,
        patience=patience,
    )


def run_of(
    hub: Hub, event: str, payload: Mapping[str, Any], job: str, run_id: int = 1, attempt: int = 1
) -> WorkflowRun:
    """The run of a workflow that was started by that event."""
    return WorkflowRun(
        repo=NAME,
        run_id=run_id,
        attempt=attempt,
        job=job,
        workflow=f"{job}.yml",
        event=event,
        payload=payload,
        actor="ada",
        api_url=hub.api_url,
        graphql_url=hub.graphql_url,
        server_url=hub.server_url,
    )


def writes(hub: Hub) -> list[str]:
    """Every request that would change something, in order."""
    return [each.line for each in hub.requests(writes=True)]
