"""What the hub remembers besides git: plain mutable records. Times are text such as 2026-01-02T03:04:05Z, "" = never."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class User:
    """An account. `kind` is User, Bot or Organization; `settings`: what an organization's owners set for it."""

    login: str
    id: int
    node_id: str
    kind: str = "User"
    runners: list[dict[str, Any]] = field(default_factory=list)
    settings: Settings = field(default_factory=lambda: Settings())


@dataclass(eq=False, slots=True)
class App:
    """A GitHub App; its `bot` is who acts when its token is used."""

    slug: str
    id: int
    node_id: str
    bot: User
    owner: User


@dataclass(eq=False, slots=True)
class By:
    """Who does something: an account, and the App it was done through, if any."""

    user: User
    app: App | None = None


@dataclass(eq=False, slots=True)
class Label:
    """A label of a repository."""

    name: str
    color: str
    description: str | None
    id: int
    node_id: str
    default: bool = False


@dataclass(eq=False, slots=True)
class Event:
    """Something that happened to an issue: labeled, unlabeled, renamed, closed, reopened, assigned, merged, ...

    `label` holds name and color as they were; `data` what else belongs to the kind (`rename`: {from, to}, ...).
    """

    id: int
    node_id: str
    kind: str
    by: By
    at: str
    label: tuple[str, str] | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Comment:
    """A comment on an issue or a pull request. `edited` is "" until somebody changes the body."""

    id: int
    node_id: str
    number: int
    by: By
    body: str
    created: str
    updated: str
    edited: str = ""


@dataclass(eq=False, slots=True)
class Review:
    """A review of a pull request. `state` is APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    id: int
    node_id: str
    by: By
    state: str
    body: str
    commit: str
    at: str


@dataclass(eq=False, slots=True)
class Pull:
    """What a pull request has besides its issue. `head` is the branch, `frozen` its commit once it does not move."""

    id: int
    node_id: str
    head: str
    base: str
    draft: bool = False
    frozen: str = ""
    base_sha: str = ""
    merged: str = ""
    merged_by: User | None = None
    merge_commit: str = ""
    reviewers: list[User] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    head_repo: str = ""


@dataclass(eq=False, slots=True)
class Issue:
    """An issue, or with `pull` a pull request. `edited` is when its body was last changed (a title has its event)."""

    number: int
    id: int
    node_id: str
    title: str
    body: str | None
    by: By
    created: str
    updated: str
    state: str = "open"
    reason: str | None = None
    closed: str = ""
    closed_by: User | None = None
    edited: str = ""
    locked: bool = False
    deleted: bool = False
    moved: str = ""
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(eq=False, slots=True)
class CheckRun:
    """A check run of a commit, made by an App."""

    id: int
    node_id: str
    name: str
    head: str
    app: App
    status: str = "queued"
    conclusion: str | None = None
    started: str = ""
    completed: str = ""
    details_url: str | None = None
    external_id: str = ""
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Status:
    """A commit status."""

    id: int
    node_id: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    head: str
    by: By
    at: str


@dataclass(eq=False, slots=True)
class Workflow:
    """A workflow file and whether it is on: active, disabled_manually, disabled_inactivity, disabled_fork."""

    id: int
    node_id: str
    path: str
    name: str
    created: str
    updated: str
    state: str = "active"


@dataclass(eq=False, slots=True)
class Run:
    """A run of a workflow. `attempt` rises with each re-run; status queued, in_progress, completed."""

    id: int
    node_id: str
    number: int
    workflow: Workflow
    event: str
    branch: str
    head: str
    by: By
    created: str
    updated: str
    attempt: int = 1
    status: str = "in_progress"
    conclusion: str | None = None
    pulls: list[int] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)

    def finish(self, conclusion: str = "success") -> None:
        """The run is over."""
        self.status, self.conclusion = "completed", conclusion

    def rerun(self) -> None:
        """Somebody pressed "Re-run": the next attempt begins."""
        self.attempt, self.status, self.conclusion = self.attempt + 1, "in_progress", None


@dataclass(eq=False, slots=True)
class Artifact:
    """Bytes a job left behind; `data` is the zip."""

    id: int
    node_id: str
    name: str
    run_id: int
    data: bytes
    created: str
    expired: bool = False


@dataclass(slots=True)
class Protection:
    """A rule on branches by pattern (fnmatch). `pushers`: who may push, None = everybody with write."""

    pattern: str
    pushers: frozenset[str] | None = None
    required_signatures: bool = False
    allow_force: bool = False
    allow_deletion: bool = False
    required_checks: tuple[str, ...] = ()
    required_reviews: int = 0


@dataclass(slots=True)
class Settings:
    """What people set for a repository on its settings pages, and those of its organisation. `runners`: dicts of name,
    os, status, version, labels; `organization_*` are those that it may see."""

    actions_may_create_pulls: bool = True
    has_issues: bool = True
    actions_enabled: bool = True
    allowed_actions: str = "all"
    patterns_allowed: list[str] = field(default_factory=list)
    sha_pinning_required: bool = False
    access_level: str = "none"
    secrets: set[str] = field(default_factory=set)
    organization_secrets: set[str] = field(default_factory=set)
    organization_variables: dict[str, str] = field(default_factory=dict)
    runners: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Rate:
    """Requests an hour of one token (of one repository for workflow tokens). `reset` in seconds since 1970."""

    limit: int
    used: int = 0
    reset: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @remaining.setter
    def remaining(self, left: int) -> None:
        self.used = self.limit - left
