"""Accounts: users, bots, organizations."""

from __future__ import annotations

from typing import Any

from hub.fields.nodes import Args, Ask, Fields, Node, always, attributes, nothing


def actor(user: Any, repo: Any = None) -> Node | None:
    """The account as an Actor; in a repository's history a deleted account is null."""
    if user is None or (repo is not None and user.login.casefold() not in repo.state.users):
        return None
    return Node(user.kind, None, user)


def _login(ask: Ask, node: Node, args: Args) -> str:
    """GraphQL names a bot without the `[bot]` that REST shows."""
    return node.thing.login.removesuffix("[bot]") if node.type == "Bot" else node.thing.login


def _address(ask: Ask, node: Node, args: Args) -> str:
    kind = "apps/" if node.type == "Bot" else ""
    return f"{ask.site}/{kind}{_login(ask, node, args)}"


ACCOUNT: Fields = {
    **attributes("login", id="node_id", databaseId="id"),
    "login": _login,
    "url": _address,
    "resourcePath": lambda ask, node, args: f"/{_login(ask, node, args)}",
    "avatarUrl": lambda ask, node, args: f"{ask.site}/avatars/{node.thing.id}",
}
PERSON: Fields = {
    **ACCOUNT,
    **always(name=None, email="", bio=None, company=None, location=None, isViewer=False),
    **nothing("organizations"),
}
FIELDS: dict[str, Fields] = {
    "User": PERSON,
    "Bot": ACCOUNT,
    "Organization": {**PERSON, **nothing("teams")},
}
