"""One look at a repository, in one request: what is governed, whether it must stop, whether anything changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autonomy_pack.edges.github import queries, shapes
from autonomy_pack.edges.github.calls import NoGraphQL
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.looking_by_rest import look
from autonomy_pack.edges.github.values import Look
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError

_CONFIG, _FOLDER = ".github/autonomy.yml", ".github/autonomy"


class Looking(Connected):
    """Reading the repository itself."""

    def look(self) -> Look:
        """All that choosing needs before it reads issues. WorldError when any of it cannot be read whole."""
        try:
            told = self.repository(self.calls.graphql(queries.LOOK, self.variables(), choosing=True))
        except NoGraphQL:
            return look(self)
        branch = told["defaultBranchRef"]
        if not branch:
            raise WorldError(f"{self.repo} has no commit yet", "Push a first commit to its default branch.")
        newest = told["issues"]["nodes"]
        return Look(
            default_branch=branch["name"],
            head=branch["target"]["oid"],
            policy_tree=(told["policy"] or {}).get("oid", ""),
            updated=shapes.time(newest[0]["updatedAt"]) if newest else "",
            open_count=told["issues"]["totalCount"],
            files=dict(_files(told)),
            stop=told["stop"] is not None,
            state=((told["state"] or {}).get("target") or {}).get("message", ""),
            archived=told["isArchived"],
            fork=told["isFork"],
            private=told["isPrivate"],
            viewer=(told["viewerPermission"] or "").lower(),
        )

    def default_branch(self) -> tuple[str, str]:
        """(name, commit) of the default branch: two requests."""
        name = str(self.calls.get(f"/repos/{self.repo}")["default_branch"])
        return name, str(self.calls.get(self.ref(f"heads/{name}"))["object"]["sha"])


def _files(told: Any) -> Iterator[tuple[str, str]]:
    if told["config"]:
        yield _CONFIG, _text(told["config"], _CONFIG)
    if told["folder"]:
        yield from _below(told["folder"], _FOLDER)


def _below(tree: Any, folder: str) -> Iterator[tuple[str, str]]:
    """Every file of a tree, read whole: half a policy is none."""
    if "entries" not in tree:
        raise WorldError(f"{one_line(folder)} is nested too deep, or no folder", "Keep it within two folders.")
    for entry in tree["entries"]:
        path = f"{folder}/{entry['name']}"
        if entry["type"] == "tree":
            yield from _below(entry["object"], path)
        else:
            yield path, _text(entry["object"], path)


def _text(blob: Any, path: str) -> str:
    if not blob or blob.get("text") is None or blob["isTruncated"] or blob["isBinary"]:
        raise WorldError(
            f"{one_line(path)} on the default branch cannot be read as text",
            "Make it a plain UTF-8 file, below 100 kB.",
        )
    return str(blob["text"])
