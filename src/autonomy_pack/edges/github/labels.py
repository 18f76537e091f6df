"""Labels: only those the repository has are put on, because GitHub would make the others up, without a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy_pack.edges.github import queries
from autonomy_pack.edges.github.calls import NoGraphQL
from autonomy_pack.edges.github.connected import Connected
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.values import RepositoryLabel


class Labels(Connected):
    """Labels of the repository, and of its issues and pull requests."""

    _there: dict[str, bool]

    def labels(self) -> dict[str, RepositoryLabel]:
        """Every label by its name in lower case (GitHub compares names so): one request for 100."""
        found = [_label(told) for told in self.calls.pages(self.at("labels"))]
        self._there.update({one.name.casefold(): True for one in found})
        return {one.name.casefold(): one for one in found}

    def make_label(self, name: str, color: str, description: str) -> str:
        """Make a label, unless one of that name is there: then it stays as it is. Its node id, "" when it was there."""
        told = {"name": name, "color": color.lstrip("#"), "description": description[:100]}
        made = {"node_id": ""}
        try:
            made = self.calls.write("POST", self.at("labels"), told)
        except Refused as error:
            if "already_exists" not in error.codes:
                raise
        self._there[name.casefold()] = True
        return str(made["node_id"])

    def label(
        self,
        issue: str | int,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        *,
        table: Mapping[str, tuple[str, str]] | None = None,
    ) -> tuple[str, ...]:
        """Put labels on and take labels off; returns those left out because the repository has no such label.

        When some are put on, GitHub's answer tells which are there now, and only those are taken off: what was read
        before may be older than what was written before. `table` is name → (colour, description) of labels that are
        made when they are missing.
        """
        missing = self._missing(add)
        for name in [name for name in missing if name in (table or {})]:
            self.make_label(name, *(table or {})[name])
        left_out = tuple(name for name in missing if name not in (table or {}))
        wanted = [name for name in add if name not in left_out]
        if wanted:
            there = self.calls.write("POST", self.at("issues", issue, "labels"), {"labels": wanted})
            has = {one["name"].casefold() for one in there}
            remove = [name for name in remove if name.casefold() in has]
        for name in remove:
            self._take_off(issue, name)
        return left_out

    def _take_off(self, issue: str | int, name: str) -> None:
        try:
            self.calls.write("DELETE", self.at("issues", issue, "labels", name))
        except Refused as error:
            if error.status != 404:
                raise
            self.calls.get(self.at("issues", issue))  # it is the label that is not there, not the issue

    def _missing(self, names: Sequence[str]) -> list[str]:
        unknown = [name for name in names if name.casefold() not in self._there]
        if unknown:
            found = self._by_name(unknown)
            self._there.update({name.casefold(): name.casefold() in found for name in unknown})
        return [name for name in names if not self._there[name.casefold()]]

    def _by_name(self, names: list[str]) -> set[str]:
        query, places = queries.labels(names)
        try:
            told = self.repository(self.calls.graphql(query, {**self.variables(), **places}))
            return {one["name"].casefold() for key, one in told.items() if key != "nameWithOwner" and one}
        except NoGraphQL:
            found: list[Any] = [self.calls.find(self.at("labels", name)) for name in names]
            return {one["name"].casefold() for one in found if one}


def _label(told: Any) -> RepositoryLabel:
    return RepositoryLabel(name=told["name"], color=told["color"], description=told["description"] or "")
