"""One write of a fleet: a branch, a commit, a pull request, in one request; after a lost answer only what is left."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from autonomy_pack.edges.github import fleet_queries as queries
from autonomy_pack.edges.github.calls import Calls
from autonomy_pack.edges.redact import redact
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.targets import Push, Pushed, Target, object_id

_AGAIN = "Run the same command again: it goes on from what is there now."
# The latter also after a lost answer, where the copy that was read to see what it did lags behind.
_MOVED = ("expected branch to point to", "already exists")


class Stale(WorldError):
    """The repository is not as the plan saw it: a new plan is needed."""


class Pushing:
    """A push on its way: `now` reads the repository again, to see what a try without an answer did."""

    def __init__(self, calls: Calls, push: Push, now: Callable[[], Target]) -> None:
        self._calls, self._push, self._now = calls, push, now
        self._tried = False
        self._was = push.was
        self._commit = "" if push.texts or push.gone else push.at
        self._url = ""

    def carry_out(self) -> Pushed:
        """Make everything that is not made yet. Stale when the repository moved; WorldError when GitHub refuses."""
        self._calls.mutate(self._compose, self._took)
        return Pushed(commit=self._commit, url=self._url)

    def _compose(self) -> tuple[str, Mapping[str, Any]] | None:
        if self._tried:
            self._look()
        self._tried = True
        parts = self._parts()
        return (queries.mutation(list(parts)), parts) if parts else None

    def _parts(self) -> dict[str, Any]:
        """What is left to be asked for, in the order in which it has to be done."""
        push = self._push
        parts: dict[str, Any] = {}
        if self._was != push.at:
            parts |= self._ref_part()
        if not self._commit:
            parts["commit"] = self._commit_input()
        if push.title and not self._url:
            parts |= self._pull_parts()
        return parts

    def _ref_part(self) -> dict[str, Any]:
        push, name = self._push, f"refs/heads/{self._push.branch}"
        if not self._was:
            return {"ref": {"repositoryId": push.target.id, "name": name, "oid": push.at}}
        move = {"name": name, "beforeOid": self._was, "afterOid": push.at, "force": True}
        return {"move": {"repositoryId": push.target.id, "refUpdates": [move]}}

    def _commit_input(self) -> dict[str, Any]:
        push = self._push
        added = [{"path": path, "contents": _encoded(text)} for path, text in sorted(push.texts.items())]
        return {
            "branch": {"repositoryNameWithOwner": push.target.name, "branchName": push.branch or push.target.branch},
            "expectedHeadOid": push.at,
            "message": {"headline": push.headline, "body": push.message},
            "fileChanges": {"additions": added, "deletions": [{"path": path} for path in sorted(push.gone)]},
        }

    def _pull_parts(self) -> dict[str, Any]:
        push, target = self._push, self._push.target
        told = {"title": push.title, "body": push.body}
        if not push.proposal:
            ends = {"repositoryId": target.id, "baseRefName": target.branch, "headRefName": push.branch}
            return {"pull": {**ends, **told, "draft": push.draft}}
        parts: dict[str, Any] = {"update": {"pullRequestId": push.proposal, **told}}
        if target.proposal and target.proposal.draft != push.draft:
            parts["draft" if push.draft else "ready"] = {"pullRequestId": push.proposal}
        return parts

    def _took(self, told: Any) -> None:
        """Note what is done; the first thing that was refused is the reason to give up."""
        data = told.get("data") or {}
        if data.get("ref") or data.get("move"):
            self._was = self._push.at
        if data.get("commit"):
            self._commit = data["commit"]["commit"]["oid"]
        pull = (data.get("pull") or data.get("update") or {}).get("pullRequest")
        if pull:  # a refused one is null inside an answer that is there
            self._url = pull["url"]
        if told.get("errors"):
            raise self._refusal(told["errors"][0])

    def _refusal(self, error: Any) -> WorldError:
        said = one_line(redact(str(error.get("message", ""))), 200)
        part = ".".join(map(str, error.get("path") or ("write",)))
        says = f"{self._push.target.name}, {part}: {said}"
        if error.get("type") == "STALE_DATA" or any(words in said.casefold() for words in _MOVED):
            return Stale(says, _AGAIN)
        if error.get("type") == "FORBIDDEN" or "permission" in said or "not accessible" in said:
            return WorldError(says, "Give the token contents, workflows and pull-requests: write there.")
        if "protected" in said or "rule" in said.casefold():
            branch = self._push.branch or self._push.target.branch
            return WorldError(says, f"Let the branch {branch} out of the rule, or leave --direct out.")
        return WorldError(says, _AGAIN)

    def _look(self) -> None:
        """What is there of it now: nobody says what a try without an answer did."""
        now = self._now()
        if not self._push.branch:
            self._commit = self._commit or self._directly(now)
            return
        self._was = self._push.at if now.tip == self._push.at else self._was
        if now.plan and now.plan in self._push.message:
            self._was, self._commit = self._push.at, now.tip
        if self._commit and not self._push.proposal and now.proposal and now.proposal.state == "open":
            self._url = now.proposal.url

    def _directly(self, now: Target) -> str:
        """The commit on the default branch, if ours is what moved it; "" when nothing did."""
        if now.head == self._push.at:
            return ""
        here = all(now.blobs.get(path) == object_id(text) for path, text in self._push.texts.items())
        if here and not any(path in now.blobs for path in self._push.gone):
            return now.head
        raise Stale(f"{now.name}: {now.branch} moved on meanwhile", _AGAIN)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
