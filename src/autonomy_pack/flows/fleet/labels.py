"""The labels of a repository in a fleet: which are missing, and which a removal may delete: only ever ours."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from autonomy_pack.flows.actions import label_records as records
from autonomy_pack.flows.actions.label_records import Record
from autonomy_pack.flows.actions.labels import ours
from autonomy_pack.model import value
from autonomy_pack.targets import Target

if TYPE_CHECKING:
    from autonomy_pack.edges.github import GitHub
    from autonomy_pack.edges.github.own_labels import Seen


@value
class Removal:
    """Names of labels that go, and of those of our list that stay, each with its reason."""

    goes: tuple[str, ...]
    stays: tuple[tuple[str, str], ...]


def central(target: Target) -> tuple[str, ...]:
    """Labels of ours that a repository lacks, for who makes them centrally; none where labels were not asked for."""
    there = target.labels
    return () if there is None else tuple(label.name for label in ours() if label.name not in there)


def removable(record: Record | None, seen: Seen) -> Removal:
    """What may be deleted of the labels that are there: noted by node id as made by us, under the name of our list that
    it has to this day, and on no issue or pull request, open or closed. `record` None = it cannot be believed."""
    goes: list[str] = []
    stays: list[tuple[str, str]] = []
    for label in seen.labels.values():
        why = _why_it_stays(record, label.id, label.name, label.uses)
        stays += [(label.name, why)] if why else []
        goes += [] if why else [label.name]
    return Removal(goes=tuple(goes), stays=tuple(stays))


def _why_it_stays(record: Record | None, node: str, name: str, uses: int) -> str:
    if record is None:
        return "refs/autonomy/labels cannot be read, which says what is ours"
    if record.made.get(node) is None:
        return "it is not noted as made by us"
    if record.made[node] != name or name not in {label.name for label in ours()}:
        return "it was renamed"
    return f"{uses} issues or pull requests have it" if uses else ""


def look(github: GitHub) -> tuple[Seen, Removal]:
    """What a removal would do in a repository, in one request."""
    seen = github.see_labels([label.name for label in ours()])
    return seen, removable(records.read(seen.message), seen)


def remove(github: GitHub, planned: Collection[str] | None = None) -> tuple[str, ...]:
    """Delete the labels that may go as they are now, of those that were `planned` (None = all); their names.

    What came into use since the plan stays; what it did not name does, too.
    """
    seen, removal = look(github)
    goes = [name for name in removal.goes if planned is None or name in planned]
    github.delete_labels(label for label in seen.labels.values() if label.name in goes)
    return tuple(goes)
