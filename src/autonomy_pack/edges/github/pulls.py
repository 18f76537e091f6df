"""Pull requests of our branches: found before they are made, adopted only when they are exactly ours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from autonomy_pack.edges.github import shapes
from autonomy_pack.edges.github.body import fit
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.model import Handoff, Pull


class Pulls(Connected):
    """Reading and opening pull requests."""

    def pulls(self, branch: str) -> list[Pull]:
        """Every pull request from that branch of this repository, open or closed, newest first."""
        owner = self.repo.partition("/")[0]
        told = self.calls.pages(self.at("pulls"), {"state": "all", "head": f"{owner}:{branch}"})
        found = [shapes.rest_pull(one) for one in told]
        return [one for one in found if one.branch == branch and one.same_repository]

    def open_pulls(self, most: int = 500) -> list[Pull]:
        """The open pull requests of this repository's own branches, oldest first; at most that many are read."""
        words = {"state": "open", "sort": "created", "direction": "asc"}
        told = islice(self.calls.pages(self.at("pulls"), words), most)
        return [one for one in map(shapes.rest_pull, told) if one.same_repository]

    def pull(self, number: int) -> Pull | None:
        """One pull request; None when there is none of that number."""
        told = self.calls.find(self.at("pulls", number))
        return shapes.rest_pull(told) if told else None

    def open_pull(self, offer: Handoff) -> Pull:
        """The pull request of an offer whose branch is pushed: the one that is there, else a new one.

        What is there is taken only from this repository, from our branch, at exactly our commit; one that a person
        closed is returned as it is (`state`), never opened again. WorldError when the branch is at another commit, or
        when Actions may not open pull requests.
        """
        there = self._ours(offer)
        if there:
            return there
        body = {
            "title": one_line(offer.title, 250),
            "head": offer.branch,
            "base": offer.target,
            "body": fit(offer.body),
            "draft": offer.draft,
            "maintainer_can_modify": False,
        }
        try:
            return self._open(body, offer)
        except Refused as error:
            if error.status == 422 and "draft" in error.says.casefold():  # no drafts on this plan
                return self._open({**body, "draft": False}, offer)
            raise

    def _open(self, body: dict[str, object], offer: Handoff) -> Pull:
        try:
            told = self.calls.write("POST", self.at("pulls"), body, look=lambda: self._ours(offer))
        except Refused as error:
            there = self._ours(offer) if error.status == 422 else None
            if there:
                return there
            raise
        return told if isinstance(told, Pull) else shapes.rest_pull(told)

    def _ours(self, offer: Handoff) -> Pull | None:
        """An open one first, then the newest."""
        found = sorted(self.pulls(offer.branch), key=lambda one: (one.state == "open", one.number))
        if not found:
            return None
        if found[-1].head != offer.head:
            raise WorldError(
                f"pull request #{found[-1].number} of {offer.branch} is at {found[-1].head[:7]}, not at our commit",
                "Somebody pushed to the branch: it is theirs now. Close it or merge it by hand.",
            )
        return found[-1]

    def request_review(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask people, or teams as `org/team`, for a review; asking again changes nothing."""
        teams = [name.partition("/")[2] for name in reviewers if "/" in name]
        people = [name for name in reviewers if "/" not in name]
        if not reviewers:
            return
        asked = {"reviewers": people, "team_reviewers": teams}
        try:
            self.calls.write("POST", self.at("pulls", number, "requested_reviewers"), asked)
        except Refused as error:
            raise WorldError(
                f"pull request #{number}: its reviewers cannot be asked. {error.says}",
                "Name people or teams with access in `handoff: {reviewers: …}`; the author cannot be one.",
            ) from error
