"""Workflow runs, their artifacts, and workflows as a switch; the limits of the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.values import Artifact


class Runs(Connected):
    """What GitHub Actions knows."""

    def artifacts(self, run_id: int) -> list[Artifact]:
        """Every artifact of a run."""
        told = self.calls.pages(self.at("actions", "runs", run_id, "artifacts"), key="artifacts")
        return [
            Artifact(id=one["id"], name=one["name"], size=one["size_in_bytes"], expired=one["expired"]) for one in told
        ]

    def artifact_zip(self, id: int, limit: int) -> bytes:  # noqa: A002
        """The zip of an artifact, as it is; WorldError when it has more than `limit` bytes, or is gone."""
        return self.calls.download(self.at("actions", "artifacts", id, "zip"), limit)

    def actions_may_open_pulls(self) -> bool | None:
        """The repository's setting "Allow GitHub Actions to create and approve pull requests"; None to who may not see
        it: only administrators may."""
        try:
            told = self.calls.get(self.at("actions", "permissions", "workflow"))
        except Refused as error:
            if error.status in (403, 404):
                return None
            raise
        return bool(told["can_approve_pull_request_reviews"])

    def run_is_over(self, run_id: int, attempt: int) -> bool:
        """Whether that attempt of a run has ended: completed, followed by a later attempt, or deleted with its run.

        Only a run that has ended can be deleted; that runs can be seen at all is made sure of first.
        """
        told = self.calls.find(self.at("actions", "runs", run_id))
        if told is None:
            self.calls.get(self.at("actions", "runs"), {"per_page": 1})
            return True
        return bool(told["status"] == "completed" or told["run_attempt"] > attempt)

    def workflow_state(self, file: str) -> str:
        """active, disabled_manually, disabled_inactivity, disabled_fork or deleted."""
        return str(self.calls.get(self.at("actions", "workflows", file))["state"])

    def disable_workflow(self, file: str) -> None:
        """Switch a workflow off, unless it is; may be done with the last request of the hour."""
        self._switch(file, "disable", lambda: self.workflow_state(file) != "active")

    def enable_workflow(self, file: str) -> None:
        """Switch a workflow on, unless it is: only ever because a person asked for it."""
        self._switch(file, "enable", lambda: self.workflow_state(file) == "active")

    def _switch(self, file: str, verb: str, done: Callable[[], bool]) -> None:
        path = self.at("actions", "workflows", file, verb)
        try:
            self.calls.write("PUT", path, look=lambda: done() or None, urgent=True)
        except Refused as error:
            if error.status not in (403, 409, 422) or not done():  # it refuses what is done already
                raise

    def rate_limits(self) -> dict[str, Any]:
        """Resource → {limit, used, remaining, reset (seconds since 1970)}; {} where the host sets no limits."""
        told = self.calls.find("/rate_limit")
        return dict(told["resources"]) if told else {}
