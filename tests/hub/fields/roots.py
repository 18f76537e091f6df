"""Where queries and mutations begin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.fields.accounts import actor
from hub.fields.issues import numbered, state
from hub.fields.nodes import Args, Ask, Fields, Node, Problem, page
from hub.fields.repository import repository
from hub.repository import Repo
from hub.things import App, Comment, Issue, Label, Run, User, Workflow

TYPES: Mapping[type, str] = {Comment: "IssueComment", Label: "Label", Run: "WorkflowRun", Workflow: "Workflow"}
QUALIFIER = re.compile(r'(-?[\w-]+):("[^"]*"|\S+)')


def _repository(ask: Ask, source: Any, args: Args) -> Node:
    full_name = f"{args['owner']}/{args['name']}"
    found, _ = ask.hub.repo_named(full_name)
    if found is None or not ask.sees(found):
        raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return repository(found)


def _owner(ask: Ask, source: Any, args: Args) -> Node | None:
    return actor(ask.hub.users.get(args["login"].casefold()))


def _organization(ask: Ask, source: Any, args: Args) -> Node:
    found = _owner(ask, source, args)
    if found is None or found.type != "Organization":
        raise Problem("NOT_FOUND", f"Could not resolve to an Organization with the login of '{args['login']}'.")
    return found


def _user(ask: Ask, source: Any, args: Args) -> Node | None:
    found = _owner(ask, source, args)
    if found is None or found.type != "User":
        raise Problem("NOT_FOUND", f"Could not resolve to a User with the login of '{args['login']}'.")
    return found


def node_of(ask: Ask, id: str) -> Node | None:
    """Whatever has this node id, if the token sees its repository."""
    if id.startswith("REF_") and id.count("_") > 1:
        return _ref_node(ask, id)
    found = ask.hub.node(id)
    repo, thing = found if isinstance(found, tuple) else (found if isinstance(found, Repo) else None, found)
    if thing is None or isinstance(thing, App) or (repo is not None and not ask.sees(repo)):
        return None
    if isinstance(thing, User):
        return actor(thing)
    if isinstance(thing, Issue):
        return numbered(repo, thing)
    kind = "Repository" if isinstance(thing, Repo) else TYPES.get(type(thing))
    return Node(kind, repo, thing) if kind else None


def _ref_node(ask: Ask, id: str) -> Node | None:
    """A ref's id names its repository and itself; a ref that is gone is not found."""
    _, number, name = id.split("_", 2)
    repo = ask.hub.by_id(int(number)) if number.isdigit() else None
    seen = repo is not None and ask.sees(repo) and repo.git.ref(name)
    return Node("Ref", repo, name) if seen else None


def _node(ask: Ask, source: Any, args: Args) -> Node:
    found = node_of(ask, args["id"])
    if found is None:
        raise Problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{args['id']}'")
    return found


def _nodes(ask: Ask, source: Any, args: Args) -> list[Node | None]:
    if len(args["ids"]) > 100:
        raise Problem(
            "ARGUMENT_LIMIT", "You may not provide more than 100 node ids; you provided " + str(len(args["ids"]))
        )
    return [_found(ask, each) for each in args["ids"]]


def _found(ask: Ask, id: str) -> Any:
    """One of many: an unknown one is null, with an error of its own."""
    found = node_of(ask, id)
    return found or Problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")


def _search(ask: Ask, source: Any, args: Args) -> Any:
    """Issues and pull requests by the qualifiers repo, is, type, state, label, author, assignee, head, base; words in text."""
    query = args["query"].replace("@me", ask.token.by.user.login)
    asked = [(key, value.strip('"')) for key, value in QUALIFIER.findall(query)]
    words = [word.casefold() for word in QUALIFIER.sub("", query).split() if word not in "()"]
    repos = [ask.hub.repos.get(value) for key, value in asked if key == "repo"]
    hits = [
        numbered(repo, issue)
        for repo in repos
        if repo and ask.sees(repo)
        for issue in sorted(repo.issues.values(), key=lambda issue: -issue.number)
        if all(_matches(issue, key, value) for key, value in asked)
        and all(word in f"{issue.title} {issue.body}".casefold() for word in words)
    ]
    kept = [hit for hit in hits if hit]
    return page(kept, args, connection="search", issueCount=len(kept))


def _matches(issue: Issue, key: str, value: str) -> bool:
    """Whether an issue has what one qualifier asks for; unknown ones are a fault of the hub, said loudly."""
    held = {
        "repo": [],
        "is": [
            state(issue).lower(),
            issue.state,
            "pr" if issue.pull else "issue",
            "draft" if issue.pull and issue.pull.draft else "",
        ],
        "label": [label.name.casefold() for label in issue.labels],
        "author": [issue.by.user.login.casefold()],
        "assignee": [user.login.casefold() for user in issue.assignees],
        "head": [issue.pull.head] if issue.pull else [],
        "base": [issue.pull.base] if issue.pull else [],
        "review-requested": [user.login.casefold() for user in issue.pull.reviewers] if issue.pull else [],
        "mentions": [],
        "in": [value],
        "sort": [value],
        "archived": ["false"],
        "draft": [str(bool(issue.pull and issue.pull.draft)).lower()],
    }
    key = {"type": "is", "state": "is"}.get(key, key)
    name = key.removeprefix("-")
    if name not in held:
        raise Problem("HUB", f"the hub does not know the search qualifier {key}")
    if name == "repo":
        return True
    return (value.casefold() in held[name]) != key.startswith("-")


def _rate(ask: Ask, source: Any, args: Args) -> dict[str, Any]:
    return dict(ask.rate)


FIELDS: dict[str, Fields] = {
    "Query": {
        "repository": _repository,
        "repositoryOwner": _owner,
        "user": _user,
        "organization": _organization,
        "viewer": lambda ask, source, args: actor(ask.token.by.user),
        "node": _node,
        "nodes": _nodes,
        "search": _search,
        "rateLimit": _rate,
    },
}
