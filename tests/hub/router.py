"""Routes under the names of GitHub's own document, and what a handler gets and gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from hub.things import By

if TYPE_CHECKING:
    from hub.core import Hub
    from hub.repository import Repo
    from hub.tokens import Token

# Places of a template that hold slashes.
DEEP = {"ref", "path", "branch", "basehead"}
DOCUMENTATION = "https://docs.github.com/rest"


@dataclass
class Answer:
    """What goes back. `data` is sent as JSON unless `raw` is given; `checked` False keeps the referee out."""

    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    checked: bool = True
    written: bytes | None = None

    def bytes(self) -> bytes:
        """The body; it is written once."""
        if self.raw is not None:
            return self.raw
        if self.written is None:
            self.written = b"" if self.data is None else json.dumps(self.data).encode()
        return self.written


class Refused(Exception):
    """An error answer. `errors` are those of a 422: dicts of resource, code, field, message, or plain strings."""

    def __init__(self, status: int, message: str, *errors: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, errors, dict(headers or {})

    def answer(self) -> Answer:
        """As GitHub words it."""
        data: dict[str, Any] = {"message": self.message}
        if self.errors:
            data["errors"] = list(self.errors)
        data |= {"documentation_url": DOCUMENTATION, "status": str(self.status)}
        return Answer(self.status, data, self.headers)


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> Refused:
    """A 422 "Validation Failed" about one field."""
    error = {"resource": resource, "code": code, "field": field}
    return Refused(422, "Validation Failed", error | ({"message": message} if message else {}))


def custom(resource: str, message: str) -> Refused:
    """A 422 "Validation Failed" in words."""
    return Refused(422, "Validation Failed", {"resource": resource, "code": "custom", "message": message})


@dataclass
class Base:
    """Where the client thinks it is: the API's and the site's address, no slash at the end."""

    api: str
    html: str


@dataclass
class Call:
    """One request on its way to its handler."""

    hub: Hub
    base: Base
    token: Token | None
    job: str
    args: dict[str, str]
    query: dict[str, str]
    data: dict[str, Any]
    accept: str = ""
    found: Repo | None = None
    route: str = ""
    path: str = ""

    @property
    def repo(self) -> Repo:
        """The repository the path names."""
        assert self.found is not None
        return self.found

    @property
    def by(self) -> By:
        """Who asks."""
        assert self.token is not None
        return self.token.by

    def number(self, name: str) -> int:
        """A number of the path; anything else is 404."""
        if not self.args[name].isdigit():
            raise Refused(404, "Not Found")
        return int(self.args[name])

    def text(self, name: str, resource: str) -> str:
        """A text of the body that must be there."""
        if not isinstance(self.data.get(name), str) or not self.data[name]:
            raise invalid(resource, name, "missing_field")
        return str(self.data[name])

    def page(self, rows: Sequence[Any], shape: Callable[[Any], Any]) -> Answer:
        """One page of a list, with the Link header to the others."""
        part, link = self.cut(rows)
        return Answer(200, [shape(row) for row in part], link)

    def cut(self, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
        """The rows of the page asked for, and the Link header to the others."""
        size = min(max(_number(self.query.get("per_page", ""), 30), 1), 100)
        page, last = max(_number(self.query.get("page", ""), 1), 1), max(-(-len(rows) // size), 1)
        wanted = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        names = (["prev", "first"] if page > 1 else []) + (["next", "last"] if page < last else [])
        links = [f'<{self._page_url(wanted[name])}>; rel="{name}"' for name in names]
        return rows[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}

    def _page_url(self, page: int) -> str:
        # GitHub's links name the repository by its id, whatever the client asked for.
        path = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.repo.id}", self.path) if self.found else self.path
        return f"{self.base.api}{path}?{urlencode({**self.query, 'page': str(page)})}"


def _number(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


Handler = Callable[[Call], Answer]


@dataclass
class Route:
    """One operation: `template` as in GitHub's document, the scopes any of which is enough, the least role."""

    method: str
    template: str
    pattern: re.Pattern[str]
    scope: str
    role: str
    handler: Handler

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"


ROUTES: list[Route] = []


def route(method: str, template: str, scope: str = "metadata:read", role: str = "") -> Callable[[Handler], Handler]:
    """Register a handler. `scope` of a workflow or App token, `role` of a person (write for writes by default)."""

    def register(handler: Handler) -> Handler:
        least = role or ("write" if method != "GET" else "read")
        ROUTES.append(Route(method, template, _pattern(template), scope, least, handler))
        # Longer templates first: `commits/{ref}/check-runs` before `commits/{ref}`.
        ROUTES.sort(key=lambda each: -len(re.sub(r"{\w+}", "", each.template)))
        return handler

    return register


def _pattern(template: str) -> re.Pattern[str]:
    def place(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{'.+' if found[1] in DEEP else '[^/]+'})"

    return re.compile(re.sub(r"{(\w+)}", place, template) + r"/?")


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a path and the values in it."""
    for each in ROUTES:
        if each.method == method and (match := each.pattern.fullmatch(path)):
            return each, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
