"""Refs, commits and check runs, by the API; everything that moves a lease goes by git instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.values import CheckRun

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # `git hash-object -t tree /dev/null`
_IDENTITY = {"name": "Autonomy Pack", "email": "autonomy@autonomy.invalid"}


class Commits(Connected):
    """Git objects of the repository, by the API."""

    def tip(self, ref: str) -> str | None:
        """The object a ref is at, by its full name (`refs/heads/main`); None when there is no such ref."""
        told = self.calls.find(self.ref(ref.removeprefix("refs/")))
        return str(told["object"]["sha"]) if told else None

    def is_ancestor(self, base: str, head: str) -> bool:
        """Whether `head` contains `base`; False also when either is gone or they have no history in common."""
        told = self.calls.find(self.at("compare", f"{base}...{head}"), {"per_page": 1})
        return told is not None and told["status"] in ("ahead", "identical")

    def create_ref(self, ref: str, message: str, at: str) -> str | None:
        """Make a ref at a commit of its own: empty tree, no parent, our name, the time `at`. None = it is taken.

        The commit's id follows from what it says, so after a lost answer it is seen whether the ref is ours.
        """
        who = {**_IDENTITY, "date": f"{at[:19]}Z"}
        body = {"message": message, "tree": EMPTY_TREE, "parents": [], "author": who, "committer": who}
        oid = str(self.calls.write("POST", self.at("git", "commits"), body)["sha"])
        try:
            self.calls.write("POST", self.at("git", "refs"), {"ref": ref, "sha": oid}, look=lambda: self._at(ref, oid))
        except Refused as error:
            if error.status == 422 and self.tip(ref) is not None:
                return None
            raise
        return oid

    def advance_ref(self, ref: str, new: str) -> bool:
        """Move a ref forward to a commit whose parent it is at; False when it is not, for somebody was faster."""
        try:
            path = self.at("git", "refs", *ref.removeprefix("refs/").split("/"))
            self.calls.write("PATCH", path, {"sha": new, "force": False}, look=lambda: self._at(ref, new))
        except Refused as error:
            if error.status in (409, 422) and self.tip(ref) != new:
                return False
            raise
        return True

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        """A commit that GitHub makes and signs, without an author of ours; nothing points to it yet."""
        body = {"message": message, "tree": tree, "parents": list(parents)}
        return str(self.calls.write("POST", self.at("git", "commits"), body)["sha"])

    def check_run(self, name: str, head: str, conclusion: str, title: str, summary: str, started: str = "") -> None:
        """Say how a check of ours ended on a commit; one that says the same already is enough."""
        body = {
            "name": name,
            "head_sha": head,
            "status": "completed",
            "conclusion": conclusion,
            "output": {"title": title[:255], "summary": summary[:65_000]},
            **({"started_at": f"{started[:19]}Z"} if started else {}),
        }
        if not self._said(body):
            self.calls.write("POST", self.at("check-runs"), body, look=lambda: self._said(body))

    def check_runs(self, head: str, name: str) -> list[CheckRun]:
        """The newest check runs of that name on a commit, one of each App."""
        words = {"check_name": name, "filter": "latest", "per_page": 100}
        told = self.calls.get(self.at("commits", head, "check-runs"), words)
        return [
            CheckRun(name=run["name"], conclusion=run["conclusion"] or "", app=(run["app"] or {}).get("slug", ""))
            for run in told["check_runs"]
        ]

    def _at(self, ref: str, oid: str) -> str | None:
        return oid if self.tip(ref) == oid else None

    def _said(self, body: Any) -> bool | None:
        """True when the newest check run of that name says exactly this; None when it does not."""
        words = {"check_name": body["name"], "filter": "latest", "per_page": 100}
        told = self.calls.get(self.at("commits", body["head_sha"], "check-runs"), words)
        same = [
            run
            for run in told["check_runs"]
            if run["conclusion"] == body["conclusion"]
            and (run["output"]["title"], run["output"]["summary"])
            == (body["output"]["title"], body["output"]["summary"])
        ]
        return True if same else None
