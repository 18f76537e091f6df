"""Whole event payloads as GitHub sends them, for act, which invents nothing of its own: from what the hub holds.

act("issue_comment", place, workflow, payload=payloads.issue_comment(hub, repo, comment.id), hub=hub)
"""

from __future__ import annotations

from typing import Any

from hub import shapes
from hub.repository import Repo
from hub.rest.issues import get_issue
from hub.rest.pulls import get_pull
from hub.router import Base, Call

SITE = Base("https://api.github.com", "https://github.com")


def any_event(hub: Any, repo: Repo, sender: str = "octo", **more: Any) -> dict[str, Any]:
    """What every event has: repository, sender; for schedule, workflow_dispatch and push nothing else is needed."""
    call = _call(hub, repo)
    return {"repository": shapes.repository(call, repo), "sender": shapes.user(call, hub.account(sender)), **more}


def issues(hub: Any, repo: Repo, action: str, number: int, *, sender: str = "octo", label: str = "") -> dict[str, Any]:
    """`issues`: opened, labeled, closed, …; `label` is what labeled and unlabeled are about."""
    issue = get_issue(_call(hub, repo, issue_number=str(number))).data
    return any_event(hub, repo, sender, action=action, issue=issue, **_labelled(hub, repo, label))


def issue_comment(hub: Any, repo: Repo, comment_id: int, *, action: str = "created") -> dict[str, Any]:
    """`issue_comment`: of an issue or of a pull request; the sender is who wrote it."""
    comment = repo.comment_of(comment_id)
    assert comment is not None
    issue = get_issue(_call(hub, repo, issue_number=str(comment.number))).data
    told = shapes.comment(_call(hub, repo), comment)
    return any_event(hub, repo, comment.by.user.login, action=action, issue=issue, comment=told)


def pull_request(
    hub: Any, repo: Repo, action: str, number: int, *, sender: str = "octo", label: str = ""
) -> dict[str, Any]:
    """`pull_request`: opened, synchronize, labeled, …"""
    pull = get_pull(_call(hub, repo, pull_number=str(number))).data
    return any_event(hub, repo, sender, action=action, number=number, pull_request=pull, **_labelled(hub, repo, label))


def _labelled(hub: Any, repo: Repo, label: str) -> dict[str, Any]:
    return {"label": shapes.label(_call(hub, repo), repo.make_label(label))} if label else {}


def _call(hub: Any, repo: Repo, **args: str) -> Call:
    """A request that nobody sent: nothing is counted, checked or written down."""
    return Call(hub, SITE, None, "", args, {}, {}, found=repo)
