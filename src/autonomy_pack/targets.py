"""Repositories as a fleet sees them: what one read tells of each, and what one write asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field

from autonomy_pack.model import value

BRANCH = "autonomy-pack/sync"
"""The branch that the pack's own files are proposed on, the same in every repository."""
PLAN = "Autonomy-Plan"
"""The trailer of a proposed commit: the hash of the plan that made it."""

UNNAMED = "…"
"""What stands for the name of a repository of which not even that was told."""


@value
class Rule:
    """What GitHub demands of a push to the default branch by this token."""

    can_push: bool = True
    signatures: bool = False
    reviews: int = 0
    checks: tuple[str, ...] = ()

    @property
    def needs_pull(self) -> bool:
        """Whether a commit may only come by a pull request."""
        return not self.can_push or self.reviews > 0 or bool(self.checks)


@value
class Proposal:
    """The newest pull request from our branch within the repository; `state`: open, closed or merged."""

    id: str
    number: int
    url: str
    state: str
    draft: bool


@value
class Runs:
    """How runs of our workflows on one commit ended; a run that could not start counts as failed."""

    finished: int
    failed: int
    since: str = ""


@value
class Target:
    """One repository at one moment.

    `permission`: admin, maintain, write, triage, read, "" = not told (the token of an App). `head`: the commit of the
    default `branch`, "" = no commit yet. `blobs`: path → git object id of every file at the top and below `.github`;
    `links`: those of them that are no plain files (links, submodules); `folders`: path → git object id of every folder
    that was seen there. `lock`: the text of the lock, None = none; `unread`: why a lock that is there was not read.
    `older`: the version that the older pack's marker says, "" = none; `marker`: all of that file, None = it could not
    be read whole. `stop`: the default branch has the STOP file. `tip`: the commit of our branch, "" = no such branch;
    `plan`: the hash its message tells, "" = not ours alone. `labels`: lower-case name → (node id, name, colour), None =
    not asked for. `record`: which labels we made, as refs/autonomy/labels says it, "" = there is none. `runs`: None =
    not asked for; `installed`: when the lock last changed on the default branch, "" = not asked for.
    """

    name: str
    id: str
    archived: bool = False
    disabled: bool = False
    fork: bool = False
    private: bool = False
    issues: bool = True
    permission: str = ""
    topics: tuple[str, ...] = ()
    branch: str = ""
    head: str = ""
    policy_tree: str = ""
    blobs: Mapping[str, str]
    links: frozenset[str] = frozenset()
    folders: Mapping[str, str] = field(default_factory=dict)
    lock: str | None = None
    unread: str = ""
    older: str = ""
    marker: str | None = None
    stop: bool = False
    rule: Rule | None = None
    tip: str = ""
    plan: str = ""
    proposal: Proposal | None = None
    labels: Mapping[str, tuple[str, str, str]] | None = None
    record: str = ""
    runs: Runs | None = None
    installed: str = ""

    @property
    def untold(self) -> bool:
        """Whether GitHub told no more than that it is there; `unread` says why."""
        return bool(self.unread) and not self.head


@value
class Branch:
    """What our branch has: `blobs` and `folders` as a Target's, and the text of the lock (None = none)."""

    blobs: Mapping[str, str]
    folders: Mapping[str, str]
    lock: str | None


@value
class Page:
    """Some repositories of one owner, and where the next page begins ("" = this was the last)."""

    targets: tuple[Target, ...]
    after: str


@value
class Push:
    """One commit on one branch of a repository, and the pull request for it: everything that one write asks for.

    `branch`: "" = the default one, directly. `at`: the commit that ours goes on. `was`: where the branch is now: "" =
    there is none, and it is made; `at` = it stays; another = it is moved to `at`, if it is still there. `texts`: path →
    what it holds; `gone`: paths that are removed. Without `title` no pull request. `proposal`: the node id of the open
    one to bring up to date, "" = open one.
    """

    target: Target
    branch: str
    at: str
    was: str
    texts: Mapping[str, str]
    gone: tuple[str, ...]
    headline: str
    message: str
    title: str = ""
    body: str = ""
    draft: bool = False
    proposal: str = ""


@value
class Pushed:
    """What a write made: the commit, and the address of the pull request ("" = none)."""

    commit: str
    url: str = ""


def object_id(text: str) -> str:
    """The name that git gives to a file with this text in UTF-8: the sha1 of its kind, its size and its bytes."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()
