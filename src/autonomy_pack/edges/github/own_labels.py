"""Labels by their node ids, which stay when a label is renamed, and the ref that says which of them are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autonomy_pack.edges.github import own_labels_queries as queries
from autonomy_pack.edges.github.calls import NoGraphQL
from autonomy_pack.edges.github.commits import EMPTY_TREE, Commits
from autonomy_pack.edges.github.failures import Refused
from autonomy_pack.edges.github.labels import Labels
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import WorldError
from autonomy_pack.model import value

MOST = 20
"""So many labels are asked for in one mutation: GitHub ends a request that takes ten seconds."""
Told = Mapping[str, tuple[str, str]]
"""Name → (colour, description)."""


@value
class OwnLabel:
    """A label as it is now; `uses` counts issues and pull requests that have it, closed ones too."""

    id: str
    name: str
    color: str
    description: str
    uses: int


@value
class Seen:
    """Labels by their names in lower case, and the ref of those we made: its commit and its message ("" = none)."""

    repository: str
    labels: Mapping[str, OwnLabel]
    tip: str
    message: str


class OwnLabels(Labels, Commits):
    """Seeing, making, noting and deleting labels of ours."""

    def see_labels(self, names: Sequence[str]) -> Seen:
        """Those of these labels that are there, each with its uses: one request; without GraphQL, two for each."""
        query, places = queries.look(names)
        try:
            told = self.repository(self.calls.graphql(query, {**self.variables(), **places}))
        except NoGraphQL:
            return self._seen_by_rest(names)
        at = (told["record"] or {}).get("target") or {}
        found = [_own(told[key]) for key in told if key.startswith("l") and told[key]]
        return Seen(
            repository=told["id"],
            labels={label.name.casefold(): label for label in found},
            tip=at.get("oid", ""),
            message=at.get("message", ""),
        )

    def make_labels(self, seen: Seen, wanted: Told) -> dict[str, str]:
        """Make these labels, which `seen` did not see: node id → name of each that we made.

        One that somebody else makes meanwhile is theirs. When an answer was lost, what is there exactly as we asked for
        it is ours. WorldError when one could not be made and is not there.
        """
        made: dict[str, str] = {}
        names = list(wanted)
        for begin in range(0, len(names), MOST):
            part = {name: wanted[name] for name in names[begin : begin + MOST]}
            try:
                made |= _Making(self, seen.repository, part).made()
            except NoGraphQL:
                made |= self._made_by_rest(part)
        return made

    def note_labels(self, seen: Seen, message: str, at: str) -> bool:
        """Put a message on top of the ref that was seen; False when the ref has moved since."""
        if not seen.tip:
            return self.create_ref(queries.REF, message, at) is not None
        return self.advance_ref(queries.REF, self.commit_tree(EMPTY_TREE, [seen.tip], message))

    def delete_labels(self, wanted: Iterable[OwnLabel]) -> None:
        """Delete these labels, by their node ids; one that is gone is fine."""
        every = list(wanted)
        for begin in range(0, len(every), MOST):
            self._delete_some(every[begin : begin + MOST])

    def _delete_some(self, wanted: Sequence[OwnLabel]) -> None:
        left = {f"d{place}": label for place, label in enumerate(wanted)}

        def compose() -> tuple[str, dict[str, Any]] | None:
            asked = {place: label.id for place, label in left.items()}
            return queries.mutation(queries.deletions(asked)) if asked else None

        try:
            self.calls.mutate(compose, lambda told: _deleted(left, told))
        except NoGraphQL:
            for label in left.values():
                self._delete_by_rest(label)

    def _seen_by_rest(self, names: Sequence[str]) -> Seen:
        tip = self.tip(queries.REF) or ""
        told = self.calls.get(self.at("git", "commits", tip)) if tip else {"message": ""}
        wanted = {name.casefold() for name in names}
        there = [one for one in self.calls.pages(self.at("labels")) if one["name"].casefold() in wanted]
        labels = {one["name"].casefold(): self._with_uses(one) for one in there}
        return Seen(repository="", labels=labels, tip=tip, message=told["message"])

    def _with_uses(self, told: Any) -> OwnLabel:
        """REST lists pull requests among issues; one of them is enough to know."""
        words = {"labels": told["name"], "state": "all", "per_page": 1}
        return _own(
            {**told, "id": told["node_id"], "issues": {"totalCount": len(self.calls.get(self.at("issues"), words))}}
        )

    def _made_by_rest(self, wanted: Told) -> dict[str, str]:
        every = ((self.make_label(name, *told), name) for name, told in wanted.items())
        return {node: name for node, name in every if node}

    def _delete_by_rest(self, label: OwnLabel) -> None:
        """By name, which is the only way: it is looked at right before, because another may have that name now."""
        path = self.at("labels", label.name)
        there = self.calls.find(path)
        if there and there["node_id"] == label.id:
            try:
                self.calls.write("DELETE", path)
            except Refused as error:
                if error.status != 404:
                    raise


class _Making:
    """One mutation for some labels, asked again until it is known what became of each."""

    def __init__(self, github: OwnLabels, repository: str, wanted: Told) -> None:
        self._github, self._repository = github, repository
        self._left = dict(wanted)
        self._made: dict[str, str] = {}
        self._asked = False

    def made(self) -> dict[str, str]:
        """Node id → name of what we made."""
        self._github.calls.mutate(self._compose, self._took)
        return self._made

    def _compose(self) -> tuple[str, dict[str, Any]] | None:
        if self._asked:
            self._adopt()
        self._asked = True
        return queries.mutation(queries.creations(self._repository, self._left)) if self._left else None

    def _adopt(self) -> None:
        there = self._github.see_labels(list(self._left)).labels
        for name in [name for name in self._left if name.casefold() in there]:
            label = there[name.casefold()]
            if (label.name, label.color, label.description) == (name, *self._left.pop(name)):
                self._made[label.id] = name

    def _took(self, told: Any) -> None:
        for place, name in enumerate(list(self._left)):
            one = (told.get("data") or {}).get(f"c{place}")
            if one:
                self._made[one["label"]["id"]] = name
                del self._left[name]
        if self._left:
            self._judge(list(told.get("errors") or ()))

    def _judge(self, refused: list[Any]) -> None:
        """A name that was taken meanwhile is somebody else's label; anything else is trouble."""
        there = self._github.see_labels(list(self._left)).labels
        self._left = {name: told for name, told in self._left.items() if name.casefold() not in there}
        if self._left:
            raise _trouble(next(iter(self._left)), "made", refused)


def _own(told: Any) -> OwnLabel:
    return OwnLabel(
        id=told["id"],
        name=told["name"],
        color=told["color"],
        description=told["description"] or "",
        uses=sum(told[kind]["totalCount"] for kind in ("issues", "pullRequests") if kind in told),
    )


def _deleted(left: dict[str, OwnLabel], told: Any) -> None:
    errors = told.get("errors") or ()
    gone = {str((error.get("path") or [""])[0]) for error in errors if error.get("type") == "NOT_FOUND"}
    for place in [place for place in left if (told.get("data") or {}).get(place) or place in gone]:
        del left[place]
    if left:
        raise _trouble(next(iter(left.values())).name, "deleted", errors)


def _trouble(name: str, done: str, errors: Sequence[Any]) -> WorldError:
    said = one_line(str(errors[0].get("message", "")) if errors else "no data", 200)
    return WorldError(f"the label {one_line(name, 60)} could not be {done}: {said}", "Give the token `issues: write`.")
