"""What GraphQL resolvers pass around: nodes, pages of them, refusals, and who asks."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.access import permit
from hub.router import Refused

Args = Mapping[str, Any]
Field = Callable[["Ask", Any, Args], Any]
Fields = dict[str, Field]
MOST = 100


class Problem(Exception):
    """An error of GitHub's own kinds; `kind` is its `type`: NOT_FOUND, FORBIDDEN, …"""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Half(Problem):
    """An error beside a payload that is there, with nothing in it."""

    def __init__(self, problem: Problem, payload: Mapping[str, Any]) -> None:
        super().__init__(problem.kind, str(problem))
        self.payload = payload


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the schema: its type's name, the repository it belongs to, and what the hub remembers of it."""

    type: str
    repo: Any
    thing: Any


@dataclass(frozen=True)
class Ask:
    """Who asks: the hub, the token, the name of the job that uses it ("" = none), the points it has left, and the
    address under which it knows the site. `memory` keeps what one query asks for again and again."""

    hub: Any
    token: Any
    job: str
    rate: Mapping[str, Any]
    site: str
    memory: dict[Any, Any] = field(default_factory=dict)
    fault: str = ""

    def need(self, repo: Any, scope: str) -> None:
        """Note that a job uses a scope such as "issues:read"; refuse when it was not given to it."""
        if self.token.kind == "user":
            return
        try:
            permit(self.token, self.job, repo.private, scope)
        except Refused as refused:
            raise Problem("FORBIDDEN", refused.message) from refused

    def sees(self, repo: Any) -> bool:
        """Whether a repository exists for this token; an App is installed everywhere."""
        if self.token.kind == "app":
            return True
        if self.token.kind == "job":
            return repo.full_name.casefold() == self.token.repo.casefold() or not repo.private
        return repo.permission(self.token.by.user.login) != "none"


def needs(scope: str, read: Field) -> Field:
    """The same field, for those who have the scope."""

    def checked(ask: Ask, node: Any, args: Args) -> Any:
        ask.need(node.repo, scope)
        return read(ask, node, args)

    return checked


def attributes(*names: str, **renamed: str) -> Fields:
    """Fields that are attributes of the thing; "" becomes null, as the hub writes "never"."""
    found = {name: name for name in names} | renamed
    return {shown: _attribute(name) for shown, name in found.items()}


def _attribute(name: str) -> Field:
    def read(ask: Ask, node: Node, args: Args) -> Any:
        value = getattr(node.thing, name)
        return None if value == "" else value

    return read


def always(**values: Any) -> Fields:
    """Fields that have one value in this hub."""
    return {name: _constant(value) for name, value in values.items()}


def _constant(value: Any) -> Field:
    return lambda ask, node, args: value


def nothing(*names: str) -> Fields:
    """Connections that are empty in this hub."""
    return {name: lambda ask, node, args: page([], args) for name in names}


def page(items: Sequence[Any], args: Args, *, connection: str = "", **more: Any) -> dict[str, Any]:
    """One page of a connection: `first` after `after`, or `last` before `before`; without either only its count."""
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        says = f"You must provide a `first` or `last` value to properly paginate the `{connection}` connection."
        unbounded = dict.fromkeys(("nodes", "edges", "pageInfo"), Problem("MISSING_PAGINATION_BOUNDARIES", says))
        return {**unbounded, "totalCount": len(items), **more}
    _bounded(last if first is None else first, "last" if first is None else "first", connection)
    begin = _position(items, args.get("after"), -1) + 1
    end = _position(items, args.get("before"), len(items))
    begin, end = (begin, min(end, begin + first)) if first is not None else (max(begin, end - last), end)
    edges = [{"node": item, "cursor": _cursor(at, items[at])} for at, item in enumerate(items[begin:end], begin)]
    return {
        "nodes": [edge["node"] for edge in edges],
        "edges": edges,
        "totalCount": len(items),
        "pageInfo": {
            "hasNextPage": end < len(items),
            "hasPreviousPage": begin > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
        **more,
    }


def _bounded(wanted: int, which: str, connection: str) -> None:
    if wanted > MOST:
        says = f"Requesting {wanted} records on the `{connection}` connection exceeds the `{which}` limit of {MOST} records."
        raise Problem("EXCESSIVE_PAGINATION", says)
    if wanted < 0:
        says = f"`{which}` on the `{connection}` connection cannot be less than zero."
        raise Problem("ARGUMENT_LIMIT", says)


def _cursor(at: int, item: Any) -> str:
    """Stable while other items come and go: the item's own name, and its place for when it is gone."""
    return base64.b64encode(f"cursor:v2:{at}:{_key(item)}".encode()).decode()


def _key(item: Any) -> str:
    thing = getattr(item, "thing", item)
    thing = thing[1] if isinstance(thing, tuple) else thing
    return thing if isinstance(thing, str) else str(getattr(thing, "node_id", ""))


def _position(items: Sequence[Any], cursor: str | None, default: int) -> int:
    if not cursor:
        return default
    try:
        _, _, at, key = base64.b64decode(cursor, validate=True).decode().split(":", 3)
        place = int(at)
    except ValueError as error:
        raise Problem("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from error
    if place < len(items) and _key(items[place]) == key:
        return place
    return next((index for index, item in enumerate(items) if _key(item) == key), place - 1)
