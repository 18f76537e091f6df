"""What every part of the client stands on: one repository and the way to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from autonomy_pack.edges.github.calls import Calls
from autonomy_pack.errors import WorldError


class Connected:
    """A repository `owner/name` and the calls to its API."""

    repo: str
    calls: Calls

    def at(self, *parts: object) -> str:
        """The path of something in the repository: parts are quoted, one by one; "/" within a part too."""
        return "/".join(["/repos", self.repo, *(quote(str(part), safe="") for part in parts)])

    def ref(self, name: str) -> str:
        """The path of a ref by its name without `refs/`, such as `heads/main`."""
        return f"{self.at('git', 'ref')}/{quote(name)}"

    def variables(self) -> dict[str, Any]:
        """The variables that name the repository in every GraphQL query."""
        owner, _, name = self.repo.partition("/")
        return {"owner": owner, "name": name}

    def repository(self, data: Any) -> Any:
        """The repository of a GraphQL answer; WorldError when it is gone, hidden or renamed."""
        told = data.get("repository")
        if not told:
            raise WorldError(
                f"there is no repository {self.repo}, or the token cannot see it",
                "Look at its name, and whether the token has contents and issues: read.",
            )
        name = told.get("nameWithOwner", self.repo)
        if name.casefold() != self.repo.casefold():
            raise WorldError(
                f"{self.repo} was renamed to {name}", f"Use {name} (GITHUB_REPOSITORY, or the origin remote)."
            )
        return told
