"""Who a token speaks for and what it may do; the permissions of a workflow token are those of the job that uses it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from hub.things import By, Rate

# The job says its name in its user agent; git's starts with `git/`.
JOB = re.compile(r"\bjob/([A-Za-z0-9_.-]+)")
SCOPES = frozenset(
    [
        "actions",
        "attestations",
        "checks",
        "contents",
        "deployments",
        "discussions",
        "id-token",
        "issues",
        "packages",
        "pages",
        "pull-requests",
        "repository-projects",
        "security-events",
        "statuses",
    ]
)


class Used:
    """Which scopes each job used: job → scope → read or write. What the tests compare with what it declares."""

    def __init__(self) -> None:
        self._used: dict[str, dict[str, str]] = defaultdict(dict)

    def add(self, job: str, scope: str) -> None:
        """A job used `issues:write`."""
        name, _, level = scope.partition(":")
        if name != "metadata" and self._used[job].get(name) != "write":
            self._used[job][name] = level

    def of(self, job: str) -> dict[str, str]:
        """scope → highest level that this job used."""
        return dict(self._used.get(job, {}))


@dataclass(eq=False)
class Token:
    """`kind` is user, job (GITHUB_TOKEN) or app. `permissions` by job name; "" stands for every job (an App's token).

    `repo` is the only repository a job's token knows.
    """

    text: str
    kind: str
    by: By
    rate: Rate
    used: Used
    repo: str = ""
    permissions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    run_id: int = 0
    attempt: int = 1
    expired: bool = False

    def may(self, job: str, scope: str) -> bool:
        """Whether a scope such as `issues:write` is among the permissions of that job."""
        name, _, level = scope.partition(":")
        held = self.permissions.get("" if self.kind == "app" else job, {})
        return name == "metadata" or level in _levels(held.get(name, "none"))


def _levels(held: str) -> tuple[str, ...]:
    return {"write": ("read", "write"), "admin": ("read", "write")}.get(held, (held,))


def job_permissions(declared: str | Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """job → scope → level, from the text of a workflow or from such a mapping; unknown scopes raise ValueError."""
    jobs = _of_workflow(declared) if isinstance(declared, str) else dict(declared)
    made = {job: _spelt_out(permissions) for job, permissions in jobs.items()}
    unknown = {scope for scopes in made.values() for scope in scopes} - SCOPES
    if unknown:
        raise ValueError(f"unknown permission: {', '.join(sorted(unknown))}")
    return made


@cache
def _of_workflow(text: str) -> dict[str, Any]:
    """Job → what its `permissions:` says. Read once: tests make many tokens for jobs of one workflow."""
    workflow = yaml.safe_load(text)
    top = workflow.get("permissions", {})
    return {name: job.get("permissions", top) for name, job in workflow["jobs"].items()}


def _spelt_out(permissions: str | Mapping[str, str] | None) -> dict[str, str]:
    if isinstance(permissions, str):
        level = {"read-all": "read", "write-all": "write"}[permissions]
        return dict.fromkeys(SCOPES, level)
    return dict(permissions or {})


def job_of(user_agent: str) -> str:
    """The job named in a user agent, or ""."""
    found = JOB.search(user_agent)
    return found.group(1) if found else ""
