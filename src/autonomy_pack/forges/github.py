"""The forge of a repository on GitHub: issues by the API, branches by git, a handoff is a pull request."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from autonomy_pack.edges.github import GitHub
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.remote import ZERO, Remote
from autonomy_pack.errors import LeaseLost, Stopped, WorldError
from autonomy_pack.model import Comment, Finding, Handoff, Issue, Move, Published, Pull

_GONE = (301, 404, 410)


class GithubForge:
    """One repository on GitHub. `remote` is its git side; objects of commits to publish are in its `git_dir`.

    `workflow` is the file name of the workflow whose switch stops us, "" outside of one; `table` are our labels, name →
    (colour, description), which are made where they are missing.
    """

    def __init__(
        self, *, github: GitHub, remote: Remote, workflow: str = "", table: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        self._table = table or {}
        self._github = github
        self._remote = remote
        self._workflow = workflow

    def issues(self) -> tuple[list[Issue], list[Finding]]:
        """Every open issue; either all can be read, or WorldError."""
        return self._github.issues(), []

    def issue(self, issue: str) -> Issue | None:
        """One request; None when it is gone or a pull request."""
        return next(iter(self._github.fresh([issue])), None)

    def comments(self, issue: str, before: str = "") -> list[Comment]:
        """One request for 100 of them."""
        return self._github.comments(issue, before)

    def permission_of(self, actor_id: int, login: str) -> str:
        """One request for each account, once."""
        return self._github.permission_of(actor_id, login)

    def confirmed(self, issue: Issue) -> Issue | None:
        """The issue with the ids and Apps of its label events: one request."""
        return self._github.with_events(issue)

    def label(self, issue: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> bool:
        """Change labels; a missing one is made if it is ours, else left out. False: the issue is gone."""
        try:
            self._github.label(issue, add, remove, table=self._table)
        except Refused as error:
            if error.status in _GONE:
                return False
            raise
        return True

    def close_issue(self, issue: str) -> bool:
        """Close the issue; False when it is gone."""
        try:
            self._github.close_issue(issue)
        except Refused as error:
            if error.status in _GONE:
                return False
            raise
        return True

    def open_issue(self, title: str, body: str) -> str:
        """By the API; no label, so that it starts nothing."""
        self._heed("")
        return str(self._github.open_issue(title, body))

    def edit_issue(self, issue: str, body: str) -> bool:
        """By the API; False when the issue is gone."""
        self._heed(issue)
        try:
            self._github.edit_issue(issue, body)
        except Refused as error:
            if error.status in _GONE:
                return False
            raise
        return True

    def publish(self, offer: Handoff, *, fence: Sequence[Move] = ()) -> Published:
        """Push the branch together with `fence`, see that it is there, open the pull request, label it, ask reviewers.

        Called again after any interruption it does what is missing and doubles nothing. LeaseLost when the fence is
        stale: then no branch was made. WorldError when the branch has another commit.
        """
        self._push(offer, fence)
        tip = self._github.tip(f"refs/heads/{offer.branch}")
        if tip != offer.head:
            raise WorldError(
                f"branch {offer.branch} is at {(tip or 'nothing')[:7]} after our push of {offer.head[:7]}",
                "Look who else moves branches under agent/.",
            )
        self._heed(offer.issue)
        pull = self._github.open_pull(
            dataclasses.replace(offer, target=offer.target or self._github.default_branch()[0])
        )
        if pull.state == "open":
            self._heed(offer.issue)
            self._dress(pull, offer)
        return Published(url=pull.url, number=pull.number)

    def _dress(self, pull: Pull, offer: Handoff) -> None:
        missing = [label for label in offer.labels if label not in pull.labels]
        if missing:
            self._github.label(pull.number, missing, table=self._table)
        if offer.reviewers:
            self._github.request_review(pull.number, offer.reviewers)

    def _push(self, offer: Handoff, fence: Sequence[Move]) -> None:
        wanted = [Move(ref=f"refs/heads/{offer.branch}", old=offer.replaces or ZERO, new=offer.head), *fence]
        left = self._left(wanted)
        if not left:
            return
        if not self._remote.push(left) and (left := self._left(wanted)):
            raise LeaseLost(
                f"{left[0].ref} was moved by somebody else, so {offer.branch} was not pushed",
                "Nothing to do: who holds the lease now goes on with it.",
            )

    def _left(self, wanted: Sequence[Move]) -> list[Move]:
        """The moves that are not made yet; WorldError when the branch is somebody else's."""
        tips = self._remote.tips(*(move.ref for move in wanted))
        here = tips.get(wanted[0].ref, ZERO)
        if here not in (wanted[0].old, wanted[0].new):
            raise WorldError(
                f"branch {wanted[0].ref.removeprefix('refs/heads/')} exists with another commit ({here[:7]})",
                "Rename or delete it, then run again; we never overwrite a branch.",
            )
        return [move for move in wanted if tips.get(move.ref, ZERO) != move.new]

    def handoff_state(self, branch: str, head: str, base: str) -> str:
        """open, merged, moved (somebody pushed to it) or deleted (also: its pull request was closed)."""
        pulls = self._github.pulls(branch)
        if any(pull.merged for pull in pulls):
            return "merged"
        tip = self._github.tip(f"refs/heads/{branch}")
        is_open = any(pull.state == "open" for pull in pulls)
        if tip is None or (pulls and not is_open):
            return "merged" if self._github.is_ancestor(tip or head, base) else "deleted"
        if tip != head:
            return "moved"
        return "open" if is_open or not self._github.is_ancestor(head, base) else "merged"

    def base(self) -> tuple[str, str] | None:
        """The default branch and its commit, fetched into the repository of `remote`."""
        name, commit = self._github.default_branch()
        self._remote.fetch(commit)
        return name, commit

    def stop_words(self, issue: str, *, now: bool = False) -> str:
        """STOP on the default branch, the workflow switched off, or the issue's label; kept for 10 s."""
        return self._github.stop_words(self._workflow, issue, now=now)

    def _heed(self, issue: str) -> None:
        """Stopped when a stop was set meanwhile: between two writes there is time to change one's mind."""
        if words := self.stop_words(issue, now=True):
            raise Stopped(f"stopped by {words}", "Take the stop away; the next run goes on where this one was.")
