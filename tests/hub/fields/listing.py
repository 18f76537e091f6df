"""The repositories of an owner, as far as the token sees them."""

from __future__ import annotations

from typing import Any

from hub.fields.nodes import Args, Ask, Fields, Node, Problem, page

ORDERS = {
    "CREATED_AT": lambda repo: (repo.created, repo.id),
    "UPDATED_AT": lambda repo: (repo.updated, repo.id),
    "PUSHED_AT": lambda repo: (repo.pushed, repo.id),
    "NAME": lambda repo: repo.name.casefold(),
    "STARGAZERS": lambda repo: repo.id,
}

FILTERS = {
    "isArchived": lambda repo: repo.archived,
    "isFork": lambda repo: repo.fork,
    "isLocked": lambda repo: repo.locked,
    "hasIssuesEnabled": lambda repo: repo.settings.has_issues,
    "privacy": lambda repo: "PRIVATE" if repo.private else "PUBLIC",
    "visibility": lambda repo: "PRIVATE" if repo.private else "PUBLIC",
}


def _of(node: Node, repo: Any, affiliations: list[str] | None) -> bool:
    """Owned, or (of people, unless only owned ones are asked for) open to them as collaborators."""
    if repo.owner is node.thing:
        return "OWNER" in (affiliations or ["OWNER"])
    login = node.thing.login.casefold()
    return node.type == "User" and "COLLABORATOR" in (affiliations or ["COLLABORATOR"]) and login in repo.permissions


def _wanted(repo: Any, args: Args) -> bool:
    """The filters that are given; null is none."""
    return all(args.get(name) in (None, read(repo)) for name, read in FILTERS.items() if name in args)


def _repositories(ask: Ask, node: Node, args: Args) -> Any:
    """In the order they came to be, unless another is asked for."""
    affiliations = args.get("ownerAffiliations")
    hits = [
        repo
        for repo in ask.hub.repos.values()
        if _of(node, repo, affiliations) and _wanted(repo, args) and ask.sees(repo)
    ]
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    hits.sort(key=ORDERS[order["field"]], reverse=order["direction"] == "DESC")
    # Nodes only for the page: a listing may be of ten thousand.
    made = page(hits, args, connection="repositories", totalDiskUsage=0)
    if isinstance(made["nodes"], list):
        made["nodes"] = [Node("Repository", repo, repo) for repo in made["nodes"]]
        made["edges"] = [{**edge, "node": node} for edge, node in zip(made["edges"], made["nodes"], strict=True)]
    return made


def _repository(ask: Ask, node: Node, args: Args) -> Node:
    full_name = f"{node.thing.login}/{args['name']}"
    found, _ = ask.hub.repo_named(full_name)
    if found is None or not ask.sees(found):
        raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return Node("Repository", found, found)


OWNER: Fields = {"repositories": _repositories, "repository": _repository}
