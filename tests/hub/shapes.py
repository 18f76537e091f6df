"""Answers of the API: the official example of each operation, with what the hub knows written over it."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hub.openapi import document
from hub.things import App, Comment, Event, Issue, Label, User

if TYPE_CHECKING:
    from hub.repository import Repo
    from hub.router import Call


@functools.cache
def _text(operation: str, status: str, key: str) -> str:
    value = document()["operations"][operation]["answers"][status]["example"]
    value = value[key] if key else value
    value = value[0] if isinstance(value, list) else value
    text = json.dumps(value)
    for old, new in (
        ("api.github.com/repos/octocat/Hello-World", "{api}/repos/{full}"),
        ("api.github.com/repos/octocat/hello-world", "{api}/repos/{full}"),
        ("api.github.com/repos/github/hello-world", "{api}/repos/{full}"),
        ("api.github.com/repos/octo-org/octo-repo", "{api}/repos/{full}"),
        ("api.github.com", "{api}"),
        ("github.com/octocat/Hello-World", "{html}/{full}"),
        ("github.com", "{html}"),
    ):
        text = text.replace(f"https://{old}", new)
    return text


def example(call: Call, operation: str, status: int = 200, key: str = "", **numbers: Any) -> dict[str, Any]:
    """The example of an operation's answer (of its `key`, of a list's first row), with our addresses in it."""
    text = _text(operation, str(status), key).replace("{api}", call.base.api).replace("{html}", call.base.html)
    if call.found is not None:
        text = text.replace("{full}", call.found.full_name).replace("octocat/Hello-World", call.found.full_name)
    for old, new in numbers.items():
        text = text.replace(old.replace("__", "/"), str(new))
    made: dict[str, Any] = json.loads(text)
    return made


def user(call: Call, account: User | None) -> dict[str, Any] | None:
    """A simple-user."""
    if account is None:
        return None
    here = f"{call.base.api}/users/{quote(account.login)}"
    page = f"apps/{account.login.removesuffix('[bot]')}" if account.kind == "Bot" else account.login
    made: dict[str, Any] = {
        "login": account.login, "id": account.id, "node_id": account.node_id, "type": account.kind,
        "avatar_url": f"{call.base.html}/avatars/{account.id}", "gravatar_id": "", "url": here,
        "html_url": f"{call.base.html}/{page}", "site_admin": False,
        "gists_url": here + "/gists{/gist_id}", "starred_url": here + "/starred{/owner}{/repo}",
        "following_url": here + "/following{/other_user}", "events_url": here + "/events{/privacy}",
    }  # fmt: skip
    rest = ("followers", "subscriptions", "organizations", "repos", "received_events")
    return made | {
        f"{name.removesuffix('s') if name == 'organization' else name}_url": f"{here}/{name}" for name in rest
    }


def app(call: Call, made: App | None) -> dict[str, Any] | None:
    """An integration."""
    if made is None:
        return None
    return {
        "id": made.id, "slug": made.slug, "node_id": made.node_id, "owner": user(call, made.owner), "name": made.slug,
        "description": "", "external_url": call.base.html, "html_url": f"{call.base.html}/apps/{made.slug}",
        "created_at": "2018-07-30T09:30:17Z", "updated_at": "2024-04-10T20:33:16Z", "permissions": {"metadata": "read"},
        "events": [],
    }  # fmt: skip


def label(call: Call, made: Label) -> dict[str, Any]:
    """A label."""
    return {
        "id": made.id, "node_id": made.node_id, "url": f"{call.base.api}/repos/{call.repo.full_name}/labels/{quote(made.name)}",
        "name": made.name, "color": made.color, "default": made.default, "description": made.description,
    }  # fmt: skip


def issue(call: Call, made: Issue) -> dict[str, Any]:
    """An issue, or a pull request as the issue routes show it."""
    repo = call.repo
    kind = "pull" if made.pull else "issues"
    here, page = f"{call.base.api}/repos/{repo.full_name}", f"{call.base.html}/{repo.full_name}/{kind}/{made.number}"
    shown = example(call, "GET /repos/{owner}/{repo}/issues/{issue_number}", issues__1347=f"issues/{made.number}")
    for name in ("pull_request", "closed_by", "repository", "performed_via_github_app", "pinned_comment", "type"):
        shown.pop(name, None)
    shown |= {
        "id": made.id, "node_id": made.node_id, "number": made.number, "title": made.title, "body": made.body,
        "state": made.state, "state_reason": made.reason, "user": user(call, made.by.user), "html_url": page,
        "labels": [label(call, each) for each in made.labels], "locked": made.locked, "active_lock_reason": None,
        "assignee": user(call, made.assignees[0]) if made.assignees else None, "milestone": None,
        "assignees": [user(call, each) for each in made.assignees], "comments": len(made.comments),
        "created_at": made.created, "updated_at": made.updated, "closed_at": made.closed or None,
        "closed_by": user(call, made.closed_by), "performed_via_github_app": app(call, made.by.app),
        "author_association": association(repo, made.by.user.login),
    }  # fmt: skip
    if made.pull:
        pull = f"{here}/pulls/{made.number}"
        shown["pull_request"] = {
            "url": pull, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
            "merged_at": made.pull.merged or None,
        }  # fmt: skip
        shown["draft"] = made.pull.draft
    return shown


def association(repo: Repo, login: str) -> str:
    """What a person is to a repository; display only, as on GitHub."""
    if login.casefold() == repo.owner.login.casefold():
        return "OWNER"
    return "COLLABORATOR" if repo.has(login, "triage") else "NONE"


def comment(call: Call, made: Comment) -> dict[str, Any]:
    """An issue comment."""
    here = f"{call.base.api}/repos/{call.repo.full_name}"
    kind = "pull" if call.repo.pull(made.number) else "issues"
    return {
        "id": made.id, "node_id": made.node_id, "url": f"{here}/issues/comments/{made.id}",
        "html_url": f"{call.base.html}/{call.repo.full_name}/{kind}/{made.number}#issuecomment-{made.id}",
        "body": made.body, "user": user(call, made.by.user), "created_at": made.created, "updated_at": made.updated,
        "issue_url": f"{here}/issues/{made.number}", "performed_via_github_app": app(call, made.by.app),
        "author_association": association(call.repo, made.by.user.login),
    }  # fmt: skip


def event(call: Call, made: Event) -> dict[str, Any]:
    """An issue event."""
    shown: dict[str, Any] = {
        "id": made.id, "node_id": made.node_id, "event": made.kind, "created_at": made.at,
        "url": f"{call.base.api}/repos/{call.repo.full_name}/issues/events/{made.id}",
        "actor": user(call, made.by.user), "commit_id": made.data.get("commit_id"), "commit_url": None,
        "performed_via_github_app": app(call, made.by.app),
    }  # fmt: skip
    if made.label:
        shown["label"] = {"name": made.label[0], "color": made.label[1]}
    for name in ("assignee", "requested_reviewer"):
        if name in made.data:
            shown[name] = user(call, made.data[name])
    if "assignee" in made.data:
        shown["assigner"] = user(call, made.by.user)
    if "requested_reviewer" in made.data:
        shown["review_requester"] = user(call, made.by.user)
    if "rename" in made.data:
        shown["rename"] = made.data["rename"]
    if made.kind == "closed":
        shown["state_reason"] = made.data.get("state_reason")
    return shown


def repository(call: Call, repo: Repo) -> dict[str, Any]:
    """A full repository."""
    shown = example(call, "GET /repos/{owner}/{repo}")
    role = repo.permission(call.token.by.user.login) if call.token and call.token.kind == "user" else "read"
    for name in ("parent", "source", "template_repository", "organization", "license", "security_and_analysis"):
        shown.pop(name, None)
    shown |= {
        "id": repo.id, "node_id": repo.node_id, "name": repo.name, "full_name": repo.full_name, "fork": repo.fork,
        "owner": user(call, repo.owner), "private": repo.private, "archived": repo.archived, "disabled": repo.disabled,
        "default_branch": repo.default_branch, "created_at": repo.created, "updated_at": repo.updated,
        "visibility": "private" if repo.private else "public", "pushed_at": repo.pushed, "description": repo.description,
        "has_issues": repo.settings.has_issues, "clone_url": f"{call.base.html}/{repo.full_name}.git",
        "open_issues_count": len([each for each in repo.issues.values() if each.state == "open"]), "license": None,
        "permissions": {"admin": role == "admin", "maintain": role in ("admin", "maintain"), "pull": True,
                        "push": role in ("admin", "maintain", "write"), "triage": role not in ("read", "none")},
        "language": None, "topics": list(repo.topics), "forks_count": 0, "network_count": 0, "subscribers_count": 0,
    }  # fmt: skip
    return shown
