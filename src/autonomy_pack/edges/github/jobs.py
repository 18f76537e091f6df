"""What GitHub Actions made of a commit: the newest run of each workflow, the jobs that failed, and their logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.values import Ci, FailedJob
from autonomy_pack.errors import WorldError

_BAD = frozenset({"failure", "timed_out", "cancelled", "startup_failure"})
_FAILED = frozenset({"failure", "timed_out", "cancelled"})
_LARGEST_LOG = 20 * 1000 * 1000
_TAIL = 256 * 1024
_MOST_RUNS = 100


class Jobs(Connected):
    """Reading CI; checks that other Apps run are not looked at."""

    def ci(self, head: str) -> Ci:
        """What the workflows say of a commit: one request, and one more for each run that failed."""
        words = {"head_sha": head, "per_page": _MOST_RUNS}
        told = self.calls.get(self.at("actions", "runs"), words)
        newest: dict[tuple[int, str], Mapping[str, Any]] = {}
        for run in sorted(told["workflow_runs"], key=lambda one: one["id"]):
            newest[run["workflow_id"], run["event"]] = run
        runs = [run for run in newest.values() if run["head_sha"] == head]
        failed = tuple(job for run in runs if run["conclusion"] in _BAD for job in self._failed(run))
        return Ci(state=_state(runs), failed=failed)

    def _failed(self, run: Mapping[str, Any]) -> Iterator[FailedJob]:
        jobs = self.calls.pages(self.at("actions", "runs", run["id"], "jobs"), {"filter": "latest"}, key="jobs")
        for job in jobs:
            if job["conclusion"] in _FAILED:
                name = f"{run['name']} / {job['name']}"
                yield FailedJob(id=job["id"], run=run["id"], name=name, conclusion=job["conclusion"])

    def job_log(self, id: int) -> str:  # noqa: A002
        """The last 256 KiB of what a job printed, "" when it is gone or has more than 20 MB. Anybody's words."""
        try:
            content = self.calls.download(self.at("actions", "jobs", id, "logs"), _LARGEST_LOG)
        except Refused as error:
            if error.status in (404, 410):
                return ""
            raise
        except WorldError as error:
            if "has more than" in error.says:
                return ""
            raise
        return content[-_TAIL:].decode("utf-8", "replace")


def _state(runs: list[Mapping[str, Any]]) -> str:
    if not runs:
        return "none"
    if any(run["conclusion"] == "action_required" for run in runs):
        return "approval"
    if any(run["status"] != "completed" for run in runs):
        return "pending"
    return "red" if any(run["conclusion"] in _BAD for run in runs) else "green"
