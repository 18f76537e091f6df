"""What a person would see of a repository, without ids, times and commit ids: two runs that did the same look the same."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hub.repository import Repo
from hub.things import Issue

# What differs from run to run in texts and names.
VOLATILE = re.compile(r"\b[0-9a-f]{40}\b|\b1[0-9]{10}\b|127\.0\.0\.1:\d+|\d{4}-\d\d-\d\dT[\d:.]+Z")


def plain(text: str | None) -> str:
    """A text without object ids, event ids, addresses and times."""
    return VOLATILE.sub("*", text or "")


def picture(repo: Repo, refs: str = "refs/heads/") -> dict[str, Any]:
    """Branches with their trees, issues, pull requests and check runs of a repository, as plain data."""
    return {
        "refs": {plain(ref): _tree(repo, oid) for ref, oid in repo.refs(refs).items()},
        "issues": [_issue(repo, issue) for issue in repo.issues.values()],
        "checks": Counter(f"{each.name} {each.conclusion} {_tree(repo, each.head)}" for each in repo.checks),
        "labels": sorted(label.name for label in repo.labels.values()),
        "workflows": {each.path: each.state for each in repo.workflows()},
    }


def _tree(repo: Repo, oid: str) -> str:
    commit = repo.git.commit(oid)
    return commit.tree if commit else oid


def _issue(repo: Repo, issue: Issue) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "number": issue.number,
        "title": plain(issue.title),
        "body": plain(issue.body),
        "state": issue.state,
        "labels": sorted(label.name for label in issue.labels),
        "comments": [(comment.by.user.login, plain(comment.body)) for comment in issue.comments],
    }
    if issue.pull:
        reviewers = sorted(user.login for user in issue.pull.reviewers)
        tree = _tree(repo, repo.pull_head(issue))
        shown |= {"head": plain(issue.pull.head), "base": issue.pull.base, "draft": issue.pull.draft, "tree": tree}
        shown |= {"reviewers": reviewers, "author": issue.by.user.login}
    return shown
