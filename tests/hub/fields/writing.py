"""Who may write through GraphQL: the same roles and scopes that REST asks for, in GraphQL's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.access import read_only
from hub.fields.nodes import Args, Ask, Node, Problem
from hub.fields.roots import node_of

Change = Callable[[Ask, Mapping[str, Any]], Mapping[str, Any]]


def mutation(change: Change) -> Callable[[Ask, Any, Args], dict[str, Any]]:
    """A mutation from its change: the client's id goes back to it."""

    def run(ask: Ask, source: Any, args: Args) -> dict[str, Any]:
        asked = args["input"]
        return {**change(ask, asked), "clientMutationId": asked.get("clientMutationId")}

    return run


def found(ask: Ask, id: str, *types: str) -> Node:
    """The node of an id, of one of these types."""
    node = node_of(ask, id)
    if node is None or node.type not in types:
        raise Problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")
    return node


def allow(ask: Ask, repo: Any, scope: str, does: str, *, role: str = "write") -> None:
    """Refuse who lacks the scope (workflow and App tokens) or the role (people), and where nobody may write."""
    foreign = ask.token.kind == "job" and ask.token.repo.casefold() != repo.full_name.casefold()
    if foreign:
        raise Problem("FORBIDDEN", "Resource not accessible by integration")
    ask.need(repo, scope)
    who = ask.token.by.user.login
    if ask.token.kind == "user" and not repo.has(who, role):
        raise Problem("FORBIDDEN", f"{who} does not have the correct permissions to execute `{does}`")
    if why := read_only(repo):
        raise Problem("FORBIDDEN", why)


def unprocessable(*says: str) -> Problem:
    """What is wrong with what was asked, all at once."""
    return Problem("UNPROCESSABLE", ", ".join(says))
