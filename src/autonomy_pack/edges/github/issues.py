"""Issues: many at once by GraphQL, one about to be chosen with the ids of its label events by REST."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autonomy_pack.edges.github import queries, shapes
from autonomy_pack.edges.github.calls import NoGraphQL, link
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.errors import WorldError
from autonomy_pack.model import STEERING, Issue, Labeling, Pull

_PAGE, _SMALLEST = 100, 25
_AT_ONCE = 50
_DEEP = 10
"""Pages of one issue's events that are read at most (1,000 events): then it counts as not labelled by anybody."""


class Issues(Connected):
    """Reading and closing issues."""

    def issues(self) -> list[Issue]:
        """Every open issue, oldest first, no pull requests: one request for 100, and more only where an issue with a
        priority label has more than 100 labels or 40 label events.

        Anybody can make links to an issue, and issues with many labels: so of links only the last 20 are read, and of
        issues without a priority label only what one page says. Labelings have no event ids; `with_events` adds them.
        WorldError when any part is missing, or when the last requests of the hour are left to people.
        """
        try:
            return [self._issue(node) for node in self._bulk()]
        except NoGraphQL:
            return [self._by_rest(told) for told in self._listed() if "pull_request" not in told]

    def _bulk(self) -> Iterator[Any]:
        after, size = None, _PAGE
        while True:
            words = {**self.variables(), "size": size, "after": after}
            try:
                told = self.repository(self.calls.graphql(queries.ISSUES, words, choosing=True))["issues"]
            except WorldError as error:
                if size == _SMALLEST or "no answer" not in error.says:
                    raise
                size = max(size // 2, _SMALLEST)  # too much for GitHub's ten seconds: ask for less
                continue
            yield from told["nodes"]
            if not told["pageInfo"]["hasNextPage"]:
                return
            after = told["pageInfo"]["endCursor"]

    def fresh(self, numbers: Sequence[str]) -> list[Issue]:
        """These issues as they are now, in one request for 50; those that are gone, moved away or pull requests are
        left out."""
        found: list[Issue] = []
        wanted = [int(number) for number in numbers if number.isdecimal()]
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                told = self.repository(self.calls.graphql(queries.fresh(some), self.variables(), choosing=True))
                found += [self._issue(told[f"n{number}"]) for number in some if told.get(f"n{number}")]
        except NoGraphQL:
            found = [issue for number in wanted if (issue := self._one_by_rest(number))]
        return found

    def issue(self, number: str) -> Issue | None:
        """One issue as it is now, its labelings with event ids and Apps: two requests. None when it is gone, was moved
        to another repository, or is a pull request."""
        found = self.fresh([number])
        return self.with_events(found[0]) if found else None

    def with_events(self, issue: Issue) -> Issue | None:
        """The same issue with event ids and Apps of its labelings: one request for 100 events, newest first.

        `edited` covers renames that only the events know. None when the issue went away meanwhile.
        """
        try:
            labelings, renamed = self._events(issue)
        except Refused as error:
            if error.status in (301, 404, 410):
                return None
            raise
        return dataclasses.replace(issue, labelings=labelings, edited=max(issue.edited, renamed))

    def open_issue(self, title: str, body: str) -> int:
        """Open an issue without any label; its number. After a lost answer it is looked for by its exact text."""
        told = self.calls.write(
            "POST", self.at("issues"), {"title": title, "body": body}, look=lambda: self._newest(title, body)
        )
        return int(told["number"])

    def _newest(self, title: str, body: str) -> Any | None:
        told = self.calls.get(self.at("issues"), {"state": "open", "sort": "created", "per_page": 20})
        return next((one for one in told if (one["title"], one["body"]) == (title, body)), None)

    def edit_issue(self, number: str | int, body: str) -> None:
        """Give an issue another body."""
        self.calls.write("PATCH", self.at("issues", number), {"body": body})

    def close_issue(self, number: str | int) -> None:
        """Close it; nothing happens when it is closed."""
        self.calls.write("PATCH", self.at("issues", number), {"state": "closed"})

    def _events(self, issue: Issue) -> tuple[tuple[Labeling, ...], str]:
        path, words = self.at("issues", issue.id, "events"), {"per_page": 100}
        reply = self.calls.answer(path, words, choosing=True)
        first, last = json.loads(reply.body), int(link(reply, "last").get("page", 1))
        events: list[Any] = [] if last > 1 else first
        page = last
        while page >= 1 and last > 1 and page > last - _DEEP and not _complete(issue, events):
            events = [*(first if page == 1 else self.calls.get(path, {**words, "page": page})), *events]
            page -= 1
        labelings = [shapes.rest_labeling(event) for event in events if event["event"] == "labeled"]
        renamed = [shapes.time(event["created_at"]) for event in events if event["event"] == "renamed"]
        return shapes.newest(issue.labels, labelings), max(renamed, default="")

    def _issue(self, node: Any) -> Issue:
        labels = [label["name"] for label in self._labels(node)]
        labelings, renames = self._labelings(node, labels)
        return shapes.issue(
            node,
            labels=labels,
            labelings=shapes.newest(labels, labelings),
            edited=max([shapes.time(node["lastEditedAt"]), *renames]),
            pulls=self._pulls(node),
        )

    def _labels(self, node: Any) -> Iterator[Any]:
        told = node["labels"]
        yield from told["nodes"]
        while told["pageInfo"]["hasNextPage"] and _is_prioritised(label["name"] for label in node["labels"]["nodes"]):
            words = {"id": node["id"], "cursor": told["pageInfo"]["endCursor"]}
            told = self._of(node, self.calls.graphql(queries.MORE_LABELS, words, choosing=True))["labels"]
            yield from told["nodes"]

    def _labelings(self, node: Any, labels: Sequence[str]) -> tuple[list[Labeling], list[str]]:
        """Label events, oldest first, as far back as the labels that steer were put on; and times of renames since.

        Whoever wrote the issue can rename it without end: a rename is later than every label before it, so there the
        reading ends.
        """
        labelings: list[Labeling] = []
        renames: list[str] = []
        for events in self._backwards(node, deep=_is_prioritised(labels)):
            put_on = [shapes.labeling(event) for event in events if event["__typename"] == "LabeledEvent"]
            labelings = [*put_on, *labelings]
            renames += [shapes.time(e["createdAt"]) for e in events if e["__typename"] == "RenamedTitleEvent"]
            if renames or {one.label for one in labelings}.issuperset(_steering(labels)):
                break
        return labelings, renames

    def _pulls(self, node: Any) -> list[Pull]:
        """Pull requests of this repository that link the issue, by number: what would close it, and its last links."""
        closing = list(node["closing"]["nodes"] if node["closing"] else ())
        closes = {one["number"] for one in closing if one and self._is_here(one)}
        linked = [*closing, *(event.get(end) for event in node["links"]["nodes"] for end in ("source", "subject"))]
        ours = [one for one in linked if one and one.get("headRefName") and self._is_here(one)]
        found = {one["number"]: shapes.pull(one, closes=one["number"] in closes) for one in ours}
        return [found[number] for number in sorted(found)]

    def _backwards(self, node: Any, *, deep: bool) -> Iterator[Any]:
        """Pages of an issue's label events, newest first; without `deep` only the one that was read with it."""
        told = node["events"]
        yield told["nodes"]
        for _ in range(_DEEP if deep else 0):
            if not told["pageInfo"]["hasPreviousPage"]:
                return
            words = {"id": node["id"], "cursor": told["pageInfo"]["startCursor"]}
            told = self._of(node, self.calls.graphql(queries.MORE_EVENTS, words, choosing=True))["events"]
            yield told["nodes"]

    def _of(self, node: Any, data: Any) -> Any:
        if not data.get("node"):
            raise WorldError(f"issue {node['number']} went away while it was read", "Run again.")
        return data["node"]

    def _is_here(self, pull: Any) -> bool:
        return bool(pull["repository"]["nameWithOwner"].casefold() == self.repo.casefold())

    # --- hosts without GraphQL: one request more for each issue with a priority label

    def _listed(self) -> Iterator[Any]:
        words = {"state": "open", "sort": "created", "direction": "asc"}
        return self.calls.pages(self.at("issues"), words, choosing=True)

    def _one_by_rest(self, number: int) -> Issue | None:
        try:
            told = self.calls.get(self.at("issues", number), choosing=True)
        except Refused as error:
            if error.status in (301, 404, 410):
                return None
            raise
        return None if "pull_request" in told else self._by_rest(told)

    def _by_rest(self, told: Any) -> Issue:
        """REST does not tell edits of the text: whatever changed after the first labelling counts as one."""
        issue = shapes.rest_issue(told)
        if not _is_prioritised(issue.labels):
            return issue
        labelings, renamed = self._events(issue)
        first = min((one.at for one in labelings), default="")
        return dataclasses.replace(
            issue, labelings=labelings, edited=max(renamed, issue.updated if issue.updated > first else "")
        )


def _complete(issue: Issue, events: Sequence[Any]) -> bool:
    """Whether the events reach back to where each label that steers was put on."""
    seen = {event["label"]["name"] for event in events if event["event"] == "labeled"}
    return seen.issuperset(_steering(issue.labels)) and bool(events)


def _steering(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label.casefold().startswith(STEERING)]


def _is_prioritised(labels: Iterable[str]) -> bool:
    """Whether the issue may be worked on at all: for no other one is a request spent."""
    return any(label.casefold().startswith("priority:") for label in labels)
