"""What was asked of the hub, in order of arrival."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """One request. `path` is without /api/v3 and query; `route` as in GitHub's document ("GET /repos/{owner}/{repo}"),
    or git-upload-pack, git-receive-pack, graphql, blob. `status` 0: no answer was sent. `auth`: the login, "" = nobody.
    `at`: when it arrived, in monotonic seconds.
    """

    method: str
    path: str
    query: dict[str, str]
    raw: bytes
    token: str
    auth: str
    agent: str
    job: str
    headers: dict[str, str] = field(default_factory=dict)
    route: str = ""
    status: int = 0
    fault: str = ""
    at: float = 0.0

    @property
    def body(self) -> Any:
        """The body as JSON, None when it is not."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    @property
    def line(self) -> str:
        """ "METHOD /path", what faults and barriers match."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether it may have changed something."""
        if self.route == "graphql":
            return "mutation" in str((self.body or {}).get("query", ""))
        return (
            self.route == "git-receive-pack"
            or (self.method not in ("GET", "HEAD", "POST"))
            or (self.method == "POST" and self.route not in ("git-upload-pack", ""))
        )
