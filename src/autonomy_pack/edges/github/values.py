"""What only GitHub has and the model does not: one look at a repository, artifacts, labels."""

from __future__ import annotations

from collections.abc import Mapping

from autonomy_pack.model import value


@value
class Look:
    """All that one request tells of a repository.

    `head` is the commit of the default branch, `policy_tree` the tree id of `.github` in it ("" = none), `updated` the
    newest change of an open issue ("" = none is open), `files` path → text of `.github/autonomy.yml` and everything
    below `.github/autonomy/`, `stop` whether the default branch has `.agent-workspace/STOP`, `state` the message of
    refs/autonomy/state ("" = no such ref), `viewer` what the token may do: admin, maintain, write, triage, read or "".
    """

    default_branch: str
    head: str
    policy_tree: str
    updated: str
    open_count: int
    files: Mapping[str, str]
    stop: bool
    state: str
    archived: bool
    fork: bool
    private: bool
    viewer: str = ""


@value
class Artifact:
    """A file kept by a workflow run; `size` is of its zip, in bytes."""

    id: int
    name: str
    size: int
    expired: bool


@value
class RepositoryLabel:
    """A label as the repository has it; `color` is six hex digits without "#"."""

    name: str
    color: str
    description: str


@value
class CheckRun:
    """The newest check run of its name on a commit; `app` is the short name of the App that made it."""

    name: str
    conclusion: str
    app: str


@value
class FailedJob:
    """A job of a workflow that did not succeed: `conclusion` is failure, timed_out or cancelled; `run` its run's id."""

    id: int
    run: int
    name: str
    conclusion: str


@value
class Ci:
    """What the workflows say of a commit. `state` is none (nothing ran), approval (a run waits for a person), pending,
    red or green."""

    state: str
    failed: tuple[FailedJob, ...] = ()
